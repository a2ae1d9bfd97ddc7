import { compareText } from '../../crds/constraint.ts';
import type { StoredWorkload } from '../../crds/detail.ts';

/** What runs in one namespace. */
export interface Workloads {
  /** By `Kind/name`. */
  readonly list: readonly StoredWorkload[];
  /** Names that workloads of several kinds have. */
  readonly sharedNames: ReadonlySet<string>;
}

/** `Kind/name`, as reports list workloads. */
export function keyOfWorkload({ kind, name }: StoredWorkload): string {
  return `${kind}/${name}`;
}

/** Orders them, and finds the names that do not tell them apart. */
export function workloadsOf(stored: readonly StoredWorkload[]): Workloads {
  const byKey = new Map(stored.map((workload) => [keyOfWorkload(workload), workload]));
  const list = [...byKey].toSorted(([a], [b]) => compareText(a, b)).map(([, workload]) => workload);
  const names = new Set<string>();
  const sharedNames = new Set<string>();
  for (const { name } of list) (names.has(name) ? sharedNames : names).add(name);
  return { list, sharedNames };
}
