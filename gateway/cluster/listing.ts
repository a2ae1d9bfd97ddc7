/** Answers that are lists: a table as kubectl prints it, and the objects themselves, both as far as there is room. */
import * as z from 'zod';
import { apiVersionOf } from '../../kube/resource.ts';
import { dataText } from '../answer/fence.ts';
import type { Call } from '../call.ts';
import type { Answer } from '../errors.ts';
import { NamespaceName } from './fields.ts';
import { fitted, pruned } from './fit.ts';
import type { Target } from './gate.ts';
import type { ListQuery, Reader } from './reader.ts';
import { scrub } from './scrub.ts';
import { type Listed, tableText, withNamespaces } from './table.ts';

export const ListOutput = z.object({
  apiVersion: z.string().describe('Of each object.'),
  kind: z.string().describe('Of each object.'),
  namespace: NamespaceName.optional().describe('Where they are; absent for all namespaces and for kinds without one.'),
  table: z.string().describe('As kubectl prints it, a line for each object.'),
  items: z
    .array(z.record(z.string(), z.unknown()))
    .max(1_000)
    .describe('The objects themselves, from the first on, without managedFields and without credentials.'),
  returned: z.int().min(0).describe('How many objects the table has.'),
  returned_items: z.int().min(0).describe('How many of them are in items.'),
  remaining: z.int().min(0).optional().describe('About how many more there are, where the API server says.'),
  truncated: z.boolean().describe('Whether there is more than the table or items hold.'),
  note: z.string().optional().describe('What to do about that.'),
});
export type ListAnswer = z.infer<typeof ListOutput>;

/** What stands around items and table. */
const aroundBytes = 1_200;
/** Tables are for reading: what is longer than this, nobody reads. */
const tableBytesMax = 7_000;

const narrower = 'Narrow it by namespace, labelSelector or fieldSelector.';

/** Reads a list and makes the answer. @param order Of the rows; as the API server gives them unless told. */
export async function listAnswer(
  reader: Reader,
  call: Call,
  target: Target,
  query: ListQuery & { readonly order?: (listed: Listed) => Listed } = {},
): Promise<Answer<ListAnswer>> {
  const { order = (listed: Listed) => listed, ...asked } = query;
  const read = await reader.list(call, target, asked);
  if (!read.ok) return read;
  const across = target.resource.namespaced && target.namespace === undefined;
  const listed = order(read.value);
  return { ok: true, value: fittedList(across ? withNamespaces(listed) : listed, target, call.bytesMax) };
}

/** Half for the table, so that items are not all that is seen of a long list. */
export function fittedList(listed: Listed, { resource, namespace }: Target, bytesMax: number): ListAnswer {
  const { rows } = listed;
  const room = bytesMax - aroundBytes;
  const table = tableText({ columns: listed.columns, rows }, Math.min(tableBytesMax, room / 2));
  const items: Record<string, unknown>[] = [];
  let left = room - Buffer.byteLength(JSON.stringify(table.text));
  let cut = false;
  for (const { object } of rows.slice(0, table.rows)) {
    // One object may take what is left, and no list of many is given up for the first that is large.
    const item = fitted(shownObject(object), Math.max(left / 4, Math.min(left, 4_000)));
    if (item === undefined) break;
    left -= Buffer.byteLength(JSON.stringify(item.value)) + 1;
    cut ||= item.cut;
    items.push({ ...item.value });
  }
  const notes = [
    ...(listed.more || table.rows < rows.length ? [`There are more objects than the table has. ${narrower}`] : []),
    ...(items.length < table.rows ? ['Not all objects of the table are in items; get one by its name.'] : []),
    ...(cut ? ['Large objects in items are shortened where they say so; get one by its name.'] : []),
  ];
  const beyond = listed.more ? (listed.remaining ?? 0) : 0;
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    ...(resource.namespaced && namespace !== undefined ? { namespace } : {}),
    table: table.text,
    items,
    returned: table.rows,
    returned_items: items.length,
    ...(notes.length > 0 && beyond + rows.length > table.rows ? { remaining: beyond + rows.length - table.rows } : {}),
    truncated: notes.length > 0,
    ...(notes.length === 0 ? {} : { note: notes.join(' ') }),
  };
}

/** An object as answers show it. Bounded first: what is too deep for JSON is too deep for whatever looks at it. */
export function shownObject(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const safe = fitted(pruned(object), Number.POSITIVE_INFINITY)?.value ?? {};
  const clean = scrub(safe);
  return typeof clean === 'object' && clean !== null ? { ...clean } : {};
}

/** The table between two lines that nothing in it can imitate. */
export function listText({ kind, namespace, table, returned, note }: ListAnswer): string {
  if (returned === 0) return `No objects of kind ${kind}${namespace === undefined ? '' : ` in ${namespace}`}.`;
  return dataText({
    before: [`${returned} ${returned === 1 ? 'object' : 'objects'}.`],
    data: table.split('\n'),
    after: note === undefined ? [] : [note],
  });
}
