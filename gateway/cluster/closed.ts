/**
 * Secrets and ConfigMaps: what no tool reads, names in a plan or asks a right for, whatever RBAC says. They are told by what
 * the API server itself serves under a name, since a kind has many spellings and a path only one. The spellings here are for
 * the answer alone: who asks for what is never read hears so, and not that there is no such kind.
 */
import { isJsonObject, type JsonObject } from '../../kube/object.ts';
import type { Resource } from '../../kube/resource.ts';
import { type Refusal, refusal } from '../errors.ts';

const plurals: ReadonlySet<string> = new Set(['secrets', 'configmaps']);

const kinds: ReadonlySet<string> = new Set(['Secret', 'ConfigMap']);

/**
 * Whether it is one of the two, or a kind of another group that is called alike: an aggregated API server may hand out the
 * same objects under its own group.
 */
export function isClosed({ plural, kind }: Pick<Resource, 'plural' | 'kind'>): boolean {
  return plurals.has(plural) || kinds.has(kind);
}

/** Whether the API server has answered one of them, a list or a table with one in it, whatever it was asked for. */
export function holdsClosed(answer: JsonObject): boolean {
  const { kind, items, rows } = answer;
  if (typeof kind === 'string' && kinds.has(kind.replace(/List$/, ''))) return true;
  const objects: readonly unknown[] = [items, rows].flatMap((list) => (Array.isArray(list) ? list : []));
  return objects.some((item) => {
    if (!isJsonObject(item)) return false;
    const object = isJsonObject(item.object) ? item.object : item;
    return typeof object.kind === 'string' && kinds.has(object.kind);
  });
}

const spellings: ReadonlySet<string> = new Set([
  'secret',
  'secrets',
  'secretlist',
  'configmap',
  'configmaps',
  'configmaplist',
  'cm',
]);

/** Whether somebody means one of the two, in any case, with signs in between or with letters that only look like Latin ones. */
export function soundsClosed(text: string): boolean {
  const [first = ''] = text.normalize('NFKC').toLowerCase().split(/[/?#]/);
  return spellings.has(first.replaceAll(/[^a-z]/g, ''));
}

/** The answer to whoever asks for one of the two. */
export const closed: Refusal = refusal(
  'FORBIDDEN',
  'Potoo never reads Secrets or ConfigMaps, whatever your rights are. Use kubectl with your own credentials.',
);
