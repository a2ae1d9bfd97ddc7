import { KubeError } from './errors.ts';
import { apiVersionOf, type KubeObject, type ObjectMeta, type Resource } from './resource.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object, and neither null nor a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Checks what every reader of an object relies on: its metadata, where null means absent as everywhere in the API. Anything
 * else stays as it came.
 * apiVersion and kind come from `resource`: list items leave them out, and metadata-only answers say PartialObjectMetadata.
 */
export function readObject(raw: unknown, resource: Resource, request: string): KubeObject {
  const refuse = (what: string) =>
    new KubeError('KUBE_UNREADABLE', { status: 200, request, said: `${resource.kind} in the answer: ${what}` });
  if (!isJsonObject(raw)) throw refuse('is no JSON object');
  if (!isJsonObject(raw.metadata)) throw refuse('metadata is no JSON object');
  const metadata = withoutNulls(raw.metadata);
  if (!isObjectMeta(metadata)) throw refuse(firstWrongField(metadata) ?? 'metadata is unreadable');
  return { ...raw, apiVersion: apiVersionOf(resource), kind: resource.kind, metadata };
}

type Check = readonly [expected: string, holds: (value: unknown) => boolean];

const text: Check = ['a text', isText];
const filledText: Check = ['a text with something in it', (value) => isText(value) && value !== ''];
const texts: Check = ['a map of texts', (value) => isJsonObject(value) && Object.values(value).every(isText)];

const required: Readonly<Record<string, Check>> = { name: filledText, uid: filledText, resourceVersion: filledText };

const optional: Readonly<Record<string, Check>> = {
  namespace: filledText,
  generation: ['a number', (value) => typeof value === 'number'],
  creationTimestamp: text,
  deletionTimestamp: text,
  labels: texts,
  annotations: texts,
  ownerReferences: ['a list of owner references', (value) => Array.isArray(value) && value.every(isOwnerReference)],
};

/** creationTimestamp is null in objects of some aggregated servers, lists and maps are in those that Go programs write. */
function withoutNulls(metadata: JsonObject): JsonObject {
  if (!Object.values(metadata).includes(null)) return metadata;
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null));
}

/** Looks at every field that ObjectMeta declares. */
function isObjectMeta(metadata: JsonObject): metadata is JsonObject & ObjectMeta {
  return firstWrongField(metadata) === undefined;
}

function firstWrongField(metadata: JsonObject): string | undefined {
  for (const [field, [expected, holds]] of Object.entries(required)) {
    if (!holds(metadata[field])) return `metadata.${field} is not ${expected}`;
  }
  for (const [field, [expected, holds]] of Object.entries(optional)) {
    const value = metadata[field];
    if (value !== undefined && !holds(value)) return `metadata.${field} is not ${expected}`;
  }
  return undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isOwnerReference(value: unknown): boolean {
  return (
    isJsonObject(value) && isText(value.apiVersion) && isText(value.kind) && isText(value.name) && isText(value.uid)
  );
}
