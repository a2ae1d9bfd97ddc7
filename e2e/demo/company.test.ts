import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { adapters } from '../../operator/adapters/all.ts';
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

test('every adapter has something to read in the samples', () => {
  const kinds: Readonly<Record<string, string>> = {
    namespaces: 'Namespace',
    networkpolicies: 'NetworkPolicy',
    resourcequotas: 'ResourceQuota',
  };
  const read = adapters.flatMap(({ resources }) => resources.map(({ plural }) => kinds[plural] ?? plural));
  expect(objects.map((object) => at(object, 'kind'))).toEqual(expect.arrayContaining(read));
});
