/**
 * Filters on requests of engines that go by the kinds of objects and not by resources: which built-in kinds they reach, which
 * namespaces and workloads that binds, and how people speak of the kinds.
 */
import { compareText } from '../../crds/constraint.ts';
import type { LabelSelector } from '../../crds/label-selector.ts';
import type {
  AdmissionException,
  AdmissionFilter,
  KindPattern,
  NamespaceFilter,
  NamespaceScope,
  RequestNamespace,
  WorkloadScope,
} from '../../crds/scope.ts';
import { matchesGlob } from '../scope/namespace-scope.ts';
import { workloadKinds } from '../scope/workload.ts';
import { SelectorField, selectsAll } from './fields.ts';
import { boundedList, sentence } from './text.ts';

/** A kind as requests name it. */
export interface ObjectKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export const podKind: ObjectKind = { group: '', version: 'v1', kind: 'Pod' };
export const podControllerKinds: readonly ObjectKind[] = workloadKinds.map(({ group, kind }) => ({
  group,
  version: 'v1',
  kind,
}));
export const serviceKind: ObjectKind = { group: '', version: 'v1', kind: 'Service' };

/** Whether the pattern takes objects of the kind, not what stands below them. */
export function matchesKind({ group, version, kind, subresource }: KindPattern, object: ObjectKind): boolean {
  return (
    (subresource === undefined || subresource === '*' || subresource === '') &&
    matchesGlob(kind, object.kind) &&
    matchesGlob(group, object.group) &&
    matchesGlob(version, object.version)
  );
}

/** Whether a request with one of these operations for a namespaced object of one of these kinds can pass one of the filters. */
export function filtersReach(
  filters: readonly AdmissionFilter[],
  kinds: readonly ObjectKind[],
  asked: readonly string[] = ['CREATE', 'UPDATE'],
): boolean {
  return filters.some(
    (filter) =>
      filter.scope !== 'Cluster' &&
      (filter.operations === undefined || asked.some((operation) => filter.operations?.includes(operation))) &&
      (filter.kinds === undefined || filter.kinds.some((pattern) => kinds.some((kind) => matchesKind(pattern, kind)))),
  );
}

/** Whether requests that create or change workloads or Services can pass. */
export function filtersReachWorkloadsOrServices(filters: readonly AdmissionFilter[]): boolean {
  return filtersReach(filters, [podKind, ...podControllerKinds, serviceKind]);
}

/** Built-in kinds whose objects live in no namespace. */
const clusterScopedKinds: ReadonlyMap<string, string> = new Map([
  ...['ComponentStatus', 'Namespace', 'Node', 'PersistentVolume'].map((kind) => [kind, ''] as const),
  ...['Mutating', 'Validating'].flatMap((verb) =>
    ['WebhookConfiguration', 'AdmissionPolicy', 'AdmissionPolicyBinding'].map(
      (what) => [`${verb}${what}`, 'admissionregistration.k8s.io'] as const,
    ),
  ),
  ['CustomResourceDefinition', 'apiextensions.k8s.io'],
  ['APIService', 'apiregistration.k8s.io'],
  ['CertificateSigningRequest', 'certificates.k8s.io'],
  ['ClusterTrustBundle', 'certificates.k8s.io'],
  ['FlowSchema', 'flowcontrol.apiserver.k8s.io'],
  ['PriorityLevelConfiguration', 'flowcontrol.apiserver.k8s.io'],
  ['IngressClass', 'networking.k8s.io'],
  ['RuntimeClass', 'node.k8s.io'],
  ['ClusterRole', 'rbac.authorization.k8s.io'],
  ['ClusterRoleBinding', 'rbac.authorization.k8s.io'],
  ['PriorityClass', 'scheduling.k8s.io'],
  ['CSIDriver', 'storage.k8s.io'],
  ['CSINode', 'storage.k8s.io'],
  ['StorageClass', 'storage.k8s.io'],
  ['VolumeAttachment', 'storage.k8s.io'],
]);

/**
 * Whether a pattern is known to mean kinds without a namespace only. Kyverno's `Namespace` without a group means every group, but
 * nobody else has kinds of these names that live in namespaces.
 */
function isClusterScoped({ group, kind }: KindPattern): boolean {
  const known = clusterScopedKinds.get(kind);
  return known !== undefined && matchesGlob(group, known);
}

/** Whether no filter can pass an object that lives in a namespace. True of none. */
export function onlyClusterScopedObjects(filters: readonly AdmissionFilter[]): boolean {
  return filters.every(({ scope, kinds }) => scope === 'Cluster' || kinds?.every(isClusterScoped) === true);
}

/**
 * The namespaces with objects that one of the filters can pass and that no exception takes out for sure. An exception that is
 * conditional, or takes out some objects of a namespace only, leaves the namespace bound.
 */
export function namespacesOf(
  filters: readonly AdmissionFilter[],
  exceptions: readonly AdmissionException[],
): NamespaceScope {
  const reaching = filters.filter((filter) => !onlyClusterScopedObjects([filter]));
  if (reaching.length === 0) return { names: [] };
  const places = distinct(reaching.map(({ namespace }) => placeOf(namespace)));
  const noneOf = distinct(
    exceptions.flatMap(({ all, conditional }) => {
      const [filter, ...more] = all;
      if (filter === undefined || more.length > 0 || conditional !== undefined) return [];
      return takesWholeNamespaces(filter, reaching) ? [placeOf(filter.namespace)] : [];
    }),
  );
  const [only = {}] = places;
  const everywhere = places.some((place) => Object.keys(place).length === 0);
  return {
    ...(everywhere ? {} : places.length === 1 ? only : { anyOf: places }),
    ...(noneOf.length === 0 ? {} : { noneOf }),
  };
}

/** Names apart from patterns: what is a list of names costs no comparison with each namespace. */
function placeOf(namespace: RequestNamespace | undefined): NamespaceFilter {
  if (namespace === undefined) return {};
  const { patterns, excluded = [] } = namespace;
  const selector = plainSelector(namespace);
  const globs = patterns?.filter((pattern) => /[*?]/.test(pattern)) ?? [];
  const names = patterns?.filter((pattern) => !/[*?]/.test(pattern)) ?? [];
  if (globs.includes('*')) return { ...placeOf({ ...namespace, patterns: undefined }) };
  return {
    ...(names.length > 0 || (patterns !== undefined && globs.length === 0) ? { names: sorted(names) } : {}),
    ...(globs.length === 0 ? {} : { globs: sorted(globs) }),
    ...(excluded.length === 0 ? {} : { excluded: sorted(excluded) }),
    ...(selectsAll(selector) ? {} : { selector }),
  };
}

/** What a selector with patterns asks at least: a label that a pattern of values is for is there. */
function plainSelector({ selector = {}, labelPatterns }: RequestNamespace): LabelSelector {
  if (labelPatterns !== true) return selector;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const isPattern = (text: string) => /[*?]/.test(text);
  const labels = Object.entries(matchLabels).filter(([key]) => !isPattern(key));
  return SelectorField.parse({
    matchLabels: Object.fromEntries(labels.filter(([, value]) => !isPattern(value))),
    matchExpressions: [
      ...matchExpressions,
      ...labels.filter(([, value]) => isPattern(value)).map(([key]) => ({ key, operator: 'Exists' })),
    ],
  });
}

function sorted(values: readonly string[]): string[] {
  return [...new Set(values)].toSorted(compareText);
}

function distinct<Value>(values: readonly Value[]): Value[] {
  const byText = new Map(values.map((value) => [JSON.stringify(value), value]));
  return [...byText].toSorted(([a], [b]) => compareText(a, b)).map(([, value]) => value);
}

/** Whether an exception by this filter leaves nothing of a namespace for the others: only kinds and the place may narrow it. */
function takesWholeNamespaces(exception: AdmissionFilter, filters: readonly AdmissionFilter[]): boolean {
  const { kinds, namespace, ...rest } = exception;
  if (namespace === undefined || namespace.labelPatterns === true) return false;
  if (Object.values(rest).some((part) => part !== undefined)) return false;
  return filters.every(
    (filter) =>
      kinds === undefined || filter.kinds?.every((kind) => kinds.some((excepted) => covers(excepted, kind))) === true,
  );
}

/** Whether one pattern takes everything that the other takes. Not always told when it does. */
function covers(wide: KindPattern, narrow: KindPattern): boolean {
  const part = (a: string, b: string) => a === '*' || a === b || (!/[*?]/.test(b) && matchesGlob(a, b));
  return (
    part(wide.group, narrow.group) &&
    part(wide.version, narrow.version) &&
    part(wide.kind, narrow.kind) &&
    part(wide.subresource ?? '', narrow.subresource ?? '')
  );
}

/**
 * All workloads are concerned when the creation of pods is; those with certain labels when a filter is about labels and about
 * pods alone. Undefined when filters are not about pods, or about labels of what makes them, too.
 */
export function workloadsOfFilters(filters: readonly AdmissionFilter[]): WorkloadScope | undefined {
  const ofPods = filters.filter((filter) => filtersReach([filter], [podKind], ['CREATE']));
  if (ofPods.length === 0) return undefined;
  const [only] = ofPods;
  const { objectSelector: selector, labelPatterns } = only ?? {};
  if (ofPods.some(({ objectSelector = {} }) => selectsAll(objectSelector))) return {};
  if (ofPods.length > 1 || selector === undefined || labelPatterns === true) return undefined;
  return filtersReach(ofPods, podControllerKinds) ? undefined : { selector };
}

/** The kinds, for every reader: `Deployments, exec of Pods, all kinds of objects`. In the words of the policy, with its patterns. */
export function kindWords(filters: readonly AdmissionFilter[], lengthMax = 120): string {
  if (filters.some(({ kinds }) => kinds === undefined)) return 'all objects';
  const words = filters.flatMap(({ kinds = [] }) => kinds.map(kindWord));
  if (words.includes('all objects')) return 'all objects';
  return boundedList([...new Set(words)].toSorted(compareText), { separator: ', ', lengthMax, noun: 'kind' });
}

function kindWord({ group, kind, subresource }: KindPattern): string {
  if (kind === '*') {
    const whole = group === '*' || group === '' ? 'all objects' : `all objects of ${group}`;
    return sentence(subresource === undefined || subresource === '*' ? whole : `${subresource} of ${whole}`, 60);
  }
  const isPlain = group === '*' || !group.includes('.') || group.endsWith('.k8s.io');
  const name = isPlain ? plural(kind) : `${plural(kind)} of ${group}`;
  return sentence(subresource === undefined || subresource === '*' ? name : `${subresource} of ${name}`, 60);
}

/** As English has it; the plural of the API is not known of a kind. */
function plural(kind: string): string {
  if (/[*?]$/.test(kind)) return kind;
  if (/(s|x|ch|sh)$/i.test(kind)) return `${kind}es`;
  return /[^aeiou]y$/i.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}s`;
}
