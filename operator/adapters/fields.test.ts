import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { matchesLabels } from '../../kube/label-selector.ts';
import { faultsMax, faultsOf } from './define.ts';
import { listOf, SelectorField, selectorOfBoth } from './fields.ts';

test('a selector of both selects what each of the two selects', () => {
  const key = fc.constantFrom('a', 'b', '__proto__', 'constructor');
  const value = fc.constantFrom('x', 'y');
  const labels = fc.dictionary(key, value);
  const selector = fc
    .record(
      {
        matchLabels: labels,
        matchExpressions: fc.array(
          fc.record({
            key,
            operator: fc.constantFrom('In' as const, 'NotIn' as const, 'Exists' as const, 'DoesNotExist' as const),
            values: fc.array(value),
          }),
          { maxLength: 2 },
        ),
      },
      { requiredKeys: [] },
    )
    .map((one) => SelectorField.parse(one));
  fc.assert(
    fc.property(selector, selector, labels, (a, b, object) => {
      expect(matchesLabels(selectorOfBoth(a, b), object)).toBe(matchesLabels(a, object) && matchesLabels(b, object));
    }),
    { numRuns: 2_000 },
  );
});

test('of a list of thousands that cannot be read the first faults are told, and that the rest is not read', () => {
  const unreadable = Array.from({ length: 2_000 }, () => ({ b: 1 }));
  const item = z.strictObject({ a: z.string(), b: z.string() });
  const read = z.object({ list: listOf(item) }).safeParse({ list: unreadable });
  const faults = faultsOf(read.error ?? new z.ZodError([]));
  expect(faults.slice(0, 2)).toEqual([
    { path: ['list', 0, 'a'], message: 'Invalid input: expected string, received undefined' },
    { path: ['list', 0, 'b'], message: 'Invalid input: expected string, received number' },
  ]);
  expect(faults).toHaveLength(faultsMax + 1);
  expect(faults.at(-1)).toMatchObject({ path: ['list'], message: expect.stringContaining('from number 50 on') });
});

test('what is wrong in a list is told in the words, and at the place, of a list that is read whole', () => {
  const rows = z.strictObject({ operator: z.enum(['In', 'Exists']), values: z.array(z.string()).min(1).optional() });
  const reading = (list: z.ZodType, values: unknown) => {
    const { data, error } = list.safeParse(values);
    return error === undefined ? data : faultsOf(error);
  };
  fc.assert(
    fc.property(fc.array(fc.anything(), { maxLength: 5 }), fc.constantFrom(rows, SelectorField), (values, item) => {
      expect(reading(listOf(item), values)).toEqual(reading(z.array(item), values));
    }),
  );
  const unknownFields = [{ operator: 'In', more: 1, other: 2 }, { operator: 'Near', values: [] }, 5];
  expect(reading(listOf(rows), unknownFields)).toEqual(reading(z.array(rows), unknownFields));
  expect(reading(listOf(rows), [{ operator: 'Exists' }])).toEqual([{ operator: 'Exists' }]);
  expect(reading(listOf(rows, { min: 1 }), [])).toEqual(reading(z.array(rows).min(1), []));
});

test('a list of texts in a form is read as its schema reads it', () => {
  const form = /^[a-z]+$/;
  const item = z.string().regex(form, 'Must be small letters');
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom('a', 'bc'), fc.string({ maxLength: 2 }), fc.integer())), (values) => {
      const [quick, slow] = [listOf(item, { form }).safeParse(values), listOf(item).safeParse(values)];
      expect(quick.data).toEqual(slow.data);
      expect(quick.error?.issues).toEqual(slow.error?.issues);
    }),
  );
});
