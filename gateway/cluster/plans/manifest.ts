/**
 * Manifests as callers send them: YAML or JSON, several documents, Lists. Read as kubectl reads them or not at all: what means
 * one thing in YAML 1.2 and another in the YAML 1.1 of kubectl is refused with what to write instead.
 *
 * @see https://yaml.org/spec/1.2.2/#10212-tag-resolution
 */
import { type Document, isMap, isScalar, parseAllDocuments, visit } from 'yaml';
import * as z from 'zod';
import { isDnsLabel } from '../../../kube/names.ts';
import { isJsonObject, type JsonObject } from '../../../kube/object.ts';
import { type Answer, type Refusal, refusal } from '../../errors.ts';
import { cited, shown } from '../../words.ts';
import { isObjectName } from '../fields.ts';

export const manifestLengthMax = 200_000;
const objectsMax = 20;
const aliasesMax = 20;
/** Kubernetes takes nothing that is nested deeper than any manifest is; a parser that calls itself cannot. */
const depthMax = 60;

const plainTags: ReadonlySet<string> = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq', 'merge'].map((tag) => `tag:yaml.org,2002:${tag}`),
);

export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: JsonObject & { readonly name: string; readonly namespace?: string | undefined };
  /** Without status and what the API server writes into metadata. */
  readonly whole: JsonObject;
}

const Manifest = z.looseObject({
  apiVersion: z.string().min(1).max(317),
  kind: z.string().min(1).max(63),
  metadata: z.looseObject({
    name: z
      .string()
      .refine(isObjectName, 'is no name of an object; server-side apply needs one, generateName will not do'),
    namespace: z.string().refine(isDnsLabel, 'is no name of a namespace').optional(),
  }),
});

const invalid = (sentence: string): Refusal => refusal('INVALID_REQUEST', `resource: ${sentence}`);

/** Every object of the manifest. */
export function readManifest(text: string): Answer<readonly ManifestObject[]> {
  const documents = documentsOf(text);
  if (!documents.ok) return documents;
  const objects: ManifestObject[] = [];
  for (const value of documents.value.flatMap(itemsOf)) {
    const read = Manifest.safeParse(value);
    if (!read.success) {
      const [issue] = read.error.issues;
      const path = issue?.path.map(String).join('.') ?? '';
      return invalid(
        `object ${objects.length + 1}: ${path === '' ? '' : `${path}: `}${shown(issue?.message ?? '', 200)}`,
      );
    }
    const { apiVersion, kind, metadata } = read.data;
    const kept = ownMetadata(metadata);
    const { status: _, ...whole }: JsonObject = { ...read.data, metadata: kept };
    objects.push({
      apiVersion,
      kind,
      metadata: { ...kept, name: metadata.name, namespace: metadata.namespace },
      whole,
    });
  }
  if (objects.length === 0) return invalid('there is no object in it');
  return objects.length > objectsMax ? invalid(`more than ${objectsMax} objects`) : { ok: true, value: objects };
}

function documentsOf(text: string): Answer<readonly unknown[]> {
  if (text.length > manifestLengthMax) return invalid(`longer than ${manifestLengthMax} characters`);
  if (isNested(text)) return invalid(`nested more than ${depthMax} deep`);
  let documents: readonly Document[];
  try {
    // The own check for equal keys compares each with each; the one below reads each once.
    const parsed = parseAllDocuments(text, { uniqueKeys: false, merge: true, stringKeys: true });
    documents = Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    return invalid(`cannot be read: ${cited(error instanceof Error ? error.message : String(error), 200)}`);
  }
  if (documents.length > objectsMax) return invalid(`more than ${objectsMax} documents`);
  const values: unknown[] = [];
  for (const document of documents) {
    const [error] = [...document.errors, ...document.warnings];
    if (error !== undefined) return invalid(`cannot be read: ${cited(error.message.split('\n')[0] ?? '', 200)}`);
    const doubtful = doubtIn(document);
    if (doubtful !== undefined) return invalid(doubtful);
    try {
      const value: unknown = document.toJS({ maxAliasCount: aliasesMax });
      if (value !== null) values.push(value);
    } catch (cause) {
      return invalid(`cannot be read: ${cited(cause instanceof Error ? cause.message : String(cause), 200)}`);
    }
  }
  return { ok: true, value: values };
}

/** Whether brackets, dashes or indentation go deeper than `depthMax`. What only looks like it, in a text, counts too. */
function isNested(text: string): boolean {
  let open = 0;
  for (let index = 0; index < text.length; index += 1) {
    const sign = text[index];
    if (sign === '[' || sign === '{') open += 1;
    else if ((sign === ']' || sign === '}') && open > 0) open -= 1;
    if (open > depthMax) return true;
  }
  return text.split('\n').some((line) => {
    const lead = /^[ \t?:-]*/.exec(line)?.[0] ?? '';
    return lead.length > depthMax * 8 || (lead.match(/[-?:]/g)?.length ?? 0) > depthMax;
  });
}

/** What kubectl would read otherwise, or would not read. */
function doubtIn(document: Document): string | undefined {
  let doubt: string | undefined;
  visit(document, {
    Scalar(_, { type, source }) {
      if (type !== 'PLAIN' || source === undefined) return undefined;
      if (!/^(?:y|n|yes|no|on|off|0[0-7_]+|0b[01_]+|[-+]?[0-9][0-9_]*_[0-9_]*)$/i.test(source)) return undefined;
      doubt = `write ${cited(source, 20)} in quotes if it is a text, else as true, false or a decimal number: kubectl does not read it as YAML 1.2 has it`;
      return visit.BREAK;
    },
    Node(_, node) {
      if (node.tag === undefined || plainTags.has(node.tag)) return undefined;
      doubt = `the tag ${cited(node.tag, 40)} has no meaning here`;
      return visit.BREAK;
    },
    Map(_, map) {
      const keys = new Set<unknown>();
      for (const { key } of map.items) {
        const name: unknown = isScalar(key) ? key.value : undefined;
        if (name === undefined || keys.has(name) || name === '__proto__') {
          doubt = `the key ${cited(String(name), 80)} stands twice in one object, or can be none`;
          return visit.BREAK;
        }
        keys.add(name);
      }
      return undefined;
    },
  });
  if (doubt === undefined && document.contents !== null && !isMap(document.contents) && !isEmpty(document)) {
    return 'a document is no object';
  }
  return doubt;
}

function isEmpty({ contents }: Document): boolean {
  return isScalar(contents) && contents.value === null;
}

/** The objects of a List are objects like others. */
function itemsOf(value: unknown): readonly unknown[] {
  if (!isJsonObject(value)) return [value];
  const { kind, items, apiVersion } = value;
  return apiVersion === 'v1' && kind === 'List' && Array.isArray(items) ? items : [value];
}

/** Without what the API server writes, and refuses in what is applied. */
function ownMetadata(metadata: JsonObject): JsonObject {
  const {
    managedFields: _fields,
    resourceVersion: _version,
    uid: _uid,
    creationTimestamp: _created,
    generation: _generation,
    selfLink: _link,
    annotations,
    ...own
  } = metadata;
  if (!isJsonObject(annotations)) return own;
  const { 'kubectl.kubernetes.io/last-applied-configuration': _applied, ...others } = annotations;
  return { ...own, annotations: others };
}
