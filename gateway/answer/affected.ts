/**
 * Which workloads a constraint binds. A report lists the first few of a policy's own namespace; the others follow from the
 * stored selector and the stored workloads, for who may `get` them: at the summary level the gateway tells no more than
 * kubectl shows in the report.
 */
import { compareText } from '../../crds/constraint.ts';
import type { StoredWorkload } from '../../crds/detail.ts';
import type { AdmissionFilter, AdmissionMatch, AdmissionRule, Scope } from '../../crds/scope.ts';
import { holdsExpression } from '../../kube/label-expression.ts';
import { matchesLabels } from '../../kube/label-selector.ts';
import type { Binding } from '../catalog/binding.ts';
import { keyOfWorkload, type Workloads } from '../catalog/workloads.ts';

/** Names in one constraint of an answer. */
export const affectedNamesMax = 100;

export interface Affected {
  readonly names: readonly string[];
  readonly total: number;
}

/**
 * Each workload under its name alone, or as `Kind/name` where two kinds share the name.
 *
 * @param workloads Undefined when they are not known, or the caller may not see them.
 */
export function affectedOf(binding: Binding, workloads: Workloads | undefined, formIsVisible: boolean): Affected {
  const { keys, total } = affectedKeys(binding, workloads, formIsVisible);
  const shown = keys.slice(0, affectedNamesMax);
  const times = new Map<string, number>();
  for (const key of shown) times.set(nameIn(key), (times.get(nameIn(key)) ?? 0) + 1);
  const isShared = (name: string) => workloads?.sharedNames.has(name) === true || (times.get(name) ?? 0) > 1;
  return { names: shown.map((key) => (isShared(nameIn(key)) ? key : nameIn(key))), total };
}

/** `Kind/name` of workloads that are bound or may be, as many as an answer holds, and how many there are. */
function affectedKeys(
  binding: Binding,
  workloads: Workloads | undefined,
  formIsVisible: boolean,
): { readonly keys: readonly string[]; readonly total: number } {
  const { affected, listsAffected } = binding;
  const items = affected?.items ?? [];
  const atLeast = (count: number) => Math.max(affected?.total ?? 0, count);
  if (affected?.all === true && workloads !== undefined) {
    const { list } = workloads;
    return { keys: list.slice(0, affectedNamesMax).map(keyOfWorkload), total: atLeast(list.length) };
  }
  if (listsEveryName(binding) || workloads === undefined || !formIsVisible || binding.form === undefined) {
    return { keys: items, total: atLeast(items.length) };
  }
  const { scope } = binding.form.value;
  const selected: string[] = [];
  for (const workload of workloads.list) {
    // The report has the total of what it lists; of the rest it must be counted.
    if (listsAffected && selected.length >= affectedNamesMax) break;
    // As the operator counts: what labels alone do not tell may be bound.
    if (maySelect(scope, workload)) selected.push(keyOfWorkload(workload));
  }
  const keys = [...new Set([...items, ...selected])].toSorted(compareText);
  return { keys, total: atLeast(keys.length) };
}

/** Whether the report names all whom a policy binds. */
function listsEveryName({ affected, listsAffected }: Binding): boolean {
  return listsAffected && (affected?.total ?? 0) <= (affected?.items?.length ?? 0);
}

/** Whether pods with such labels are bound, by the full form; undefined when labels alone do not tell. */
export function selects(binding: Binding, labels: Readonly<Record<string, string>>): boolean | undefined {
  return scopeSelects(binding.form?.value.scope, labels);
}

function scopeSelects(scope: Scope | undefined, labels: Readonly<Record<string, string>>): boolean | undefined {
  const pods = scope?.workloads;
  if (pods === undefined) return undefined;
  if (pods.selector !== undefined && !matchesLabels(pods.selector, labels)) return false;
  const holds = pods.expression === undefined ? true : holdsExpression(pods.expression, { own: labels });
  if (holds !== true) return holds;
  const byLabels = pods.serviceAccounts === undefined && pods.nodes === undefined;
  return (pods.quotaScopes ?? []).length === 0 && byLabels ? true : undefined;
}

/** Whether the full form means a workload of which more is known than labels, or may mean it. */
function maySelect(scope: Scope, { kind, labels, hostNetwork, serviceAccount }: StoredWorkload): boolean {
  const { workloads, admission } = scope;
  if (hostNetwork === true && workloads?.hostNetwork === false) return false;
  if (serviceAccount !== undefined) {
    // Of one whose ServiceAccount is known, its network is known, too.
    if (workloads?.nodes !== undefined && hostNetwork !== true) return false;
    if (workloads?.serviceAccounts?.includes(serviceAccount) === false) return false;
  }
  // A scope that is not about pods may still be about requests for what makes them.
  if (workloads === undefined && admission?.every((match) => mayMean(match, kind)) === false) return false;
  return scopeSelects(scope, labels) !== false;
}

/** What the API server and its controllers make of one, by kind: requests for any of these are requests for it. */
const madeOf: Readonly<Record<string, readonly string[]>> = {
  CronJob: ['CronJob', 'Job', 'Pod'],
  DaemonSet: ['DaemonSet', 'Pod'],
  Deployment: ['Deployment', 'ReplicaSet', 'Pod'],
  Job: ['Job', 'Pod'],
  Pod: ['Pod'],
  ReplicaSet: ['ReplicaSet', 'Pod'],
  ReplicationController: ['ReplicationController', 'Pod'],
  StatefulSet: ['StatefulSet', 'Pod'],
};
const madeOfAny = Object.values(madeOf).flat();
const pluralOf = (kind: string) => `${kind.toLowerCase()}s`;

/** Whether requests for such a workload can match. `kind` is undefined where it is not known either. */
function mayMean({ rules, filters }: AdmissionMatch, kind: string | undefined): boolean {
  const made = kind !== undefined && Object.hasOwn(madeOf, kind) ? madeOf[kind] : undefined;
  return (
    (rules === undefined || rules.some((rule) => mayMeanByRule(rule, made))) &&
    (filters === undefined || filters.some((filter) => mayMeanByFilter(filter, made, kind)))
  );
}

function mayMeanByRule({ apiGroups, resources }: AdmissionRule, made: readonly string[] | undefined): boolean {
  // Somebody else's controller may make all of these, and how requests name its own kind is not known.
  if (made === undefined && !apiGroups.every(isBuiltIn)) return true;
  return resources.some((resource) => {
    const [plural = ''] = resource.split('/', 1);
    return plural === '*' || (made ?? madeOfAny).some((each) => pluralOf(each) === plural);
  });
}

function mayMeanByFilter(
  filter: AdmissionFilter,
  made: readonly string[] | undefined,
  own: string | undefined,
): boolean {
  if (filter.scope === 'Cluster') return false;
  if (filter.kinds === undefined) return true;
  return filter.kinds.some(({ group, kind }) => {
    if (/[*?]/.test(kind) || kind === own || (made ?? madeOfAny).includes(kind)) return true;
    // `*` goes with the kinds of those who leave the group out; another group is named because it has workloads of its own.
    return own === undefined && group !== '*' && !isBuiltIn(group);
  });
}

function isBuiltIn(group: string): boolean {
  return group !== '*' && (!group.includes('.') || group.endsWith('.k8s.io'));
}

/**
 * Whether the workload is bound, or may be: only what is known not to bind it is false. `name` is a name or `Kind/name`.
 * A workload that does not run here is bound by what binds all; whether a selector takes it in depends on labels that it
 * does not have yet, and workload_labels is the way to ask that.
 */
export function mayBind(
  binding: Binding,
  name: string,
  workloads: Workloads | undefined,
  formIsVisible: boolean,
): boolean {
  const { affected } = binding;
  const named = (key: string) => key === name || nameIn(key) === name;
  if (affected?.all === true || affected?.items?.some(named) === true) return true;
  if (listsEveryName(binding)) return false;
  if (workloads === undefined || !formIsVisible || binding.form === undefined) return true;
  const candidates = workloads.list.filter((workload) => named(keyOfWorkload(workload)));
  if (candidates.length === 0) return mayMeanNew(binding.form.value.scope, name);
  const { scope } = binding.form.value;
  return candidates.some((workload) => maySelect(scope, workload));
}

/** Whether anything has the name, or is `Kind/name`. */
export function hasWorkload({ list }: Workloads, name: string): boolean {
  return list.some((workload) => workload.name === name || keyOfWorkload(workload) === name);
}

function mayMeanNew({ workloads, admission }: Scope, name: string): boolean {
  if (workloads !== undefined) {
    const { selector, expression, serviceAccounts, nodes } = workloads;
    return [selector, expression, serviceAccounts, nodes].every((part) => part === undefined);
  }
  const kind = name.includes('/') ? name.slice(0, name.indexOf('/')) : undefined;
  return admission === undefined || admission.every((match) => mayMean(match, kind));
}

function nameIn(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}
