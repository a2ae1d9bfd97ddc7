/**
 * Namespaces × constraints, kept incrementally: a change of a policy touches the namespaces that it binds or bound, a change
 * of a namespace's labels re-scopes that namespace only. Each change returns what it touched; nothing else is told.
 */
import { createHash } from 'node:crypto';
import { homeNamespace } from '../../crds/constraint.ts';
import type { ReadConstraint } from '../adapters/settled.ts';
import { bindsNamespace, exactNames, type NamespaceIdentity } from './namespace-scope.ts';

export interface ScopeIndex {
  /**
   * The constraints of a policy object, all of them, in place of those it had. Returns the namespaces that this touches: those
   * that it binds or bound, and the one that it lives in.
   */
  setPolicy(policy: string, constraints: readonly ReadConstraint[]): ReadonlySet<string>;
  removePolicy(policy: string): ReadonlySet<string>;
  /** Returns whether what binds the namespace may have changed. */
  setNamespace(namespace: NamespaceIdentity): boolean;
  removeNamespace(name: string): void;
  /** In no particular order. */
  boundTo(namespace: string): Iterable<ReadConstraint>;
  /** What policies that live in the namespace impose, wherever they bind. In no particular order. */
  livingIn(namespace: string): Iterable<ReadConstraint>;
  /** Every constraint once, however many namespaces it binds. */
  all(): Iterable<ReadConstraint>;
  readonly namespaces: ReadonlyMap<string, NamespaceIdentity>;
}

interface Policy {
  readonly constraints: readonly ReadConstraint[];
  /** To tell whether a policy that was updated still says the same. */
  readonly digest: string;
}

/**
 * One text after the other: a policy of a megabyte with hundreds of bindings is that often in them, and together they would be
 * longer than a string can be.
 */
function digestOf(constraints: readonly ReadConstraint[]): string {
  const hash = createHash('sha256');
  for (const constraint of constraints) hash.update(JSON.stringify(constraint)).update('\n');
  return hash.digest('base64');
}

/**
 * Whether two states of one constraint say the same in a namespace that both bind, and only differ in which they bind. The
 * message, which tells that too, stands in the details of the policy alone. Not of a policy that lives in a namespace: all of
 * its text stands there.
 */
function differInReach(a: ReadConstraint, b: ReadConstraint): boolean {
  if (homeNamespace(a.source) !== undefined) return false;
  const withoutReach = (constraint: ReadConstraint) =>
    JSON.stringify({ ...constraint, message: undefined, scope: { ...constraint.scope, namespaces: undefined } });
  return withoutReach(a) === withoutReach(b);
}

const nothing: ReadonlySet<string> = new Set();

/** An empty index. */
export function createScopeIndex(): ScopeIndex {
  const namespaces = new Map<string, NamespaceIdentity>();
  const policies = new Map<string, Policy>();
  /** Constraints whose scope has to be compared with each namespace, by id. */
  const wide = new Map<string, ReadConstraint>();
  /** Namespace → constraint id → constraint. Holds names that no namespace has yet, when a scope names them. */
  const bound = createConstraintSets();
  /** The same by the namespace that the policy lives in. */
  const living = createConstraintSets();

  function namespacesOf(constraint: ReadConstraint): Iterable<string> {
    return (
      exactNames(constraint.scope.namespaces) ??
      [...namespaces.values()]
        .filter((namespace) => bindsNamespace(constraint.scope.namespaces, namespace))
        .map(({ name }) => name)
    );
  }

  /** Returns the namespaces that it binds, and where it lives. */
  function insert(constraint: ReadConstraint): ReadonlySet<string> {
    if (exactNames(constraint.scope.namespaces) === undefined) wide.set(constraint.id, constraint);
    const entered = new Set(namespacesOf(constraint));
    for (const namespace of entered) bound.add(namespace, constraint);
    const home = homeNamespace(constraint.source);
    if (home === undefined) return entered;
    living.add(home, constraint);
    return entered.add(home);
  }

  /** Returns the namespaces that it bound, and where it lived. */
  function withdraw({ id, scope, source }: ReadConstraint): ReadonlySet<string> {
    wide.delete(id);
    const places = exactNames(scope.namespaces) ?? [...bound.namespaces()];
    const left = new Set(places.filter((namespace) => bound.remove(namespace, id)));
    const home = homeNamespace(source);
    return home !== undefined && living.remove(home, id) ? left.add(home) : left;
  }

  function replace(before: readonly ReadConstraint[], constraints: readonly ReadConstraint[]): ReadonlySet<string> {
    const now = new Map(constraints.map((constraint) => [constraint.id, constraint]));
    const was = new Map(before.map((constraint) => [constraint.id, constraint]));
    const touched = new Set<string>();
    for (const id of new Set([...was.keys(), ...now.keys()])) {
      const [old, next] = [was.get(id), now.get(id)];
      const left = old === undefined ? nothing : withdraw(old);
      const entered = next === undefined ? nothing : insert(next);
      const stays = old !== undefined && next !== undefined && differInReach(old, next);
      for (const name of stays ? left.symmetricDifference(entered) : left.union(entered)) touched.add(name);
    }
    return touched;
  }

  return {
    namespaces,
    setPolicy(policy, constraints) {
      const before = policies.get(policy);
      if (before === undefined && constraints.length === 0) return nothing;
      const digest = digestOf(constraints);
      if (before?.digest === digest) return nothing;
      if (constraints.length === 0) policies.delete(policy);
      else policies.set(policy, { constraints, digest });
      return replace(before?.constraints ?? [], constraints);
    },
    removePolicy(policy) {
      const before = policies.get(policy);
      policies.delete(policy);
      return replace(before?.constraints ?? [], []);
    },
    setNamespace(namespace) {
      const before = namespaces.get(namespace.name);
      namespaces.set(namespace.name, namespace);
      let changed = before === undefined;
      for (const constraint of wide.values()) {
        if (bindsNamespace(constraint.scope.namespaces, namespace)) {
          if (bound.has(namespace.name, constraint.id)) continue;
          bound.add(namespace.name, constraint);
          changed = true;
        } else if (bound.remove(namespace.name, constraint.id)) {
          changed = true;
        }
      }
      return changed;
    },
    removeNamespace(name) {
      namespaces.delete(name);
      for (const id of wide.keys()) bound.remove(name, id);
    },
    boundTo: bound.of,
    livingIn: living.of,
    *all() {
      for (const { constraints } of policies.values()) yield* constraints;
    },
  };
}

/** Constraints by namespace and id. */
function createConstraintSets() {
  const byNamespace = new Map<string, Map<string, ReadConstraint>>();
  return {
    namespaces: (): readonly string[] => [...byNamespace.keys()],
    of: (namespace: string): Iterable<ReadConstraint> => byNamespace.get(namespace)?.values() ?? [],
    has: (namespace: string, id: string): boolean => byNamespace.get(namespace)?.has(id) ?? false,
    add(namespace: string, constraint: ReadConstraint): void {
      const present = byNamespace.get(namespace);
      if (present === undefined) byNamespace.set(namespace, new Map([[constraint.id, constraint]]));
      else present.set(constraint.id, constraint);
    },
    /** Returns whether it was there. */
    remove(namespace: string, id: string): boolean {
      const present = byNamespace.get(namespace);
      if (present === undefined || !present.delete(id)) return false;
      if (present.size === 0) byNamespace.delete(namespace);
      return true;
    },
  };
}
