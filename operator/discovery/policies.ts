/**
 * What policies impose, object by object as they come and go. What an object says by itself goes into the scope index at
 * once; what it says only together with others is joined anew with every change of one of them, and of the parameters that
 * it asked for.
 */
import { compareText } from '../../crds/constraint.ts';
import type { Adapter, Part, Problem, Reading } from '../adapters/define.ts';
import type { ParameterKind, Parameters } from '../adapters/parameters.ts';
import type { ScopeIndex } from '../scope/scope-index.ts';

export interface Policies {
  /** What `object` says now, in place of what it said. Returns the namespaces that this touches. */
  set(adapter: Adapter, object: string, reading: Reading): ReadonlySet<string>;
  remove(adapter: Adapter, object: string): ReadonlySet<string>;
  /** Something else is known of the objects of a kind. Returns the namespaces that this touches. */
  parametersChanged(kind: ParameterKind): ReadonlySet<string>;
  /** Kinds that policies take parameters from now, each with the adapters that read those policies. */
  parameterKinds(): readonly AskedKind[];
}

export interface AskedKind extends ParameterKind {
  readonly adapters: ReadonlySet<string>;
}

export interface PoliciesDeps {
  readonly scopes: ScopeIndex;
  /** Hears of what could not be read, once and not with every update. */
  readonly onProblem: (adapter: string, problem: Problem) => void;
  readonly parameters: Parameters;
  /** Policies take parameters from other kinds than before. */
  readonly onParameterKinds: () => void;
}

interface Join {
  readonly adapter: Adapter;
  /** Object → its parts. */
  readonly parts: Map<string, readonly Part<unknown>[]>;
  /** Other joins, whose parts it is given as well. */
  readonly hears: ReadonlySet<string>;
  /** Kinds of parameters that it asked for, by their text. */
  readonly asked: ReadonlyMap<string, ParameterKind>;
}

const nothing: Reading = { constraints: [], problems: [] };

/** Keeps `deps.scopes` in line with the objects. */
export function createPolicies(deps: PoliciesDeps): Policies {
  const { scopes } = deps;
  /** What could not be read in each object and join. */
  const told = new Map<string, string>();
  const joins = new Map<string, Join>();
  /** Join → those that hear it. */
  const hearers = new Map<string, Set<string>>();
  /** Which joins an object is part of. */
  const joinsOf = new Map<string, ReadonlySet<string>>();
  /** Adapter → object → what it says to all joins of the adapter. */
  const sharedOf = new Map<string, Map<string, readonly unknown[]>>();

  function tell(subject: string, adapter: Adapter, problems: readonly Problem[]): void {
    const text = JSON.stringify(problems);
    if (problems.length === 0) told.delete(subject);
    else if (told.get(subject) !== text) {
      told.set(subject, text);
      for (const problem of problems) deps.onProblem(adapter.id, problem);
    }
  }

  function put(subject: string, adapter: Adapter, { constraints, problems }: Reading): ReadonlySet<string> {
    tell(subject, adapter, problems);
    return scopes.setPolicy(subject, constraints);
  }

  /** Gives an object other parts; returns the joins that had or have one of them, and none when they are as before. */
  function replaceParts(adapter: Adapter, object: string, parts: readonly Part<unknown>[]): ReadonlySet<string> {
    const before = joinsOf.get(object) ?? new Set();
    const now = Map.groupBy(parts, ({ key }) => joinName(adapter, key));
    // Engines write the status of their policies again and again.
    const same = [...now].every(
      ([name, own]) => JSON.stringify(joins.get(name)?.parts.get(object)) === JSON.stringify(own),
    );
    if (before.size === now.size && same) return new Set();
    for (const join of before) joins.get(join)?.parts.delete(object);
    for (const [name, own] of now) {
      const join = joins.get(name) ?? { adapter, parts: new Map(), hears: new Set(), asked: new Map() };
      joins.set(name, join);
      join.parts.set(object, own);
    }
    if (now.size === 0) joinsOf.delete(object);
    else joinsOf.set(object, new Set(now.keys()));
    return new Set([...before, ...now.keys()]);
  }

  /** Returns whether all joins of the adapter hear something else now. */
  function replaceShared(adapter: Adapter, object: string, values: readonly unknown[]): boolean {
    const objects = sharedOf.get(adapter.id) ?? new Map<string, readonly unknown[]>();
    if (JSON.stringify(objects.get(object) ?? []) === JSON.stringify(values)) return false;
    if (values.length === 0) objects.delete(object);
    else objects.set(object, values);
    if (objects.size === 0) sharedOf.delete(adapter.id);
    else sharedOf.set(adapter.id, objects);
    return true;
  }

  function listen(name: string, before: ReadonlySet<string>, now: ReadonlySet<string>): void {
    for (const heard of before.difference(now)) {
      const own = hearers.get(heard);
      own?.delete(name);
      if (own?.size === 0) hearers.delete(heard);
    }
    for (const heard of now.difference(before)) {
      const own = hearers.get(heard) ?? new Set();
      hearers.set(heard, own.add(name));
    }
  }

  function rejoin(name: string, { adapter, parts, hears: heardBefore, asked: before }: Join): ReadonlySet<string> {
    const asked = new Map<string, ParameterKind>();
    const own = [...parts.values()].flat();
    const hears = new Set(own.flatMap((part) => (part.hears === undefined ? [] : joinName(adapter, part.hears))));
    listen(name, heardBefore, hears);
    const heard = [...hears].flatMap((other) => [...(joins.get(other)?.parts.values() ?? [])].flat());
    const shared = [...(sharedOf.get(adapter.id)?.values() ?? [])].flat();
    const values = own.length === 0 ? [] : [...[...own, ...heard].map(({ value }) => value), ...shared];
    const reading = adapter.join?.(values, (kind) => {
      asked.set(textOf(kind), kind);
      return deps.parameters(kind);
    });
    if (own.length === 0) joins.delete(name);
    else joins.set(name, { adapter, parts, hears, asked });
    const touched = put(name, adapter, reading ?? nothing);
    if (asked.size !== before.size || [...asked.keys()].some((kind) => !before.has(kind))) deps.onParameterKinds();
    return touched;
  }

  function set(adapter: Adapter, object: string, reading: Reading): ReadonlySet<string> {
    const subject = `${adapter.id}/${object}`;
    const touched = new Set(put(subject, adapter, reading));
    const changed = replaceParts(adapter, subject, reading.parts ?? []);
    const ofAll = replaceShared(adapter, subject, reading.shared ?? [])
      ? [...joins].filter(([, join]) => join.adapter.id === adapter.id).map(([name]) => name)
      : [];
    const listening = [...changed].flatMap((name) => [...(hearers.get(name) ?? [])]);
    for (const name of new Set([...changed, ...listening, ...ofAll])) {
      const join = joins.get(name);
      for (const namespace of join === undefined ? [] : rejoin(name, join)) touched.add(namespace);
    }
    return touched;
  }

  return {
    set,
    remove: (adapter, object) => set(adapter, object, nothing),
    parametersChanged(kind) {
      const text = textOf(kind);
      const touched = new Set<string>();
      for (const [name, join] of joins) {
        if (!join.asked.has(text)) continue;
        for (const namespace of rejoin(name, join)) touched.add(namespace);
      }
      return touched;
    },
    parameterKinds() {
      const kinds = new Map<string, ParameterKind & { readonly adapters: Set<string> }>();
      for (const { adapter, asked } of joins.values()) {
        for (const [text, { apiVersion, kind }] of asked) {
          const known = kinds.get(text) ?? { apiVersion, kind, adapters: new Set() };
          kinds.set(text, known);
          known.adapters.add(adapter.id);
        }
      }
      return [...kinds].toSorted(([a], [b]) => compareText(a, b)).map(([, kind]) => kind);
    },
  };
}

/** No resource has a space in its name: a join is never taken for an object. */
function joinName({ id }: Adapter, key: string): string {
  return `${id} ${key}`;
}

function textOf({ apiVersion, kind }: ParameterKind): string {
  return `${apiVersion} ${kind}`;
}
