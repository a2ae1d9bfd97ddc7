import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { toStructural } from './structural.ts';

describe('toStructural', () => {
  test('keeps types, descriptions, enums, bounds and extensions', () => {
    const schema = z.object({
      name: z.string().max(63).describe('The name.'),
      level: z.enum(['low', 'high']),
      count: z.int().min(0).optional(),
      labels: z.record(z.string(), z.string()),
      items: z.array(z.string()).max(3).meta({ 'x-kubernetes-list-type': 'atomic' }),
    });
    expect(toStructural(schema)).toEqual({
      type: 'object',
      required: ['name', 'level', 'labels', 'items'],
      properties: {
        name: { type: 'string', maxLength: 63, description: 'The name.' },
        level: { type: 'string', enum: ['low', 'high'] },
        count: { type: 'integer', format: 'int64', minimum: 0 },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        items: { type: 'array', maxItems: 3, items: { type: 'string' }, 'x-kubernetes-list-type': 'atomic' },
      },
    });
  });

  test('a time is a format and not a pattern', () => {
    expect(toStructural(z.object({ at: z.iso.datetime() }))['properties']).toEqual({
      at: { type: 'string', format: 'date-time' },
    });
  });

  test.each([
    ['a union', z.object({ port: z.union([z.int(), z.string()]) }), '$.port'],
    ['a tuple', z.object({ pair: z.tuple([z.string(), z.int()]) }), '$.pair'],
    ['anything at all', z.object({ any: z.unknown() }), '$.any'],
  ])('%s has no structural form, and the error says where', (_, schema, path) => {
    expect(() => toStructural(schema)).toThrow(path);
  });
});
