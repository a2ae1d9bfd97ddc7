/**
 * What a Tenant of Capsule demands of one field, and how it is told: every option of the Tenant and every matcher of its
 * rules comes to such a demand.
 */
import type { Effect, Severity } from '../../../crds/constraint.ts';
import type { LabelSelector } from '../../../crds/label-selector.ts';
import type { AllowListRule, JudgedField, ValueMatcher } from '../../../crds/rules/allow-list.ts';
import type { AdmissionRule, Scope } from '../../../crds/scope.ts';
import { labelSelectorText } from '../../../kube/label-selector.ts';
import type { Draft } from '../define.ts';
import { selectorOfBoth, selectsAll } from '../fields.ts';
import { boundedListOf, sentence } from '../text.ts';

const kinds = {
  Gateway: { group: 'gateway.networking.k8s.io', plural: 'gateways', words: 'Gateways' },
  Ingress: { group: 'networking.k8s.io', plural: 'ingresses', words: 'Ingresses' },
  Namespace: { group: '', plural: 'namespaces', words: 'Namespaces' },
  PersistentVolumeClaim: { group: '', plural: 'persistentvolumeclaims', words: 'Volume claims' },
  Pod: { group: '', plural: 'pods', words: 'Pods' },
  ResourceClaim: { group: 'resource.k8s.io', plural: 'resourceclaims', words: 'Resource claims' },
  Service: { group: '', plural: 'services', words: 'Services' },
} as const;
export type JudgedKind = keyof typeof kinds;

export interface Demand {
  readonly key: string;
  readonly kind: JudgedKind;
  /** Below the object. */
  readonly paths: readonly string[];
  /** What the values are, for every reader, in the plural. */
  readonly noun: string;
  readonly rule: Omit<AllowListRule, 'form' | 'fields'>;
  readonly namespaces?: LabelSelector;
  /** Which requests, where that is more than the kind. */
  readonly requests?: readonly AdmissionRule[];
  /** Only when the object is created. */
  readonly onCreate?: true;
  /** In place of the kind of its fields, where objects of others are judged. */
  readonly fields?: readonly JudgedField[];
  /** The objects of these fields, for every reader. */
  readonly subject?: string;
  readonly summary?: string;
}

/** The namespaces of a Tenant carry its name in this label. */
export function namespacesOf(tenant: string, selector: LabelSelector = {}): Scope['namespaces'] {
  return { selector: selectorOfBoth({ matchLabels: { 'capsule.clastix.io/tenant': tenant } }, selector) };
}

/** The constraint that a demand is in the namespaces of the Tenant. */
export function draftOf(demand: Demand, tenant: string): Draft {
  const { key, kind, paths, rule, namespaces } = demand;
  const { group } = kinds[kind];
  const effect = effectOf(rule);
  return {
    key,
    type: 'Admission',
    severity: severityOf(demand, effect),
    effect,
    summary: demand.summary ?? summaryOf(demand),
    message: messageOf(demand, tenant),
    scope: {
      namespaces: namespacesOf(tenant, namespaces),
      ...(judgesPods(demand) ? { workloads: {} } : {}),
      admission: [{ rules: [...(demand.requests ?? requestsFor(demand))] }],
    },
    rule: {
      form: 'allowList',
      fields: [...(demand.fields ?? paths.map((path) => ({ apiGroup: group, kind, path })))],
      ...rule,
    },
  };
}

function requestsFor({ kind, onCreate }: Demand): AdmissionRule[] {
  const { group, plural } = kinds[kind];
  const operations = onCreate === true ? ['CREATE'] : ['CREATE', 'UPDATE'];
  const resources = kind === 'ResourceClaim' ? [plural, 'resourceclaimtemplates'] : [plural];
  return [{ operations, apiGroups: [group], apiVersions: ['*'], resources }];
}

function effectOf(rule: Demand['rule']): Effect {
  if (rule.unread !== undefined) return 'unknown';
  if (rule.allowed !== undefined || rule.denied !== undefined || rule.required === true) return 'deny';
  if (rule.unique !== undefined || rule.frozen === true) return 'deny';
  return rule.noted === undefined ? 'mutate' : 'audit';
}

/** Whether pods are among the objects that are judged. */
function judgesPods({ kind, fields = [], rule }: Demand): boolean {
  if (rule.frozen === true) return true;
  return fields.length === 0 ? kind === 'Pod' : fields.some((field) => field.kind === 'Pod' || field.kind === '*');
}

function severityOf(demand: Demand, effect: Effect): Severity {
  const { kind, fields = [], rule } = demand;
  if (effect === 'mutate' || effect === 'audit') return 'Info';
  if (effect === 'unknown') return 'Warning';
  const onServices = fields.length === 0 ? kind === 'Service' : fields.some((field) => field.kind === 'Service');
  return rule.frozen === true || onServices || judgesPods(demand) ? 'Critical' : 'Warning';
}

/** For every reader: no values, no names of labels. */
function summaryOf({ kind, noun, rule, subject }: Demand): string {
  const words = subject ?? kinds[kind].words;
  const who = rule.audience === undefined ? words : `${words} of some users`;
  if (rule.unread !== undefined) return `${who} may be restricted in their ${noun}, parts of which are not understood`;
  if (rule.allowed !== undefined) {
    if (rule.allowed.length === 0) return `${who} may have no ${noun}`;
    return rule.required === true
      ? `${who} must state their ${noun} and may have only listed ones`
      : `${who} may have only listed ${noun}`;
  }
  if (rule.denied !== undefined) return `${who} may not have certain ${noun}`;
  if (rule.noted !== undefined) return `${who} with certain ${noun} are admitted with a warning`;
  if (rule.required === true) return `${who} must have certain ${noun}`;
  if (rule.unique !== undefined) return `${who} may not have ${noun} that others have`;
  if (rule.default !== undefined) return `${who} without ${noun} get them`;
  return `${who} get ${noun} from their tenant`;
}

/** With the values and the Tenant. */
function messageOf(demand: Demand, tenant: string): string {
  const { kind, noun, paths, rule, namespaces, subject } = demand;
  const words = subject ?? kinds[kind].words;
  const audience = rule.audience ?? [];
  const who =
    audience.length === 0
      ? words
      : `${words} of ${boundedListOf(audience, (one) => `${one.kind} ${sentence(one.name, 63)}`, { ...list, noun: 'subject' })}`;
  const where = paths.length === 0 ? '' : ` (${boundedListOf(paths, (path) => path, { ...list, noun: 'field' })})`;
  const parts = [
    ...(rule.frozen === true ? ['nothing in namespaces of the tenant may be created, changed or deleted'] : []),
    ...(rule.allowed === undefined
      ? []
      : [
          rule.allowed.length === 0
            ? `${who} may have no ${noun}${where}`
            : `${who} may have only these ${noun}${where}: ${matchersText(rule.allowed)}`,
        ]),
    ...(rule.denied === undefined ? [] : [`${who} may not have these ${noun}${where}: ${matchersText(rule.denied)}`]),
    ...(rule.noted === undefined
      ? []
      : [`${who} with these ${noun}${where} are admitted with a warning: ${matchersText(rule.noted)}`]),
    ...(rule.required === true ? [`${who} must state ${noun}${rule.allowed === undefined ? where : ''}`] : []),
    ...(rule.unique === undefined
      ? []
      : [`${who} may not have ${noun}${where} that stand in another one of the same ${sentence(rule.unique, 20)}`]),
    ...(rule.default === undefined ? [] : [`those without get ${sentence(rule.default, 80)}`]),
    ...(rule.sets === undefined
      ? []
      : [
          `${who} get ${noun}${where}: ${boundedListOf(Object.entries(rule.sets), ([key, value]) => sentence(`${key}=${value}`, 120), { ...list, noun: 'value' })}`,
        ]),
    ...(rule.order === undefined || rule.noted !== undefined
      ? []
      : ['a later rule of the tenant may decide otherwise']),
    ...(namespaces === undefined || selectsAll(namespaces)
      ? []
      : [sentence(`only in namespaces with ${labelSelectorText(namespaces)}`, 160)]),
    ...(rule.unread === undefined
      ? []
      : [`not understood: ${boundedListOf(rule.unread, (pointer) => pointer, { ...list, noun: 'part' })}`]),
  ];
  return `${sentence(`Tenant ${tenant}`, 80)}: ${parts.join('; ')}`;
}

const list = { separator: ', ', lengthMax: 250 } as const;

function matchersText(matchers: readonly ValueMatcher[]): string {
  return boundedListOf(matchers, matcherText, { separator: ', ', lengthMax: 400, noun: 'entry' });
}

function matcherText(matcher: ValueMatcher): string {
  const parts = [
    ...(matcher.values ?? []).slice(0, 100).map((value) => sentence(value, 120)),
    ...(matcher.pattern === undefined ? [] : [`what matches ${sentence(matcher.pattern, 120)}`]),
    ...(matcher.cidrs ?? []).slice(0, 100).map((cidr) => `addresses in ${sentence(cidr, 50)}`),
    ...(matcher.ranges ?? []).slice(0, 100).map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`)),
    ...(matcher.selector === undefined
      ? []
      : [sentence(`those with labels ${labelSelectorText(matcher.selector)}`, 120)]),
    ...(matcher.wildcards === undefined ? [] : ['those with a wildcard']),
  ];
  const policies = matcher.with === undefined ? '' : ` pulled by ${matcher.with.slice(0, 5).join(' or ')}`;
  return `${matcher.negate === true ? 'all but ' : ''}${parts.join(' or ')}${policies}`;
}
