/**
 * Secrets and ConfigMaps: what no tool reads, names in a plan or asks a right for, whatever RBAC says. They are told by what
 * the API server itself serves under a name, since a kind has many spellings and a path only one. The spellings here are for
 * the answer alone: who asks for what is never read hears so, and not that there is no such kind.
 */
import type { Resource } from '../../kube/resource.ts';
import { type Refusal, refusal } from '../errors.ts';

const plurals: ReadonlySet<string> = new Set(['secrets', 'configmaps']);

/** Whether it is one of the two kinds of the core group. Kinds of other groups that are called alike are none. */
export function isClosed({ group, plural }: Pick<Resource, 'group' | 'plural'>): boolean {
  return group === '' && plurals.has(plural);
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
