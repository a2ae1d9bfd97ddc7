/**
 * What the reports and details of a cluster must say, computed from a listing of all its objects in the plainest way: no
 * index, no history, every namespace compared with every constraint. Slow on purpose, and separate from the code that it
 * judges; only the adapters, the reading of pod templates and the names and lines of crds/ are shared, as those are
 * held by cases of their own.
 */
import { compareText, type Constraint, constraintTypes, homeNamespace, severities } from '../../crds/constraint.ts';
import { type DetailSubject, detailTextsBytesMax, storedBytes } from '../../crds/detail.ts';
import { affectedItemsMax, moreIdsMax, reportBytesMax, reportEntriesMax } from '../../crds/report.ts';
import { formatReportLine, handleOf } from '../../crds/report-line.ts';
import type { WorkloadScope } from '../../crds/scope.ts';
import { isJsonObject } from '../../kube/object.ts';
import { type KubeObject, resourceName } from '../../kube/resource.ts';
import { adapters } from '../adapters/all.ts';
import { classResources } from '../scope/class-index.ts';
import { labelsFact, namespaceFactKinds } from '../scope/namespace-facts.ts';
import { type Workload, workloadKinds, workloadOf, workloadOfPod } from '../scope/workload.ts';
import { parameterTexts } from './oracle-parameters.ts';
import { constraintsOf, type Listing } from './oracle-policies.ts';
import { bindsNamespace, mayBindWorkload, meansEveryWorkload } from './oracle-scope.ts';

/** What stands in a namespace, or must: nothing that says when. */
export interface NamespaceTruth {
  readonly report: unknown;
  /** The texts of each subject, of all its parts one after the other. */
  readonly details: Readonly<Record<string, readonly string[]>>;
}

/** Every kind that the oracle asks for; a listing needs no other. */
export const oracleKinds: readonly { readonly group: string; readonly plural: string }[] = [
  ...new Map(
    [
      { group: '', plural: 'namespaces' },
      { group: '', plural: 'pods' },
      ...workloadKinds,
      ...namespaceFactKinds,
      ...classResources,
      ...adapters.flatMap(({ resources }) => resources),
    ].map(({ group, plural }) => [resourceName({ group, plural }), { group, plural }]),
  ).values(),
];

/**
 * What must stand in each namespace that is not going away. Edges have hysteresis: `reports` are those that stand there, and
 * close to an edge their severity decides.
 */
export function truthOf(cluster: Listing, reports: readonly KubeObject[]): Map<string, NamespaceTruth> {
  const constraints = constraintsOf(cluster, reports);
  const defaultClass = defaultPriorityClass(cluster);
  const truth = new Map<string, NamespaceTruth>();
  for (const namespace of cluster.get('namespaces') ?? []) {
    if (isTerminating(namespace)) continue;
    const { name } = namespace.metadata;
    const here = {
      name,
      constraints,
      workloads: workloadsIn(cluster, name).map((workload) => withClass(workload, defaultClass)),
      labels: namespace.metadata.labels ?? {},
      facts: factsIn(cluster, name),
      parameters: (bound: readonly Constraint[]) => parameterTexts(cluster, bound, name),
    };
    const details = Object.entries(detailTexts).map(([subject, texts]): [string, string[]] => [subject, texts(here)]);
    truth.set(name, {
      report: reportOf(here),
      details: Object.fromEntries(details.filter(([, texts]) => texts.length > 0)),
    });
  }
  return truth;
}

/** What stands in each namespace: `reports` and `details` are all objects of these kinds. Says what breaks a bound. */
export function publishedIn(
  reports: readonly KubeObject[],
  details: readonly KubeObject[],
): Map<string, NamespaceTruth> {
  const found = new Map<string, { report: unknown; details: Record<string, string[]> }>();
  const at = (name: string) => {
    const known = found.get(name) ?? { report: undefined, details: {} };
    found.set(name, known);
    return known;
  };
  for (const { metadata, status } of reports) {
    at(metadata.namespace ?? '').report = metadata.name === 'constraints' ? timeless(status) : `named ${metadata.name}`;
  }
  for (const [namespace, own] of Map.groupBy(details, ({ metadata }) => metadata.namespace ?? '')) {
    const held = at(namespace).details;
    for (const [name, texts] of textsOfParts(own, ({ subject }) => String(subject))) held[name] = texts;
  }
  return found;
}

/** The texts of all parts, by the name that the first of them must have. Says what breaks a bound. */
export function textsOfParts(
  details: readonly KubeObject[],
  firstName: (detail: KubeObject) => string,
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const partOf = (detail: KubeObject) => (typeof detail['part'] === 'number' ? detail['part'] : -1);
  for (const detail of details.toSorted((a, b) => partOf(a) - partOf(b))) {
    const first = firstName(detail);
    const texts = Array.isArray(detail['texts']) ? detail['texts'].map(String) : ['no texts'];
    const part = partOf(detail);
    if (detail.metadata.name !== (part === 0 ? first : `${first}-${part}`)) texts.push('has a wrong name');
    if (part > 0 && !found.has(first)) texts.push('comes without the part before it');
    if (texts.reduce((bytes, text) => bytes + storedBytes(text), 0) > detailTextsBytesMax) texts.push('too large');
    found.set(first, [...(found.get(first) ?? []), ...texts]);
  }
  return found;
}

const whenFields: ReadonlySet<string> = new Set(['lastChanged', 'lastTransitionTime', 'lastDiscovery']);

/** The same without what says when: only then are two courses of events comparable. */
export function timeless(value: unknown): unknown {
  const text = JSON.stringify(value, (key, child: unknown) => (whenFields.has(key) ? undefined : child));
  return text === undefined ? undefined : JSON.parse(text);
}

interface Here {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the whole cluster. */
  readonly constraints: readonly Constraint[];
  readonly workloads: readonly Workload[];
  /** Services and names, as texts. */
  readonly facts: readonly string[];
  /** What these constraints take parameters from here, as texts. */
  readonly parameters: (bound: readonly Constraint[]) => readonly string[];
}

function factsIn(cluster: Listing, namespace: string): string[] {
  return namespaceFactKinds.flatMap((kind) =>
    (cluster.get(resourceName(kind)) ?? [])
      .filter(({ metadata }) => metadata.namespace === namespace)
      .flatMap((object) => kind.read(object) ?? [])
      .map((fact) => JSON.stringify(fact)),
  );
}

/** Of several the one with the least value; the name of none is empty, which no class has. */
function defaultPriorityClass(cluster: Listing): string {
  const defaults = (cluster.get('priorityclasses.scheduling.k8s.io') ?? []).filter(
    (object) => object['globalDefault'] === true,
  );
  const [first] = defaults.toSorted((a, b) => Number(a['value']) - Number(b['value']));
  return first?.metadata.name ?? '';
}

/** As the admission plugin Priority gives pods their class. */
function withClass(workload: Workload, defaultClass: string): Workload {
  const { traits } = workload;
  if (traits === undefined || traits.priorityClass !== undefined) return workload;
  return { ...workload, traits: { ...traits, priorityClass: defaultClass } };
}

export function isTerminating({ metadata, status }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined || (isJsonObject(status) && status.phase === 'Terminating');
}

function workloadsIn(cluster: Listing, namespace: string): Workload[] {
  const inHere = (plural: string) => (cluster.get(plural) ?? []).filter((it) => it.metadata.namespace === namespace);
  const all = [
    ...workloadKinds.flatMap((kind) => inHere(resourceName(kind)).flatMap((object) => workloadOf(object, kind) ?? [])),
    ...inHere('pods').flatMap((pod) => workloadOfPod(pod) ?? []),
  ].map((workload) => ({ workload, text: orderOf(workload) }));
  return all
    .filter(({ text }, index) => all.findIndex((other) => other.text === text) === index)
    .toSorted((a, b) => compareText(a.text, b.text))
    .map(({ workload }) => workload);
}

/** Workloads are ordered by kind, name and whatever tells two of the same name apart. */
function orderOf({ kind, name, labels, serviceAccount, ports, traits }: Workload): string {
  return JSON.stringify([kind, name, sortedEntries(labels), serviceAccount, ports, traits]);
}

function sortedEntries(labels: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(labels).toSorted(([a], [b]) => compareText(a, b));
}

function reportOf(here: Here): unknown {
  const bound = here.constraints
    .filter(({ scope }) => bindsNamespace(scope.namespaces, here))
    .toSorted((a, b) => compareLists(rankOf(a), rankOf(b)));
  const severityCount = (severity: string) => bound.filter((constraint) => constraint.severity === severity).length;
  const own: unknown[] = [];
  const inherited: string[] = [];
  let bytes = 0;
  for (const constraint of bound) {
    const entry =
      homeNamespace(constraint.source) === here.name
        ? { ...entryOf(constraint, here.workloads), lastChanged: '2026-01-01T00:00:00Z' }
        : lineOf(constraint);
    bytes += Buffer.byteLength(JSON.stringify(entry));
    if (own.length + inherited.length === reportEntriesMax || bytes > reportBytesMax) break;
    if (typeof entry === 'string') inherited.push(entry);
    else own.push(entry);
  }
  const more = bound.slice(own.length + inherited.length).map(({ id }) => id);
  return timeless({
    total: bound.length,
    critical: severityCount('Critical'),
    warning: severityCount('Warning'),
    info: severityCount('Info'),
    constraints: own,
    inherited,
    ...(more.length === 0 ? {} : { more: more.slice(0, moreIdsMax) }),
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'Complete',
        message: 'Every policy that Potoo may read is in this report.',
      },
    ],
  });
}

function rankOf({ severity, type, source, key, id }: Constraint): (string | number)[] {
  const { kind, name, namespace = '' } = source;
  return [severities.indexOf(severity), constraintTypes.indexOf(type), kind, name, namespace, key, id];
}

function compareLists(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  const index = a.findIndex((value, at) => value !== b[at]);
  const [left = '', right = ''] = [a[index], b[index]];
  return index < 0 ? 0 : left < right ? -1 : 1;
}

function entryOf(constraint: Constraint, workloads: readonly Workload[]): object {
  const { id, name, key, type, severity, effect, summary, source, scope, metrics } = constraint;
  const affected = scope.workloads === undefined ? undefined : affectedBy(scope.workloads, workloads);
  return {
    id,
    name,
    key,
    type,
    severity,
    effect,
    message: summary,
    source: { kind: source.kind, name: source.name },
    ...(affected === undefined ? {} : { affectedWorkloads: affected }),
    ...(metrics === undefined ? {} : { metrics }),
  };
}

function affectedBy(scope: WorkloadScope, workloads: readonly Workload[]): object {
  const bound = workloads.filter((workload) => mayBindWorkload(scope, workload));
  const names = [...new Set(bound.map(({ kind, name }) => `${kind}/${name}`))];
  return meansEveryWorkload(scope) && bound.length === workloads.length
    ? { total: names.length, all: true }
    : { total: names.length, items: names.slice(0, affectedItemsMax) };
}

function lineOf({ severity, effect, type, source, id, name, summary }: Constraint): string {
  const shown = homeNamespace(source) === undefined ? name : handleOf(id);
  return formatReportLine({ severity, effect, type, kind: source.kind, name: shown, id, summary });
}

/** The texts of each subject. A new subject needs its line here, or nothing would judge it. */
const detailTexts: Readonly<Record<DetailSubject, (here: Here) => string[]>> = {
  constraints({ name, labels, constraints, parameters }) {
    const bound = constraints.filter(({ scope }) => bindsNamespace(scope.namespaces, { name, labels }));
    const own = constraints
      .filter(({ source }) => homeNamespace(source) === name)
      .toSorted((a, b) => compareText(a.id, b.id))
      .map((constraint) => JSON.stringify({ ...constraint, metrics: undefined }))
      .filter((text) => storedBytes(text) <= detailTextsBytesMax);
    return [...own, ...parameters(bound)];
  },
  namespace: ({ labels, facts }) => [JSON.stringify(labelsFact(labels)), ...facts.toSorted(compareText)],
  workloads: ({ workloads }) =>
    workloads
      .map(({ kind, name, labels, serviceAccount, ports, traits }) =>
        JSON.stringify({
          kind,
          name,
          labels: Object.fromEntries(sortedEntries(labels)),
          serviceAccount,
          ports,
          hostNetwork: traits?.hostNetwork === true ? true : undefined,
        }),
      )
      .filter((text) => storedBytes(text) <= detailTextsBytesMax),
};
