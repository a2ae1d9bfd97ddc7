/**
 * Rule lists in the terms of admissionregistration.k8s.io, which webhooks and admission policies share: how they are read,
 * which built-in kinds they reach, and how people speak of them.
 *
 * - A rule matches a request when each of its lists does. Operations, groups and versions are exact or `*`, without globs.
 * - A resource is split at its first slash: `pods` is no subresource, `pods/exec` is one, `pods/*` is both. `*` is everything
 *   but subresources; before a slash it stands for every kind, with `*` after it for everything there is.
 * - scope `Namespaced` means objects in namespaces, `Cluster` all others; a Namespace is one of the others.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules/rules.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/api/admissionregistration/v1/types.go
 */
import * as z from 'zod';
import { compareText } from '../../crds/constraint.ts';
import type { AdmissionRule } from '../../crds/scope.ts';
import { workloadKinds } from '../scope/workload.ts';
import type { AdapterResource } from './define.ts';
import { absent, listOf } from './fields.ts';
import { boundedList, boundedListInOrder, sentence } from './text.ts';

const operations = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] as const;
export type Operation = (typeof operations)[number];

const resourceForm = /^[^/]+(\/[^/]+)?$/;
const Resource = z
  .string()
  .regex(resourceForm, 'Must be a resource, like pods, or one with a subresource, like pods/exec, pods/* or */*');

const ruleFields = {
  apiGroups: listOf(z.string(), { min: 1 }),
  apiVersions: listOf(z.string(), { min: 1 }),
  resources: listOf(Resource, { min: 1, form: resourceForm }),
  scope: absent(z.enum(['*', 'Cluster', 'Namespaced'])),
  resourceNames: absent(listOf(z.string())),
};
const anyOperation = z.enum([...operations, '*']);

/**
 * A RuleWithOperations or NamedRuleWithOperations, in one normal form: lists without order are sorted, `*` stands alone,
 * the scope `*` is left out. Strict, because a part that is not understood would make the rule match more or less.
 */
export const AdmissionRuleField = z
  .strictObject({ operations: listOf(anyOperation, { min: 1 }), ...ruleFields })
  .transform(normalRule);

/** The same for engines that look at objects and not at requests: with which operation one was written says nothing. */
export const ObjectRuleField = z
  .strictObject({ operations: absent(listOf(anyOperation)), ...ruleFields })
  .transform((rule) => normalRule({ ...rule, operations: ['*'] }));

function normalRule(
  rule: { readonly operations: readonly z.infer<typeof anyOperation>[] } & z.infer<z.ZodObject<typeof ruleFields>>,
): AdmissionRule {
  return {
    operations: rule.operations.includes('*')
      ? ['*']
      : operations.filter((operation) => rule.operations.includes(operation)),
    apiGroups: normal(rule.apiGroups),
    apiVersions: normal(rule.apiVersions),
    resources: distinct(rule.resources),
    ...(rule.scope === undefined || rule.scope === '*' ? {} : { scope: rule.scope }),
    ...(rule.resourceNames === undefined || rule.resourceNames.length === 0
      ? {}
      : { names: distinct(rule.resourceNames) }),
  };
}

function normal(values: readonly string[]): string[] {
  return values.includes('*') ? ['*'] : distinct(values);
}

function distinct(values: readonly string[]): string[] {
  return values.length < 2 ? [...values] : [...new Set(values)].toSorted(compareText);
}

/** What is left of rules for an engine that is asked about no other operations. */
export function narrowed(rules: readonly AdmissionRule[], asked: readonly Operation[]): AdmissionRule[] {
  return rules.flatMap((rule) => {
    const left = asked.filter((operation) => has(rule.operations, operation));
    return left.length === 0 ? [] : [{ ...rule, operations: left }];
  });
}

export const pods: AdapterResource = { group: '', plural: 'pods' };
export const podControllers: readonly AdapterResource[] = workloadKinds;
export const services: AdapterResource = { group: '', plural: 'services' };

/**
 * Whether requests for one of these built-in kinds in a namespace can match one of the rules, with one of these operations.
 * Subresources are not asked for. All these kinds are served as v1 and in no other version, so that matchPolicy, which adds
 * the other versions that are served, changes nothing.
 */
export function reaches(
  rules: readonly AdmissionRule[],
  kinds: readonly AdapterResource[],
  asked: readonly Operation[],
): boolean {
  return rules.some((rule) => ruleReaches(rule, kinds, asked));
}

/** Those of the rules that do. */
export function reaching(
  rules: readonly AdmissionRule[],
  kinds: readonly AdapterResource[],
  asked: readonly Operation[],
): AdmissionRule[] {
  return rules.filter((rule) => ruleReaches(rule, kinds, asked));
}

function ruleReaches(rule: AdmissionRule, kinds: readonly AdapterResource[], asked: readonly Operation[]): boolean {
  return (
    rule.scope !== 'Cluster' &&
    has(rule.apiVersions, 'v1') &&
    asked.some((operation) => has(rule.operations, operation)) &&
    kinds.some(({ group, plural }) => has(rule.apiGroups, group) && reachesPlural(rule, plural))
  );
}

function has(values: readonly string[], value: string): boolean {
  return values.includes(value) || values.includes('*');
}

/** The object itself and not one of its subresources. */
function reachesPlural({ resources }: AdmissionRule, plural: string): boolean {
  return (
    resources.includes(plural) ||
    resources.includes('*') ||
    resources.includes('*/*') ||
    resources.includes(`${plural}/*`)
  );
}

/** Built-in kinds whose objects live in no namespace, by group. A group that is not here may hold any kind. */
const clusterScoped: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    '': ['componentstatuses', 'namespaces', 'nodes', 'persistentvolumes'],
    'admissionregistration.k8s.io': [
      'mutatingadmissionpolicies',
      'mutatingadmissionpolicybindings',
      'mutatingwebhookconfigurations',
      'validatingadmissionpolicies',
      'validatingadmissionpolicybindings',
      'validatingwebhookconfigurations',
    ],
    'apiextensions.k8s.io': ['customresourcedefinitions'],
    'apiregistration.k8s.io': ['apiservices'],
    'authentication.k8s.io': ['selfsubjectreviews', 'tokenreviews'],
    'authorization.k8s.io': ['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'subjectaccessreviews'],
    'certificates.k8s.io': ['certificatesigningrequests', 'clustertrustbundles'],
    'flowcontrol.apiserver.k8s.io': ['flowschemas', 'prioritylevelconfigurations'],
    'internal.apiserver.k8s.io': ['storageversions'],
    'networking.k8s.io': ['ingressclasses', 'ipaddresses', 'servicecidrs'],
    'node.k8s.io': ['runtimeclasses'],
    'rbac.authorization.k8s.io': ['clusterrolebindings', 'clusterroles'],
    'resource.k8s.io': ['deviceclasses', 'devicetaintrules', 'resourcepoolstatusrequests', 'resourceslices'],
    'scheduling.k8s.io': ['priorityclasses'],
    'storage.k8s.io': ['csidrivers', 'csinodes', 'storageclasses', 'volumeattachments', 'volumeattributesclasses'],
    'storagemigration.k8s.io': ['storageversionmigrations'],
  }).map(([group, plurals]) => [group, new Set(plurals)]),
);

/** Of these groups: those without any kind in namespaces, so that `*` means the same as naming them all. */
const withoutNamespaces: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'authentication.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'internal.apiserver.k8s.io',
  'node.k8s.io',
  'storagemigration.k8s.io',
]);

/**
 * Whether every rule can only match objects that live in no namespace: by its scope, or because it is about nothing but
 * built-in kinds that are known to be so. `nodes` of all groups may be in a namespace: others have kinds of that name.
 * No rules match nothing, so it is true of them.
 */
export function onlyClusterScoped(rules: readonly AdmissionRule[]): boolean {
  return rules.every(
    ({ scope, apiGroups, resources }) =>
      scope === 'Cluster' ||
      apiGroups.every((group) => withoutNamespaces.has(group)) ||
      (apiGroups.every((group) => clusterScoped.has(group)) &&
        resources.every((resource) => apiGroups.some((group) => clusterScoped.get(group)?.has(pluralOf(resource))))),
  );
}

/**
 * Whether a rule is known to name kinds that live in no namespace. Not Namespaces: requests for them are in the namespace of
 * their name.
 */
export function namesClusterScoped(rules: readonly AdmissionRule[]): boolean {
  return rules.some(({ scope, apiGroups, resources }) => {
    if (scope !== undefined) return scope === 'Cluster' && !resources.every(isNamespaces);
    const known = [...clusterScoped].flatMap(([group, plurals]) => (has(apiGroups, group) ? [plurals] : []));
    return resources.some((resource) => {
      const plural = pluralOf(resource);
      return !isNamespaces(resource) && known.some((plurals) => plural === '*' || plurals.has(plural));
    });
  });
}

/** Whether a rule may match requests for Namespaces. */
export function namesNamespaces(rules: readonly AdmissionRule[]): boolean {
  return rules.some(
    ({ scope, apiGroups, resources }) =>
      scope !== 'Namespaced' &&
      has(apiGroups, '') &&
      resources.some((resource) => isNamespaces(resource) || pluralOf(resource) === '*'),
  );
}

/** What of such a rule names Namespaces and their subresources. */
export function namespaceResources({ resources }: AdmissionRule): string[] {
  const named = resources
    .filter((resource) => isNamespaces(resource) || pluralOf(resource) === '*')
    .map((resource) => `namespaces${resource.slice(pluralOf(resource).length)}`);
  return [...new Set(named)].toSorted(compareText);
}

function isNamespaces(resource: string): boolean {
  return pluralOf(resource) === 'namespaces';
}

function pluralOf(resource: string): string {
  const slash = resource.indexOf('/');
  return slash < 0 ? resource : resource.slice(0, slash);
}

const wordLengthMax = 60;

/** The kinds of resource, for every reader, in at most about `lengthMax` characters: `deployments, exec of pods, services`. */
export function resourceWords(rules: readonly AdmissionRule[], lengthMax = 120): string {
  const words = new Set<string>();
  for (const rule of rules) {
    const groups = groupWords(rule);
    for (const resource of rule.resources) words.add(resourceWord(resource, rule, groups));
  }
  const word = (text: string) => sentence(text, wordLengthMax);
  return boundedListInOrder(words, word, { separator: ', ', lengthMax, noun: 'kind' });
}

/** How the groups of a rule are told: behind a plural, and behind `all resources`. */
interface GroupWords {
  readonly suffix: string;
  readonly whole: string;
}

function resourceWord(resource: string, { scope, names }: AdmissionRule, groups: GroupWords): string {
  const plural = pluralOf(resource);
  const subresource = resource === plural ? undefined : resource.slice(plural.length + 1);
  const some = names === undefined ? '' : 'certain ';
  if (plural !== '*') {
    const kind = `${some}${plural}${groups.suffix}`;
    if (subresource === undefined) return kind;
    return subresource === '*' ? `${kind} with subresources` : `${subresource} of ${kind}`;
  }
  const reach = { Cluster: 'cluster-scoped ', Namespaced: 'namespaced ', '*': '' }[scope ?? '*'];
  const whole = `${names === undefined ? 'all ' : some}${reach}resources${groups.whole}`;
  if (subresource === undefined) return whole;
  return subresource === '*' ? `${whole} with subresources` : `${subresource} of ${whole}`;
}

/** Once a rule: it may have thousands of groups beside thousands of resources. */
function groupWords({ apiGroups }: AdmissionRule): GroupWords {
  const [group = '*'] = apiGroups;
  // People know built-in kinds by their plural; kinds of others are told apart by their group.
  const isPlain = apiGroups.length > 1 || !group.includes('.') || group.endsWith('.k8s.io');
  const list = apiGroups.map((each) => each || 'core');
  const whole = boundedList(list, { separator: ', ', lengthMax: wordLengthMax, noun: 'group' });
  return { suffix: isPlain ? '' : `.${group}`, whole: apiGroups.includes('*') ? '' : ` of ${whole}` };
}

const gerunds: Readonly<Record<Operation, string>> = {
  CREATE: 'creating',
  UPDATE: 'updating',
  DELETE: 'deleting',
  CONNECT: 'connecting to',
};

const phrasesMax = 3;

/** What the rules ask about, for every reader: `creating or updating pods, services or deleting secrets`. */
export function requestWords(rules: readonly AdmissionRule[]): string {
  const byOperations = Map.groupBy(rules, (rule) => rule.operations.join(' '));
  const phrases = [...byOperations.values()].map((some) => {
    const asked = operations.filter((operation) => some[0] !== undefined && has(some[0].operations, operation));
    const verbs =
      asked.length === operations.length ? 'any operation on' : alternatives(asked.map((verb) => gerunds[verb]));
    return `${verbs} ${resourceWords(some, Math.floor(150 / Math.min(byOperations.size, phrasesMax)))}`;
  });
  return boundedList(phrases, { separator: ' or ', lengthMax: 190, noun: 'operation' });
}

/** `a, b or c` */
function alternatives(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}
