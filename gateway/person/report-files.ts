/**
 * Potoo's own resources from files: what `kubectl get potoo -A -o yaml` prints, as YAML or JSON, one file or a folder of them.
 * Files come from anywhere, so their size and number are bounded; what cannot be read is said with file and document, since an
 * answer from a part of them would look like one from all.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LineCounter, parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { apiGroup, apiVersion, constraintProfiles, potooResources } from '../../crds/api.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { GatewayError } from '../errors.ts';
import { shown } from '../words.ts';

/** An object, and where it stands: `reports.yaml, document 2, item 7`. */
export interface FiledObject {
  readonly object: KubeObject;
  readonly at: string;
}

const filesMax = 10_000;
const bytesMax = 256 * 1_048_576;
/** YAML takes some forty times its size in memory while it is read; JSON some three times. */
const yamlBytesMax = 32 * 1_048_576;
const objectsMax = 200_000;

const namePattern = /\.(ya?ml|json)$/i;

const Parsed = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
});
const List = z.looseObject({ items: z.array(z.unknown()) });
const Metadata = z.looseObject({ name: z.string().min(1), namespace: z.string().min(1).optional() });

/** All objects of Potoo's kinds. Throws GatewayError that names file and document. */
export function readReportFiles(path: string): FiledObject[] {
  const objects: FiledObject[] = [];
  let bytes = 0;
  for (const file of filesOf(path)) {
    const { size } = statOf(file);
    bytes += size;
    if (bytes > bytesMax) throw unreadable(file, `together with the files before it has more than ${bytesMax} bytes`);
    for (const [index, value] of documentsOf(file, size).entries()) {
      for (const each of objectsIn(value, `${file}, document ${index + 1}`)) objects.push(each);
      if (objects.length > objectsMax) throw unreadable(file, `more than ${objectsMax} objects are too many`);
    }
  }
  if (objects.length === 0) {
    throw unreadable(path, `there is nothing of ${apiGroup} in it; kubectl get potoo -A -o yaml prints what is needed`);
  }
  return objects;
}

function filesOf(path: string): string[] {
  if (!statOf(path).isDirectory()) return [path];
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && namePattern.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name))
    .toSorted();
  if (files.length === 0) throw unreadable(path, 'has no files whose names end in .yaml, .yml or .json');
  if (files.length > filesMax) throw unreadable(path, `has more than ${filesMax} files`);
  return files;
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch (cause) {
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** The values of the documents of a file. JSON is told by how it begins, whatever the file is called. */
function documentsOf(file: string, size: number): unknown[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  } catch (cause) {
    throw unreadable(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
  const json = text.trimStart().startsWith('{') ? parseJson(text) : undefined;
  if (json !== undefined) return [json];
  if (size > yamlBytesMax) {
    throw unreadable(file, `YAML of more than ${yamlBytesMax} bytes takes too long to read; print it with -o json`);
  }
  const lines = new LineCounter();
  const documents = attempt(file, () => parseAllDocuments(text, { lineCounter: lines, prettyErrors: false }));
  return (Array.isArray(documents) ? documents : []).map((document, index): unknown => {
    const at = `${file}, document ${index + 1}`;
    const [error] = document.errors;
    if (error !== undefined) {
      const { line, col } = lines.linePos(error.pos[0]);
      throw unreadable(at, `line ${line}, column ${col}: this is not YAML (${error.code})`);
    }
    // No aliases: what they can blow a file up to has no bound, and kubectl writes none.
    return attempt(at, (): unknown => document.toJS({ maxAliasCount: 0 }));
  });
}

/** What the parser fails with on its own account is about the file. */
function attempt<T>(at: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof RangeError) throw unreadable(at, 'lists and maps lie too deep in each other', cause);
    if (cause instanceof ReferenceError) throw unreadable(at, 'aliases (*name) are not read', cause);
    throw cause;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // A flow map of YAML begins like this, too.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const kinds: ReadonlySet<string> = new Set(potooResources.map(({ kind }) => kind));

/** The objects of a document: itself, or the items of a List, in which no further List may stand. */
function* objectsIn(value: unknown, at: string): Generator<FiledObject> {
  // Between two `---` there may be nothing.
  if (value === null || value === undefined) return;
  const parsed = Parsed.safeParse(value);
  if (!parsed.success) throw unreadable(at, 'is no object with apiVersion and kind');
  const list = List.safeParse(value);
  if (!parsed.data.kind.endsWith('List')) {
    yield* potooObject(value, at);
    return;
  }
  if (!list.success) throw unreadable(at, `${shown(parsed.data.kind)} has no items`);
  for (const [index, item] of list.data.items.entries()) {
    // Items of a list of one kind may leave out what the list says.
    const kind = parsed.data.kind.slice(0, -'List'.length);
    const own = kind === '' ? {} : { apiVersion: parsed.data.apiVersion, kind };
    const isObject = typeof item === 'object' && item !== null;
    yield* potooObject(isObject ? { ...own, ...item } : item, `${at}, item ${index + 1}`);
  }
}

/** Nothing for what is no kind of Potoo's own that answers are made from: such files may hold other things, too. */
function* potooObject(value: unknown, at: string): Generator<FiledObject> {
  const parsed = Parsed.extend({ metadata: Metadata }).safeParse(value);
  if (!parsed.success) throw unreadable(at, 'is no object with apiVersion, kind and metadata.name');
  const { apiVersion: version, kind, metadata } = parsed.data;
  if (version.split('/')[0] !== apiGroup || kind === constraintProfiles.kind) return;
  if (version !== apiVersion) throw unreadable(at, `apiVersion ${shown(version)} is not ${apiVersion}`);
  if (!kinds.has(kind)) return;
  const { name, namespace } = metadata;
  const isNamespaced = potooResources.some((resource) => resource.kind === kind && resource.namespaced);
  if (isNamespaced && namespace === undefined) throw unreadable(at, `${kind} ${shown(name)} has no metadata.namespace`);
  // Answers need no more of it, and what was edited by hand may have no more.
  const known = { name, uid: '', resourceVersion: '' };
  const object = {
    ...parsed.data,
    metadata: isNamespaced && namespace !== undefined ? { ...known, namespace } : known,
  };
  yield { object, at };
}

/** An error that says where and why. */
export function unreadable(at: string, why: string, cause?: unknown): GatewayError {
  return new GatewayError('INVALID_REQUEST', `${at}: ${shown(why, 500)}`, { cause });
}
