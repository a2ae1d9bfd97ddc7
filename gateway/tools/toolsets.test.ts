import { expect, test } from 'vitest';
import { tools } from './all.ts';
import { toolsOf } from './toolsets.ts';

const own = { name: 'pods_list' };
const names = (chosen: Parameters<typeof toolsOf>[0]) =>
  toolsOf(chosen, () => tools.slice(0, 1).map((tool) => ({ ...tool, name: own.name }))).map(({ name }) => name);

test('ping is in every choice of sets, and all are listed by name', () => {
  expect(names(['cluster'])).toEqual(['ping', 'pods_list']);
  expect(names(['constraints'])).toEqual(tools.map(({ name }) => name));
  expect(names(['constraints', 'cluster'])).toEqual(['ping', 'pods_list', ...names(['constraints']).slice(1)]);
});

test('what reads the cluster is not made where nobody wants it', () => {
  const refuse = () => {
    throw new Error('made all the same');
  };
  expect(toolsOf(['constraints'], refuse)).toHaveLength(tools.length);
});
