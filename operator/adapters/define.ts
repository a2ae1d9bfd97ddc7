/**
 * What an adapter is: a pure function from a policy object to the constraints it imposes. It is total on any JSON: what
 * cannot be read becomes a problem that names object and path, never an exception and never silence.
 */
import * as z from 'zod';
import { Constraint, constraintId } from '../../crds/constraint.ts';

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

export interface Reading {
  readonly constraints: readonly Constraint[];
  readonly problems: readonly Problem[];
}

export interface Adapter {
  /** The name in health, metrics, configuration and under crds/cases. */
  readonly id: string;
  readonly resources: readonly AdapterResource[];
  /** Never throws, whatever it is given. */
  read(object: unknown): Reading;
}

/** What an adapter says of one rule; source and id follow from the object. */
export type Draft = Omit<Constraint, 'id' | 'name' | 'source'> & { readonly name?: string };

/** The metadata of a stored object that adapters read. */
export const Metadata = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

const problemsMax = 20;

/**
 * An adapter for objects whose fields beside metadata look like `fields`. Name only the fields that are read: everything
 * else may change without breaking the adapter.
 *
 * @param definition.constraints Pure. May assume that the object was stored, so that defaults of the API server are set.
 */
export function defineAdapter<Fields extends z.ZodRawShape>(definition: {
  readonly id: string;
  readonly resources: readonly AdapterResource[];
  readonly fields: Fields;
  constraints(object: z.infer<z.ZodObject<Fields>> & ObjectHead): readonly Draft[];
}): Adapter {
  const head = z.object({ apiVersion: z.string(), kind: z.string(), metadata: Metadata });
  const schema = z.object(definition.fields);
  return {
    id: definition.id,
    resources: definition.resources,
    read(object) {
      const top = head.safeParse(object);
      if (!top.success) return { constraints: [], problems: problemsOf(describe(object), top.error) };
      const { apiVersion, kind, metadata } = top.data;
      const fields = schema.safeParse(object);
      if (!fields.success) return { constraints: [], problems: problemsOf(describe(object), fields.error) };
      const drafts = definition.constraints({ ...fields.data, apiVersion, kind, metadata });
      return {
        constraints: drafts.map((draft) => constraintOf(draft, top.data)),
        problems: [],
      };
    },
  };
}

export interface ObjectHead {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: z.infer<typeof Metadata>;
}

/** Field order is fixed here, so that equal constraints have equal JSON text. */
function constraintOf(draft: Draft, { apiVersion, kind, metadata }: ObjectHead): Constraint {
  return {
    id: constraintId(metadata.uid, draft.key),
    name: draft.name ?? metadata.name,
    key: draft.key,
    type: draft.type,
    severity: draft.severity,
    effect: draft.effect,
    summary: draft.summary,
    message: draft.message,
    source: {
      apiVersion,
      kind,
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    },
    scope: draft.scope,
    rule: draft.rule,
    ...(draft.metrics === undefined ? {} : { metrics: draft.metrics }),
  };
}

function problemsOf(object: string, error: z.ZodError): Problem[] {
  return error.issues
    .slice(0, problemsMax)
    .map((issue) => ({ object, path: pathText(issue.path), message: issue.message.slice(0, 300) }));
}

function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : `${text === '' ? '' : '.'}${String(step)}`;
  return text;
}

/** Names an object as far as it can be named. */
function describe(object: unknown): string {
  const loose = z
    .object({
      kind: z.string().catch('object'),
      metadata: z
        .object({ name: z.string().catch('?'), namespace: z.string().optional().catch(undefined) })
        .catch({ name: '?' }),
    })
    .catch({ kind: 'object', metadata: { name: '?' } })
    .parse(object);
  const { name, namespace } = loose.metadata;
  return `${loose.kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
}
