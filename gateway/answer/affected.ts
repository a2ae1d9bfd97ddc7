/**
 * Which workloads a constraint binds. A report lists the first few of a policy's own namespace; the others follow from the
 * stored selector. That a workload is bound is known to every reader of the report; the selector that says so is not.
 */
import { compareText } from '../../crds/constraint.ts';
import type { StoredWorkload } from '../../crds/detail.ts';
import { matchesLabels } from '../../kube/label-selector.ts';
import type { Binding } from '../catalog/binding.ts';

/** Names in one constraint of an answer. */
export const affectedNamesMax = 100;

export interface Affected {
  readonly names: readonly string[];
  readonly total: number;
}

type Workloads = readonly StoredWorkload[] | undefined;

/** Each workload under its name alone, or as `Kind/name` where two kinds share the name. */
export function affectedOf(binding: Binding, workloads: Workloads, formIsVisible: boolean): Affected {
  const keys = affectedKeys(binding, workloads, formIsVisible);
  const kindsByName = new Map<string, Set<string>>();
  for (const key of [...keys, ...(workloads ?? []).map(keyOfWorkload)]) {
    const kinds = kindsByName.get(nameIn(key)) ?? new Set();
    kindsByName.set(nameIn(key), kinds.add(key));
  }
  const names = keys
    .slice(0, affectedNamesMax)
    .map((key) => ((kindsByName.get(nameIn(key))?.size ?? 0) > 1 ? key : nameIn(key)));
  return { names, total: Math.max(binding.affected?.total ?? 0, keys.length) };
}

/** `Kind/name` of every workload that is known to be bound. */
function affectedKeys(binding: Binding, workloads: Workloads, formIsVisible: boolean): readonly string[] {
  const { affected } = binding;
  const items = affected?.items ?? [];
  if (affected?.all === true) return workloads === undefined ? items : workloads.map(keyOfWorkload);
  if (binding.listsAffected && (affected?.total ?? 0) <= items.length) return items;
  if (workloads === undefined || !membershipIsVisible(binding, formIsVisible)) return items;
  const selected = workloads.filter((workload) => selects(binding, workload.labels) === true).map(keyOfWorkload);
  return [...new Set([...items, ...selected])].toSorted(compareText);
}

/** Whom a policy from outside binds is part of its full form, as its line in the report lists nobody. */
function membershipIsVisible(binding: Binding, formIsVisible: boolean): boolean {
  return binding.own || formIsVisible;
}

/** Whether pods with such labels are bound, by the full form; undefined when labels alone do not tell. */
export function selects(binding: Binding, labels: Readonly<Record<string, string>>): boolean | undefined {
  const pods = binding.form?.value.scope.workloads;
  if (pods === undefined) return undefined;
  if (pods.selector !== undefined && !matchesLabels(pods.selector, labels)) return false;
  return (pods.quotaScopes ?? []).length === 0 ? true : undefined;
}

/**
 * Whether the workload is bound, or may be: only what is known not to bind it is false. `name` is a name or `Kind/name`.
 * A workload that does not run here is bound by what binds all; whether a selector takes it in depends on labels that it
 * does not have yet, and workload_labels is the way to ask that.
 */
export function mayBind(binding: Binding, name: string, workloads: Workloads, formIsVisible: boolean): boolean {
  const { affected } = binding;
  const named = (key: string) => key === name || nameIn(key) === name;
  if (affected?.all === true || affected?.items?.some(named) === true) return true;
  if (binding.listsAffected && (affected?.total ?? 0) <= (affected?.items?.length ?? 0)) return false;
  if (workloads === undefined || !membershipIsVisible(binding, formIsVisible)) return true;
  const candidates = workloads.filter((workload) => named(keyOfWorkload(workload)));
  return candidates.some((workload) => selects(binding, workload.labels) !== false);
}

function keyOfWorkload({ kind, name }: StoredWorkload): string {
  return `${kind}/${name}`;
}

function nameIn(key: string): string {
  return key.slice(key.indexOf('/') + 1);
}
