import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readErrorText } from './error-text.ts';
import { withoutMargins } from './margins.ts';

test.each([
  ['> one\n> two', '  one\n  two'],
  ['>> one\n> > two\n>', '   one\n    two\n '],
  ['│ Error: one\n│ \n│   two\n╵', '  Error: one\n  \n    two\n '],
  ['| a | b |\n', '  a | b |\n'],
  ['a > b\n  -> c\n>=1\n|x', 'a > b\n  -> c\n>=1\n|x'],
])('%j is %j', (text, without) => {
  expect(withoutMargins(text)).toBe(without);
});

test('places stay what they are', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('>', '│', '|', ' ', '\n', '\t', 'a') }), (text) => {
      const without = withoutMargins(text);
      expect(without.length).toBe(text.length);
      for (let at = 0; at < text.length; at += 1) expect([' ', text.charAt(at)]).toContain(without.charAt(at));
    }),
  );
});

test('a message that was quoted is read, and given back as it was pasted', () => {
  const text = readErrorText('> exceeded\n> quota: team, requested:\n> pods=1');
  expect(text.flat).toBe('exceeded quota: team, requested: pods=1');
  expect(text.quote({ start: 0, end: 20 })).toBe('exceeded\n> quota: team');
});
