/**
 * A ResourceQuota: what is nearest its limit, who uses it, and where the limit is raised. All from the figures, which every
 * reader of the namespace has; from the full form only what is counted.
 *
 * @see https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */
import type { QuotaRule } from '../../crds/rules/quota.ts';
import type { QuotaFigure } from '../answer/metrics.ts';
import { isDnsSubdomain } from '../../kube/names.ts';
import { parseQuantity } from '../../kube/quantity.ts';
import type { Value } from './quote.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { ask, kubectl, link, manual, objectArguments, patchWords, titleOf, yamlPatch } from './steps.ts';
import type { Subject } from './subject.ts';
import { listed, shown } from '../words.ts';

/** From here on a limit is worth to be raised. */
const nearPercent = 80;

interface Use extends QuotaFigure {
  readonly resource: string;
}

/** @param rule Undefined at the summary level. */
export function quotaRemediation(subject: Subject, rule: QuotaRule | undefined): Remediation {
  const all = Object.entries(subject.figures ?? {}).map(([resource, figure]): Use => ({ resource, ...figure }));
  const forbidden = all.filter(isForbidden);
  const uses = all.filter((use) => !isForbidden(use)).toSorted((a, b) => b.percent_used - a.percent_used);
  const near = uses.filter(({ percent_used: percent }) => percent >= nearPercent);
  const names = rule === undefined ? all.map(({ resource }) => resource) : Object.keys(rule.hard);
  const limits = uses.length === 0 ? forbidden : near;
  return {
    summary: summaryOf(subject, { uses, near }, forbiddenText(forbidden, rule), rule?.acrossNamespaces === true),
    steps: [
      ...describe(subject),
      ...consumers(subject, uses[0], rule),
      manual(
        `${makeRoom(uses[0], forbiddenText(forbidden, rule))}${demand(names)}${scopesText(rule)}${waiting(rule)}.`,
        'developer',
      ),
      ...(limits.length === 0 ? [] : raise(subject, limits)),
      link('How quotas count.', 'quota'),
    ],
  };
}

/** A limit of 0 is a rule and no lack of room. */
function isForbidden({ hard }: Use): boolean {
  return parseQuantity(hard)?.nano === 0n;
}

/** What it allows none of. Of what pods use it may count a part, and the summary level does not tell which. */
function forbiddenText(forbidden: readonly Use[], rule: QuotaRule | undefined): string {
  if (forbidden.length === 0) return '';
  const mayBeScoped = forbidden.some(({ resource }) =>
    /^(?:pods|cpu|memory|count\/pods|requests\.|limits\.)/.test(resource),
  );
  const counted = rule === undefined ? mayBeScoped : rule.scopes.length > 0;
  return `${listed(forbidden.map(({ resource }) => resource))}${counted ? ' that it counts' : ''}`;
}

function summaryOf(
  subject: Subject,
  { uses, near }: Readonly<Record<'uses' | 'near', readonly Use[]>>,
  none: string,
  across: boolean,
): string {
  const title = titleOf(subject);
  const [fullest] = uses;
  if (fullest === undefined) {
    if (none !== '') return `${title} allows no ${none}: do without, or ask for a limit above 0.`;
    const whose = across ? 'its namespaces' : 'the namespace';
    return `${title} bounds what ${whose} may hold in sum: stay below, or ask for more.`;
  }
  const text = useText(fullest);
  if (near.length === 0)
    return `There is room in ${title}: the fullest is ${text}${none === '' ? '' : `; it allows no ${none}`}.`;
  const state = fullest.percent_used >= 100 ? 'is used up' : 'is nearly used up';
  const others = near.length === 1 ? '' : ` and ${near.length - 1} more`;
  return `${title} ${state}: ${text}${others}; free some of it, or ask for a higher limit.`;
}

function useText({ resource, used, hard, percent_used: percent }: Use): string {
  return `${shown(resource)} at ${percent} % (${shown(used, 40)} of ${shown(hard, 40)})`;
}

function waiting(rule: QuotaRule | undefined): string {
  return rule?.enforced === false ? '; nothing is enforced until the quota controller has written a status' : '';
}

function describe(subject: Subject): RemediationStep[] {
  const words = objectArguments(subject);
  return words === undefined
    ? []
    : [kubectl('See use and limits as they are now.', ['describe', ...words], 'developer')];
}

/** Objects that a quota counts under a name that is not a plural of its own. */
const countedAs: ReadonlyMap<string, string> = new Map([
  ['requests.storage', 'persistentvolumeclaims'],
  ['services.loadbalancers', 'services'],
  ['services.nodeports', 'services'],
]);

function consumers(subject: Subject, use: Use | undefined, rule: QuotaRule | undefined): RemediationStep[] {
  if (use === undefined) return [];
  const words = consumersOf(use.resource);
  if (words === undefined) return [];
  // The roles view and edit may count them in the report, and not list them.
  const isSecret = use.resource === 'secrets' || use.resource === 'count/secrets';
  return [
    kubectl(
      `See what is counted as ${shown(use.resource)}${(rule?.scopes ?? []).length === 0 ? '' : ', if it is in scope'}.`,
      ['get', ...words, '-n', subject.namespace],
      isSecret ? 'namespace-admin' : 'developer',
    ),
  ];
}

function consumersOf(resource: string): readonly (string | Value)[] | undefined {
  const plain = resource.slice(resource.lastIndexOf('/') + 1);
  const plural = countedAs.get(resource) ?? (resource.startsWith('count/') ? plain : undefined);
  if (plural !== undefined) return isDnsSubdomain(plural) ? [{ value: plural }] : undefined;
  if (plain === 'requests.storage') return ['persistentvolumeclaims'];
  if (wholeObjects.has(resource)) return [resource];
  const [bound, name] = resource.startsWith('limits.')
    ? ['limits', resource.slice(7)]
    : ['requests', resource.replace(/^requests\./, '')];
  // A column is a path of field names, in which a dot is escaped.
  if (!/^[a-z0-9][a-z0-9./-]{0,252}$/.test(name)) return undefined;
  const path = `.spec.containers[*].resources.${bound}.${name.replaceAll('.', String.raw`\.`)}`;
  return ['pods', '-o', `custom-columns=POD:.metadata.name,USES:${path}`];
}

const wholeObjects: ReadonlySet<string> = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);

function makeRoom(use: Use | undefined, none: string): string {
  if (use === undefined && none !== '') return `Do without ${none}`;
  if (use === undefined) return 'Remove what is not needed any more, or ask for less in each pod';
  if (use.unit === 'count') return `Remove what is not needed any more of what counts as ${shown(use.resource)}`;
  return `Ask for less of ${shown(use.resource)} in each pod, run fewer replicas, or remove what is not needed any more`;
}

/** A pod that says nothing of these is refused, however much is left. */
const demanded: ReadonlySet<string> = new Set([
  'cpu',
  'limits.cpu',
  'limits.memory',
  'memory',
  'requests.cpu',
  'requests.memory',
]);

function demand(names: readonly string[]): string {
  const must = names.filter((name) => demanded.has(name));
  return must.length === 0 ? '' : `; every container that is counted must state ${listed(must, 6)}`;
}

function scopesText(rule: QuotaRule | undefined): string {
  const scopes = rule?.scopes ?? [];
  if (scopes.length === 0) return '';
  const texts = scopes.map(({ scopeName, operator, values = [] }) =>
    operator === 'Exists'
      ? scopeName
      : `${scopeName} ${operator.toLowerCase()}${values.length === 0 ? '' : ` (${values.join(', ')})`}`,
  );
  const outside = scopes.flatMap(outsideOf);
  const so = outside.length === 0 ? '' : `, so not ${outside.join(' or ')}`;
  return `; only what is in scope ${listed(texts)} is counted${so}`;
}

/** A pod that is not in a scope is not bound by the quota, which is often the shortest way. */
function outsideOf({ scopeName, operator, values = [] }: QuotaRule['scopes'][number]): string[] {
  switch (scopeName) {
    case 'BestEffort':
      return ['a pod that states a request or a limit of CPU or memory'];
    case 'NotBestEffort':
      return ['a pod without any request or limit of CPU or memory'];
    case 'Terminating':
      return ['a pod without activeDeadlineSeconds'];
    case 'NotTerminating':
      return ['a pod with activeDeadlineSeconds'];
    case 'PriorityClass':
      return operator === 'In' && values.length > 0 ? ['a pod of another PriorityClass'] : [];
    default:
      return [];
  }
}

/** The present limits, to be replaced: how much is right is not for a program to say. */
function raise(subject: Subject, near: readonly Use[]): RemediationStep[] {
  const words = objectArguments(subject);
  const { name, home } = subject;
  if (words === undefined || home === undefined) return [ask(subject, 'for a higher limit.', 'cluster-admin')];
  const hard = Object.fromEntries(near.slice(0, 8).map(({ resource, hard: limit }) => [resource, limit]));
  const patch = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name, namespace: home }, spec: { hard } };
  return [
    {
      ...yamlPatch(
        'Raise the limit: these are the present values, put what is needed in their place.',
        patch,
        'cluster-admin',
        patchWords(words),
      ),
      ...(subject.contact === undefined ? {} : { contact: subject.contact }),
    },
  ];
}
