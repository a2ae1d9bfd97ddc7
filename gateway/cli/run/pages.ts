/**
 * A list page by page, until it ends.
 */
import * as z from 'zod';
import type { Answer } from '../../errors.ts';
import { Failure } from '../failure.ts';
import type { Source } from '../source.ts';
import { readAnswer } from './answers.ts';

/** Most items that the contract gives at once. */
const limit = 1_000;

const Page = z.object({
  constraints: z.array(z.unknown()).optional(),
  namespaces: z.array(z.unknown()).optional(),
  total: z.number(),
  next_cursor: z.string().optional(),
});

/**
 * All pages as one answer, which looks as it would if one page held everything.
 *
 * @param items The key of what is listed.
 */
export async function wholeList(
  source: Pick<Source, 'ask'>,
  tool: string,
  input: object,
  items: 'constraints' | 'namespaces',
): Promise<Answer<object>> {
  const all: unknown[] = [];
  const cursors = new Set<string>();
  let first: object | undefined;
  let cursor: string | undefined;
  for (;;) {
    const answer = await source.ask(tool, { ...input, limit, ...(cursor === undefined ? {} : { cursor }) });
    if (!answer.ok) return answer;
    const page = readAnswer(Page, answer.value);
    if (first === undefined && page.next_cursor === undefined) return answer;
    first ??= answer.value;
    for (const item of page[items] ?? []) all.push(item);
    cursor = page.next_cursor;
    if (cursor === undefined) {
      const { next_cursor: _, ...value } = { next_cursor: undefined, ...first };
      return { ok: true, value: { ...value, [items]: all, total: page.total, returned: all.length, truncated: false } };
    }
    if (cursors.has(cursor)) throw new Failure('The pages of the answer go in circles.');
    cursors.add(cursor);
  }
}
