import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
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

test.each(tools)('every field of $name is described, and none with a default is required', ({ inputSchema }) => {
  const { properties, required = [] } = inputSchema as {
    properties: Record<string, { description?: string; default?: unknown }>;
    required?: string[];
  };
  for (const [name, field] of Object.entries(properties)) {
    expect(field.description, name).toMatch(/\S/);
    if (field.default !== undefined) expect(required).not.toContain(name);
  }
});
