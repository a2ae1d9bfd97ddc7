import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { resourceName } from '../../kube/resource.ts';
import { adapters } from './all.ts';

test('the table of adapters names each of them and what it reads', () => {
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  const rows = readme.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows).toHaveLength(adapters.length);
  for (const [index, { id, resources }] of adapters.entries()) {
    expect(rows[index]?.split('|')[1]?.trim()).toBe(`\`${id}\``);
    for (const resource of resources) expect(rows[index]).toContain(`\`${resourceName(resource)}\``);
  }
});
