import { expect, test } from 'vitest';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { createClusterTools } from '../cluster/all.ts';
import { tools } from '../tools/all.ts';
import { toolsOf } from '../tools/toolsets.ts';
import { jsonBytes } from './size.ts';
import { mcpTools } from './tools.ts';

/** Nothing is asked of it: the tools are listed here, and not called. */
const transport = {
  request: async () => Promise.reject(new Error('nothing is asked')),
  stream: async () => Promise.reject(new Error('nothing is asked')),
  close: async () => Promise.resolve(),
};
const cluster = () => createClusterTools({ transport, clock: createVirtualClock(), account: 'gateway' });
const listedOf = (all: Parameters<typeof mcpTools>[0]) => mcpTools(all).map(({ listed }) => listed);

test('the list of the tools on constraints explains every field of their outputs', () => {
  expect(listedOf(tools).map(({ outputSchema }) => outputSchema)).toEqual(
    tools.map(({ outputSchema }) => outputSchema),
  );
});

test('the list of all toolsets fits into 48 kB, with every field of every output and what it is required to have', () => {
  const all = toolsOf(['constraints', 'cluster'], cluster);
  const listed = listedOf(all);
  expect(jsonBytes({ jsonrpc: '2.0', id: 1, result: { tools: listed } })).toBeLessThanOrEqual(47_500);
  for (const [index, { outputSchema }] of listed.entries()) {
    const { properties, required } = all[index]?.outputSchema ?? {};
    expect(Object.keys(outputSchema?.['properties'] ?? {})).toEqual(Object.keys(properties ?? {}));
    expect(outputSchema?.['required']).toEqual(required);
  }
  expect(listed.map(({ inputSchema }) => inputSchema)).toEqual(all.map(({ inputSchema }) => inputSchema));
});
