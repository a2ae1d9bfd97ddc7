import { expect, test } from 'vitest';
import { boundedListOf } from './text.ts';

test('what is left out of a list is counted and never put into words', () => {
  const asked: number[] = [];
  const items = Array.from({ length: 100_000 }, (_, index) => index);
  const word = (item: number) => {
    asked.push(item);
    return `rule ${item}`;
  };
  const text = boundedListOf(items, word, { separator: ', ', lengthMax: 20, noun: 'rule' });
  expect(text).toBe('rule 0, rule 1 … and 99998 more rules');
  expect(asked).toEqual([0, 1, 2]);
});
