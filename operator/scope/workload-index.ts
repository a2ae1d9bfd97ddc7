/**
 * The workloads of each namespace, from objects as they come and go. Several objects may stand for one workload (the
 * ReplicaSets of a Rollout), and one workload may have pods with different labels.
 */
import { compareText } from '../../crds/constraint.ts';
import type { Workload } from './workload.ts';

export interface WorkloadIndex {
  /** `object` names the object among all kinds, `workload` is what it stands for. Returns whether that is news. */
  set(namespace: string, object: string, workload: Workload): boolean;
  /** Returns whether it was there. */
  remove(namespace: string, object: string): boolean;
  /** Ordered by kind and name; equal ones once. */
  of(namespace: string): readonly Workload[];
}

/** An empty index. */
export function createWorkloadIndex(): WorkloadIndex {
  /** Namespace → object → workload and its text, by which it is compared and ordered. */
  const byNamespace = new Map<string, Map<string, { readonly workload: Workload; readonly text: string }>>();

  return {
    set(namespace, object, workload) {
      const objects = byNamespace.get(namespace) ?? new Map();
      byNamespace.set(namespace, objects);
      const text = textOf(workload);
      if (objects.get(object)?.text === text) return false;
      objects.set(object, { workload, text });
      return true;
    },
    remove(namespace, object) {
      const objects = byNamespace.get(namespace);
      if (objects === undefined || !objects.delete(object)) return false;
      if (objects.size === 0) byNamespace.delete(namespace);
      return true;
    },
    of(namespace) {
      const unique = new Map<string, Workload>();
      for (const { workload, text } of byNamespace.get(namespace)?.values() ?? []) unique.set(text, workload);
      return [...unique].toSorted(([a], [b]) => compareText(a, b)).map(([, workload]) => workload);
    },
  };
}

/** Kind and name first, so that the order of texts is the order of workloads; labels sorted, so that equal is equal. */
function textOf({ kind, name, labels, serviceAccount, ports, traits }: Workload): string {
  const sorted = Object.entries(labels).toSorted(([a], [b]) => compareText(a, b));
  return JSON.stringify([kind, name, sorted, serviceAccount, ports, traits]);
}
