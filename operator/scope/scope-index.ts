/**
 * Namespaces × constraints, kept incrementally: a change of a policy touches the namespaces that it binds or bound, a change
 * of a namespace's labels re-scopes that namespace only. Each change returns what it touched; nothing else is told.
 */
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
  readonly text: string;
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

  function insert(constraints: readonly ReadConstraint[], touched: Set<string>): void {
    for (const constraint of constraints) {
      if (exactNames(constraint.scope.namespaces) === undefined) wide.set(constraint.id, constraint);
      for (const namespace of namespacesOf(constraint)) {
        bound.add(namespace, constraint);
        touched.add(namespace);
      }
      const home = homeNamespace(constraint.source);
      if (home === undefined) continue;
      living.add(home, constraint);
      touched.add(home);
    }
  }

  function withdraw(constraints: readonly ReadConstraint[], touched: Set<string>): void {
    for (const { id, scope, source } of constraints) {
      wide.delete(id);
      for (const namespace of exactNames(scope.namespaces) ?? bound.namespaces()) {
        if (bound.remove(namespace, id)) touched.add(namespace);
      }
      const home = homeNamespace(source);
      if (home !== undefined && living.remove(home, id)) touched.add(home);
    }
  }

  return {
    namespaces,
    setPolicy(policy, constraints) {
      const before = policies.get(policy);
      const text = JSON.stringify(constraints);
      if (before?.text === text || (before === undefined && constraints.length === 0)) return nothing;
      const touched = new Set<string>();
      if (before !== undefined) withdraw(before.constraints, touched);
      if (constraints.length === 0) policies.delete(policy);
      else policies.set(policy, { constraints, text });
      insert(constraints, touched);
      return touched;
    },
    removePolicy(policy) {
      const before = policies.get(policy);
      if (before === undefined) return nothing;
      policies.delete(policy);
      const touched = new Set<string>();
      withdraw(before.constraints, touched);
      return touched;
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
