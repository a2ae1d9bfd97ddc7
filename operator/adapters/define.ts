/**
 * What an adapter is: a pure function from a policy object to the constraints it imposes. It is total on any JSON: what
 * cannot be read becomes a problem that names object and path, never an exception and never silence.
 */
import * as z from 'zod';
import { compareText, constraintId } from '../../crds/constraint.ts';
import { fieldPathText } from './field-path.ts';
import type { Parameters } from './parameters.ts';
import type { ReadConstraint } from './settled.ts';
import { sentence } from './text.ts';

/** What an adapter reads, in every version the API server serves. `*` as plural: the whole group. */
export interface AdapterResource {
  readonly group: string;
  readonly plural: string;
}

/** Something in an object that an adapter does not understand. */
export interface Problem {
  /** `Kind namespace/name`. */
  readonly object: string;
  /** Where, like `spec.ingress[0].ports`. Empty for the object as a whole. */
  readonly path: string;
  /** What is wrong and what would be right. */
  readonly message: string;
}

/** A part of an object that cannot be read, and what would be right there. */
export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export interface Reading {
  readonly constraints: readonly ReadConstraint[];
  readonly problems: readonly Problem[];
  /** What it says only together with other objects; see join.ts. */
  readonly parts?: readonly Part<unknown>[];
  /** What every join of the adapter is given beside the parts of its key. */
  readonly shared?: readonly unknown[];
}

/** What one object contributes to what the objects with the same key say together. */
export interface Part<Value> {
  readonly key: string;
  readonly value: Value;
  /**
   * Key of parts that its join is given as well: of a template that many policies follow, each of which is joined by itself. With
   * one key for all of them each change of one would make all the others anew.
   */
  readonly hears?: string;
}

export interface Adapter {
  /** The name in health, metrics, configuration and under crds/cases. */
  readonly id: string;
  readonly resources: readonly AdapterResource[];
  /** Never throws, whatever it is given. */
  read(object: unknown): Reading;
  /**
   * What all parts of one key, those that they hear, and what all joins share, say together; of adapters that read parts. Pure, never throws, and
   * the order of the values makes no difference. It is joined again when something else is known of a kind that it asked for.
   */
  join?(values: readonly unknown[], parameters: Parameters): Reading;
}

/** What an adapter says of one rule; source and id follow from the object. */
export type Draft = Omit<ReadConstraint, 'id' | 'name' | 'source'> & { readonly name?: string };

/** What an adapter makes of one object. Constraints may be drawn from an object that is not understood in all parts. */
export interface Imposed {
  readonly drafts: readonly Draft[];
  readonly faults?: readonly Fault[];
}

/** The metadata of a stored object that adapters read. */
export const Metadata = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** Metadata of a kind that lives in namespaces: one of the `fields` of its adapter. */
export const NamespacedMetadata = Metadata.extend({ namespace: z.string() });

/** Summaries stand in every report and in lines of other namespaces, messages in details: both are one line. */
export const summaryLengthMax = 300;
export const messageLengthMax = 1_024;

const problemsMax = 20;
const problemLengthMax = 300;

/**
 * An adapter for objects whose fields look like `fields`, on top of apiVersion, kind and metadata. Name only the fields
 * that are read: everything else may change without breaking the adapter.
 *
 * @param definition.constraints Pure. May assume that the object was stored, so that defaults of the API server are set.
 *   `whole` is the object as it was given, for an adapter that learns only from elsewhere which fields matter.
 */
export function defineAdapter<Fields extends z.ZodRawShape>(definition: {
  readonly id: string;
  readonly resources: readonly AdapterResource[];
  readonly fields: Fields;
  constraints(object: ObjectHead & z.infer<z.ZodObject<Fields>>, whole: unknown): Imposed;
}): Adapter {
  const readFields = fieldsReader(definition.fields);
  return {
    id: definition.id,
    resources: definition.resources,
    read(object) {
      const read = readFields(object);
      if (!read.success) return { constraints: [], problems: nameProblems(object, read.faults) };
      const { drafts, faults = [] } = definition.constraints(read.fields, object);
      const head = read.fields;
      return { constraints: drafts.map((draft) => constraintOf(draft, head)), problems: nameProblems(object, faults) };
    },
  };
}

/** Reads `fields` on top of what every object has. */
export function fieldsReader<Fields extends z.ZodRawShape>(fields: Fields) {
  const head = z.object({ apiVersion: z.string(), kind: z.string(), metadata: Metadata });
  const schema = z.object(fields);
  return (
    object: unknown,
  ):
    | { readonly success: true; readonly fields: ObjectHead & z.infer<z.ZodObject<Fields>> }
    | { readonly success: false; readonly faults: readonly Fault[] } => {
    const top = head.safeParse(object);
    if (!top.success) return { success: false, faults: faultsOf(top.error) };
    const own = schema.safeParse(object);
    if (!own.success) return { success: false, faults: faultsOf(own.error) };
    return { success: true, fields: { ...top.data, ...own.data } };
  };
}

export interface ObjectHead {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: z.infer<typeof Metadata>;
}

/** Field order is fixed here, so that equal constraints have equal JSON text. */
export function constraintOf(draft: Draft, { apiVersion, kind, metadata }: ObjectHead): ReadConstraint {
  return {
    id: constraintId(metadata.uid, draft.key),
    name: draft.name ?? metadata.name,
    key: draft.key,
    type: draft.type,
    severity: draft.severity,
    effect: draft.effect,
    summary: sentence(draft.summary, summaryLengthMax),
    message: sentence(draft.message, messageLengthMax),
    source: {
      apiVersion,
      kind,
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    },
    scope: draft.scope,
    rule: draft.rule,
    ...(draft.metrics === undefined ? {} : { metrics: draft.metrics }),
    ...(draft.ifBefore === undefined ? {} : { ifBefore: draft.ifBefore }),
  };
}

/** Far more than are told, and few enough to sort. */
const issuesMax = 500;

/** What zod found, below `prefix`. Every field that is not known becomes a fault of its own. */
export function faultsOf(error: z.ZodError, prefix: readonly PropertyKey[] = []): Fault[] {
  return error.issues.slice(0, issuesMax).flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
    const keys = issue.keys.toSorted(compareText).slice(0, issuesMax);
    return keys.map((key) => ({ path: [...path, key], message: 'Not a field that this version knows' }));
  });
}

/** After so many faults the rest of a list is one more: nobody mends a thousand, and each takes time to find. */
export const faultsMax = 100;

/** Of a list that is not read any further. */
export function restUnread(path: readonly PropertyKey[], index: number): Fault {
  return { path, message: `Too much cannot be read: from number ${index} on nothing is, counted from 0` };
}

/** As an RFC 6901 JSON pointer. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  let pointer = '';
  for (const step of path) {
    const text = String(step);
    pointer += `/${/[~/]/.test(text) ? text.replaceAll('~', '~0').replaceAll('/', '~1') : text}`;
  }
  return pointer;
}

/** JSON pointers of what cannot be read, of those whose field below `spec` is asked for. */
export function unreadOf(faults: readonly Fault[], isAsked: (field: string) => boolean = () => true): string[] {
  const asked = faults.filter(({ path }) => isAsked(String(path[1])));
  return [...new Set(asked.map(({ path }) => jsonPointer(path)))].toSorted(compareText);
}

/** Ordered by path: the order of fields in an object means nothing. Only what is kept is put into words. */
export function nameProblems(object: unknown, faults: readonly Fault[]): Problem[] {
  if (faults.length === 0) return [];
  const name = describe(object);
  return faults
    .map(({ path, message }) => ({ path: fieldPathText(path), message }))
    .toSorted((a, b) => compareText(a.path, b.path) || compareText(a.message, b.message))
    .slice(0, problemsMax)
    .map(({ path, message }) => ({
      object: name,
      path: sentence(path, problemLengthMax),
      message: sentence(message, problemLengthMax),
    }));
}

const Named = z
  .object({
    kind: z.string().catch('object'),
    metadata: z
      .object({ name: z.string().catch('?'), namespace: z.string().optional().catch(undefined) })
      .catch({ name: '?' }),
  })
  .catch({ kind: 'object', metadata: { name: '?' } });

/** Names an object as far as it can be named. */
function describe(object: unknown): string {
  const { kind, metadata } = Named.parse(object);
  const { name, namespace } = metadata;
  return sentence(`${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`, problemLengthMax);
}
