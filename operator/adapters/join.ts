/**
 * Engines whose policies say something only together with other objects: a ValidatingAdmissionPolicy does nothing without a
 * binding. Each object is read by itself into parts with a key, and all parts of a key are joined into constraints, together with
 * those of another key that they hear, again whenever one of them changes. What a few objects say about all others (settings, tiers, what holds for the whole mesh) is
 * shared by all joins of the adapter, each of which is made anew when that changes.
 */
import type * as z from 'zod';
import { compareText } from '../../crds/constraint.ts';
import {
  type Adapter,
  type AdapterResource,
  constraintOf,
  type Fault,
  fieldsReader,
  type Imposed,
  nameProblems,
  type ObjectHead,
  type Part,
  type Problem,
  type Reading,
} from './define.ts';
import { noParametersRead, type Parameters } from './parameters.ts';

/** What a join draws from one of the objects: their source and ids. */
export interface ImposedBy extends Imposed {
  readonly source: ObjectHead;
}

/** One of the kinds that are joined, or all kinds of a group whose names are not known beforehand. */
export type JoinedKind<Value> = ({ readonly kind: string } | { readonly group: string }) & {
  read(object: unknown): {
    readonly parts: readonly Part<Value>[];
    readonly shared?: readonly Value[];
    readonly problems: readonly Problem[];
  };
};

/**
 * How objects of one kind, or of all kinds of a group, are read into parts. `fields` as for `defineAdapter`. A value stays in
 * memory for as long as the object exists: keep what the join needs, and `headOf` instead of the metadata.
 */
export function defineJoinedKind<Fields extends z.ZodRawShape, Value>(
  definition: ({ readonly kind: string } | { readonly group: string }) & {
    readonly fields: Fields;
    parts(object: ObjectHead & z.infer<z.ZodObject<Fields>>): {
      readonly parts: readonly Part<Value>[];
      readonly shared?: readonly Value[];
      readonly faults?: readonly Fault[];
    };
  },
): JoinedKind<Value> {
  const readFields = fieldsReader(definition.fields);
  return {
    ...('kind' in definition ? { kind: definition.kind } : { group: definition.group }),
    read(object) {
      const read = readFields(object);
      if (!read.success) return { parts: [], problems: nameProblems(object, read.faults) };
      const { parts, shared = [], faults = [] } = definition.parts(read.fields);
      return { parts, ...(shared.length === 0 ? {} : { shared }), problems: nameProblems(object, faults) };
    },
  };
}

/**
 * An adapter for kinds that impose something only together.
 *
 * @param definition.join Pure; is given all values with one key, those that they hear and all that are shared, in any order, and what is known of the
 *   objects that they take parameters from.
 */
export function defineJoiningAdapter<Value>(definition: {
  readonly id: string;
  readonly resources: readonly AdapterResource[];
  readonly kinds: readonly JoinedKind<Value>[];
  join(values: readonly Value[], parameters: Parameters): readonly ImposedBy[];
}): Adapter {
  const readHead = fieldsReader({});
  const kindsText = definition.kinds
    .map((one) => ('kind' in one ? one.kind : `of the group ${one.group}`))
    .join(' or ');
  /** Parts of other adapters never get here: a key is looked up with its adapter. */
  const isOwn = (_value: unknown): _value is Value => true;
  return {
    id: definition.id,
    resources: definition.resources,
    read(object) {
      const head = readHead(object);
      if (!head.success) return { constraints: [], problems: nameProblems(object, head.faults) };
      const { kind, apiVersion } = head.fields;
      // A kind of such a group may have any name, that of another kind among them.
      const own =
        definition.kinds.find((one) => 'group' in one && apiVersion.startsWith(`${one.group}/`)) ??
        definition.kinds.find((one) => 'kind' in one && one.kind === kind);
      if (own !== undefined) return { constraints: [], ...own.read(object) };
      const fault = { path: ['kind'], message: `Must be ${kindsText}` };
      return { constraints: [], problems: nameProblems(object, [fault]) };
    },
    join(values, parameters) {
      const imposed = definition.join(values.filter(isOwn), parameters);
      return {
        constraints: imposed.flatMap(({ source, drafts }) => drafts.map((draft) => constraintOf(draft, source))),
        problems: imposed.flatMap(({ source, faults = [] }) => nameProblems(source, faults)),
      };
    },
  };
}

/** What a constraint needs to know of its source, without labels and annotations. */
export function headOf({ apiVersion, kind, metadata: { name, namespace, uid } }: ObjectHead): ObjectHead {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid } };
}

/** What these objects impose when there are no others: each by itself in their order, then what they say together, by key. */
export function readTogether(
  adapter: Adapter,
  objects: readonly unknown[],
  parameters: Parameters = noParametersRead,
): Reading {
  const alone = objects.map((object) => adapter.read(object));
  const parts = Map.groupBy(
    alone.flatMap((reading) => reading.parts ?? []),
    ({ key }) => key,
  );
  const shared = alone.flatMap((reading) => reading.shared ?? []);
  const valuesOf = (own: readonly Part<unknown>[]) => {
    const heard = new Set(own.flatMap(({ hears }) => hears ?? []));
    return [...own, ...[...heard].flatMap((key) => parts.get(key) ?? [])].map(({ value }) => value);
  };
  const joined = [...parts]
    .toSorted(([a], [b]) => compareText(a, b))
    .flatMap(([, values]) => adapter.join?.([...valuesOf(values), ...shared], parameters) ?? []);
  const readings = [...alone, ...joined];
  return {
    constraints: readings.flatMap(({ constraints }) => constraints),
    problems: readings.flatMap(({ problems }) => problems),
  };
}
