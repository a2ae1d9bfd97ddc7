/**
 * The constraints of cluster-scoped policies, by the ClusterConstraintDetail that stores them. Several objects may make the
 * constraints of one policy (a policy and what binds it), so they are gathered by the source that they name.
 */
import { compareText, type Constraint, homeNamespace } from '../../crds/constraint.ts';
import { clusterDetailName } from '../../crds/detail.ts';

export interface ClusterPolicies {
  /** The constraints of an object, in place of those it had. Returns the names of the details that this changes. */
  set(object: string, constraints: readonly Constraint[]): ReadonlySet<string>;
  remove(object: string): ReadonlySet<string>;
  /** Ordered by id. */
  constraintsOf(detail: string): readonly Constraint[];
  /** Every detail that stores something. */
  names(): Iterable<string>;
}

interface Stored {
  readonly constraints: readonly Constraint[];
  /** To tell whether an object that was updated still says the same. */
  readonly text: string;
}

/** An empty index. */
export function createClusterPolicies(): ClusterPolicies {
  /** Detail → object → what the object says of the policy. */
  const byDetail = new Map<string, Map<string, Stored>>();
  /** Object → names of the details it takes part in. */
  const detailsOf = new Map<string, readonly string[]>();

  function set(object: string, constraints: readonly Constraint[]): ReadonlySet<string> {
    const next = Map.groupBy(
      constraints.filter(({ source }) => homeNamespace(source) === undefined),
      ({ source }) => clusterDetailName(source),
    );
    const touched = new Set<string>();
    for (const detail of detailsOf.get(object) ?? []) {
      if (next.has(detail)) continue;
      const objects = byDetail.get(detail);
      objects?.delete(object);
      if (objects?.size === 0) byDetail.delete(detail);
      touched.add(detail);
    }
    for (const [detail, own] of next) {
      const objects = byDetail.get(detail) ?? new Map<string, Stored>();
      byDetail.set(detail, objects);
      const text = JSON.stringify(own);
      if (objects.get(object)?.text === text) continue;
      objects.set(object, { constraints: own, text });
      touched.add(detail);
    }
    if (next.size === 0) detailsOf.delete(object);
    else detailsOf.set(object, [...next.keys()]);
    return touched;
  }

  return {
    set,
    remove: (object) => set(object, []),
    constraintsOf: (detail) =>
      [...(byDetail.get(detail)?.values() ?? [])]
        .flatMap(({ constraints }) => constraints)
        .toSorted((a, b) => compareText(a.id, b.id)),
    names: () => byDetail.keys(),
  };
}
