/**
 * What the labels in Cilium's selectors are about. They are those of an identity and not of an object: each has a source
 * before a colon (`k8s:app`; none stands for any source), and beside the labels of a pod there are some that Cilium derives
 * from where it runs. Most labels of Kubernetes itself are left out of identities.
 *
 * @see https://github.com/cilium/cilium/blob/v1.20.2/pkg/labels/labels.go
 * @see https://github.com/cilium/cilium/blob/v1.20.2/pkg/labelsfilter/filter.go
 * @see https://github.com/cilium/cilium/blob/v1.20.2/pkg/k8s/apis/cilium.io/const.go
 */
import { compareText } from '../../../crds/constraint.ts';
import type { LabelSelector, LabelSelectorRequirement } from '../../../crds/label-selector.ts';

/** One demand of a selector, and where it stands. */
export interface Demand {
  /**
   * namespace: the name of the pod's namespace; leftOut: a label that no identity has, unless the agents are configured to
   * take it; foreign: of a source that is not Kubernetes.
   */
  readonly about:
    | 'pod'
    | 'namespace'
    | 'namespaceLabel'
    | 'serviceAccount'
    | 'cluster'
    | 'reserved'
    | 'leftOut'
    | 'foreign';
  /** Without source and prefix. */
  readonly key: string;
  readonly source: string;
  readonly operator: LabelSelectorRequirement['operator'];
  readonly values: readonly string[];
  /** As it is written. */
  readonly written: LabelSelectorRequirement;
  readonly inMatchLabels: boolean;
  readonly path: readonly PropertyKey[];
}

/** Those of a selector in normal form, which stands at `path`. */
export function demandsOf(selector: LabelSelector, path: readonly PropertyKey[]): readonly Demand[] {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return [
    ...Object.entries(matchLabels).map(([key, value]) =>
      demandOf({ key, operator: 'In', values: [value] }, true, [...path, 'matchLabels', key]),
    ),
    ...matchExpressions.map((written, index) => demandOf(written, false, [...path, 'matchExpressions', index])),
  ];
}

/** Whether something that does not have the label at all does not hold it. */
export function isPositive({ operator }: Demand): boolean {
  return operator === 'In' || operator === 'Exists';
}

/** The demands as a selector on labels, by their keys without source and prefix. */
export function selectorOf(demands: readonly Demand[]): LabelSelector {
  const labels = new Map<string, string>();
  const expressions: LabelSelectorRequirement[] = [];
  for (const { key, operator, values, inMatchLabels } of demands) {
    const [value] = values;
    if (inMatchLabels && value !== undefined && !labels.has(key)) labels.set(key, value);
    else expressions.push({ key, operator, ...(values.length === 0 ? {} : { values: [...values] }) });
  }
  const sorted = [...labels].toSorted(([one], [other]) => compareText(one, other));
  return {
    ...(sorted.length === 0 ? {} : { matchLabels: Object.fromEntries(sorted) }),
    ...(expressions.length === 0 ? {} : { matchExpressions: expressions }),
  };
}

/** Whether a name is among those that all demands leave; undefined where they leave every name. */
export function namesOf(demands: readonly Demand[]): readonly string[] | undefined {
  const lists = demands.filter(({ operator }) => operator === 'In').map(({ values }) => values);
  const [first, ...others] = lists;
  if (first === undefined) return undefined;
  const sets = others.map((values) => new Set(values));
  return [...new Set(first)].filter((name) => sets.every((set) => set.has(name)));
}

const kubernetes: ReadonlySet<string> = new Set(['any', 'k8s']);
const namespaceName = 'io.kubernetes.pod.namespace';
const namespaceLabels = 'io.cilium.k8s.namespace.labels.';

function demandOf(written: LabelSelectorRequirement, inMatchLabels: boolean, path: readonly PropertyKey[]): Demand {
  const { source, name } = split(written.key);
  const { operator, values = [] } = written;
  const about = topicOf(source, name);
  const key = about === 'namespaceLabel' ? name.slice(namespaceLabels.length) : name;
  return { about, key, source, operator, values, written, inMatchLabels, path };
}

function split(key: string): { source: string; name: string } {
  // Two short forms: $host and reserved.host are both reserved:host.
  if (key.startsWith('$')) return { source: 'reserved', name: key.slice(1) };
  const colon = key.indexOf(':');
  if (colon >= 0) return { source: key.slice(0, colon), name: key.slice(colon + 1) };
  if (key.startsWith('reserved.')) return { source: 'reserved', name: key.slice('reserved.'.length) };
  return { source: 'any', name: key };
}

function topicOf(source: string, name: string): Demand['about'] {
  if (source === 'reserved') return 'reserved';
  if (!kubernetes.has(source)) return 'foreign';
  if (name === namespaceName) return 'namespace';
  if (name === 'io.cilium.k8s.policy.serviceaccount') return 'serviceAccount';
  if (name === 'io.cilium.k8s.policy.cluster') return 'cluster';
  if (isLeftOut(name)) return 'leftOut';
  return name.startsWith(namespaceLabels) ? 'namespaceLabel' : 'pod';
}

/** Each is the beginning of a key. */
const leftOut = [
  'annotation',
  'apps.kubernetes.io/pod-index',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-completion-index',
  'controller-revision-hash',
  'controller-uid',
  'etcd_node',
  'io.kubernetes',
  'k8s.io',
  'kubernetes.io',
  'pod-template-generation',
  'pod-template-hash',
  'statefulset.kubernetes.io/pod-name',
  'topology.kubernetes.io',
];

function isLeftOut(name: string): boolean {
  return name.includes('beta.kubernetes.io') || leftOut.some((beginning) => name.startsWith(beginning));
}
