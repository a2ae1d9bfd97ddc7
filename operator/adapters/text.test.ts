import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareText } from '../../crds/constraint.ts';
import { boundedList, boundedListInOrder, boundedListOf, sentence } from './text.ts';

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

test.each([
  ['lines', 'a\nb\r\nc\u2028d', 'a b c d'],
  ['what moves the cursor of a terminal', 'a\u001b[2Kb\u009bc', 'a [2Kb c'],
  ['what turns text around', 'a\u202eb\u2066c\u200fd', 'a b c d'],
])('a sentence holds no %s', (_, text, expected) => {
  expect(sentence(text, 100)).toBe(expected);
});

test('of texts in their order the first are told, as if all had been put in order', () => {
  const form = { separator: ', ', lengthMax: 40, noun: 'kind' };
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ maxLength: 3 }), { maxLength: 200 }), (texts) => {
      const told = boundedListInOrder(new Set(texts), (text) => text, form);
      expect(told).toBe(boundedList(texts.toSorted(compareText), form));
    }),
  );
});
