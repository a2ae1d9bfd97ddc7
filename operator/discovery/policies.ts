/**
 * What policies impose, object by object as they come and go. What an object says by itself goes into the scope index at
 * once; what it says only together with others is joined anew with every change of one of them.
 */
import type { Adapter, Part, Problem, Reading } from '../adapters/define.ts';
import type { ScopeIndex } from '../scope/scope-index.ts';

export interface Policies {
  /** What `object` says now, in place of what it said. Returns the namespaces that this touches. */
  set(adapter: Adapter, object: string, reading: Reading): ReadonlySet<string>;
  remove(adapter: Adapter, object: string): ReadonlySet<string>;
}

/** Keeps `scopes` in line with the objects. `onProblem` hears of what could not be read, once and not with every update. */
export function createPolicies(scopes: ScopeIndex, onProblem: (adapter: string, problem: Problem) => void): Policies {
  /** What could not be read in each object and join. */
  const told = new Map<string, string>();
  /** Join → object → values, and which joins an object is part of. */
  const joins = new Map<string, Map<string, readonly unknown[]>>();
  const joinsOf = new Map<string, ReadonlySet<string>>();

  function tell(subject: string, adapter: Adapter, problems: readonly Problem[]): void {
    const text = JSON.stringify(problems);
    if (problems.length === 0) told.delete(subject);
    else if (told.get(subject) !== text) {
      told.set(subject, text);
      for (const problem of problems) onProblem(adapter.id, problem);
    }
  }

  function put(subject: string, adapter: Adapter, { constraints, problems }: Reading): ReadonlySet<string> {
    tell(subject, adapter, problems);
    return scopes.setPolicy(subject, constraints);
  }

  function drop(subject: string): ReadonlySet<string> {
    told.delete(subject);
    return scopes.removePolicy(subject);
  }

  /** Gives an object other parts; returns the joins that had or have one of them. */
  function replaceParts(adapter: Adapter, object: string, parts: readonly Part<unknown>[]): ReadonlySet<string> {
    const before = joinsOf.get(object) ?? new Set();
    for (const join of before) {
      const held = joins.get(join);
      held?.delete(object);
      if (held?.size === 0) joins.delete(join);
    }
    // No resource has a space in its name: a join is never taken for an object.
    const now = Map.groupBy(parts, ({ key }) => `${adapter.id} ${key}`);
    for (const [join, own] of now) {
      const held = joins.get(join) ?? new Map<string, readonly unknown[]>();
      joins.set(
        join,
        held.set(
          object,
          own.map(({ value }) => value),
        ),
      );
    }
    if (now.size === 0) joinsOf.delete(object);
    else joinsOf.set(object, new Set(now.keys()));
    return new Set([...before, ...now.keys()]);
  }

  function rejoin(adapter: Adapter, join: string): ReadonlySet<string> {
    const values = joins.get(join);
    if (adapter.join === undefined || values === undefined) return drop(join);
    return put(join, adapter, adapter.join([...values.values()].flat()));
  }

  function set(adapter: Adapter, object: string, reading: Reading): ReadonlySet<string> {
    const subject = `${adapter.id}/${object}`;
    const touched = new Set(put(subject, adapter, reading));
    for (const join of replaceParts(adapter, subject, reading.parts ?? [])) {
      for (const namespace of rejoin(adapter, join)) touched.add(namespace);
    }
    return touched;
  }

  return {
    set,
    remove: (adapter, object) => set(adapter, object, { constraints: [], problems: [] }),
  };
}
