import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { at } from '../control-plane/admin.ts';
import { readObjects } from '../programs.ts';

const objects = readObjects(fileURLToPath(new URL('samples', import.meta.url)));

test('every namespaced sample lives in a namespace of the samples, which comes first', () => {
  const known = new Set<unknown>([undefined]);
  for (const object of objects) {
    if (at(object, 'kind') === 'Namespace') known.add(at(object, 'metadata', 'name'));
    expect(known).toContain(at(object, 'metadata', 'namespace'));
  }
  expect(known.size).toBe(9);
});

test('the samples have something of each kind that the printed lines speak of', () => {
  const kinds = objects.map((object) => at(object, 'kind'));
  expect(kinds).toEqual(expect.arrayContaining(['Namespace', 'NetworkPolicy', 'ResourceQuota']));
});
