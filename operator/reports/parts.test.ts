import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { detailTextsBytesMax, storedBytes } from '../../crds/detail.ts';
import { inParts } from './parts.ts';

const textOf = (id: number, length = 600) => `{"id":"${String(id).padStart(8, '0')}",${'x'.repeat(length)}}`;
const bytesOf = (texts: readonly string[]) => texts.reduce((sum, text) => sum + storedBytes(text), 0);

test('whatever the texts, none is lost, their order stays and every part keeps its bound', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(detailTextsBytesMax - 50)), { maxLength: 40 }), (sizes) => {
      const texts = sizes.map(([id, length]) => textOf(id, length));
      const parts = inParts(texts);
      expect(parts.flat()).toEqual(texts);
      expect(parts.every((part) => part.length > 0 && bytesOf(part) <= detailTextsBytesMax)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('what is small is one part, and nothing is none', () => {
  expect(inParts([])).toEqual([]);
  expect(inParts(Array.from({ length: 200 }, (_, index) => textOf(index)))).toHaveLength(1);
});

test('one text more or less leaves most parts as they are', () => {
  const texts = Array.from({ length: 6_000 }, (_, index) => textOf(index * 2));
  const parts = inParts(texts).map((part) => part.join());
  expect(parts.length).toBeGreaterThan(10);
  let changed = 0;
  const places = Array.from({ length: 60 }, (_, index) => index * 100);
  for (const place of places) {
    const more = inParts(texts.toSpliced(place, 0, textOf(place * 2 - 1))).map((part) => part.join());
    changed += more.filter((part) => !parts.includes(part)).length;
  }
  expect(changed / places.length).toBeLessThan(2);
});
