import { describe, expect, test } from 'vitest';
import { refusal } from '../../errors.ts';
import { wholeList } from './pages.ts';

const page = (constraints: readonly number[], next?: string) => ({
  namespace: 'shop',
  constraints,
  total: 5,
  returned: constraints.length,
  truncated: next !== undefined,
  ...(next === undefined ? {} : { next_cursor: next }),
  note: 'a note',
});

function sourceOf(pages: Readonly<Record<string, object>>) {
  const asked: object[] = [];
  return {
    asked,
    async ask(_tool: string, input: object) {
      asked.push(input);
      const cursor = 'cursor' in input ? String(input.cursor) : '';
      const value = pages[cursor];
      return Promise.resolve(value === undefined ? refusal('INVALID_CURSOR', 'no') : ({ ok: true, value } as const));
    },
  };
}

describe('a list page by page', () => {
  test('is given as it came when there is one page', async () => {
    const only = page([1, 2]);
    const answer = await wholeList(sourceOf({ '': only }), 'potoo_query', {}, 'constraints');
    expect(answer.ok && answer.value).toBe(only);
  });

  test('looks as one page would', async () => {
    const source = sourceOf({ '': page([1, 2], 'b'), b: page([3, 4], 'c'), c: page([5]) });
    const answer = await wholeList(source, 'potoo_query', { namespace: 'shop' }, 'constraints');
    expect(JSON.stringify(answer.ok && answer.value)).toBe(JSON.stringify(page([1, 2, 3, 4, 5])));
    expect(source.asked).toEqual([
      { namespace: 'shop', limit: 1_000 },
      { namespace: 'shop', limit: 1_000, cursor: 'b' },
      { namespace: 'shop', limit: 1_000, cursor: 'c' },
    ]);
  });

  test('is refused as a whole when a page is: half of it would look like all', async () => {
    const answer = await wholeList(sourceOf({ '': page([1], 'gone') }), 'potoo_query', {}, 'constraints');
    expect(answer).toMatchObject({ ok: false, code: 'INVALID_CURSOR' });
  });

  test('ends when the pages go in circles', async () => {
    const source = sourceOf({ '': page([1], 'a'), a: page([2], 'a') });
    await expect(wholeList(source, 'potoo_query', {}, 'constraints')).rejects.toThrow('circles');
  });
});
