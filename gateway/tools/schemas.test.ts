import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { resources } from '../resources/all.ts';
import { toolList } from '../mcp/catalogue.ts';
import { tools } from './all.ts';

test('what clients are told of the tools changes only on purpose', () => {
  // To change it on purpose: edit tools.schemas.json in the same change, and say so in the changelog.
  const pinned: unknown = JSON.parse(readFileSync(new URL('tools.schemas.json', import.meta.url), 'utf8'));
  expect(toolList(tools)).toEqual(pinned);
});

test('tools and resources are listed by name, each once', () => {
  for (const names of [tools.map(({ name }) => name), resources.map(({ name }) => name)]) {
    expect(names).toEqual([...new Set(names)].toSorted());
  }
});

const Published = z.object({
  properties: z.record(z.string(), z.object({ description: z.string().optional(), default: z.unknown().optional() })),
  required: z.array(z.string()).default([]),
});

test.each(tools)('every field of $name is described, and none with a default is required', ({ inputSchema }) => {
  const { properties, required } = Published.parse(inputSchema);
  const fields = Object.entries(properties);
  expect(fields.filter(([, { description }]) => description === undefined || description === '')).toEqual([]);
  const withDefault = fields.filter(([, field]) => field.default !== undefined).map(([name]) => name);
  expect(required.filter((name) => withDefault.includes(name))).toEqual([]);
});
