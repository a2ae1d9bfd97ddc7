import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { packTexts } from './packed-texts.ts';

test('gives back every text as it was, short or long, in any order', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 })), fc.nat(400), (texts, times) => {
      const all = texts.map((text, index) => `${index} ${text.repeat(times)}`);
      const packed = packTexts(all);
      for (const [index, text] of [...all.entries()].toReversed()) expect(packed.at(index)).toBe(text.toWellFormed());
    }),
  );
});

test('a text that is not there is a mistake of ours', () => {
  expect(() => packTexts(['a']).at(1)).toThrow('no text 1 among 1');
});
