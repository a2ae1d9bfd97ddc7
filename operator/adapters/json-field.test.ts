import { expect, test } from 'vitest';
import { JsonField } from './json-field.ts';

function nested(levels: number): unknown {
  let value: unknown = 'x';
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { value };
  return value;
}

test('JSON of any kind is kept, and none that is nested without end', () => {
  for (const value of [null, 7, 'text', [], { a: [1, { b: null }] }, nested(100)]) {
    expect(JsonField.parse(value)).toEqual(value);
  }
  for (const levels of [101, 100_000]) expect(JsonField.safeParse(nested(levels)).success).toBe(false);
});
