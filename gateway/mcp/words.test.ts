import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { notSynced, refusal } from '../errors.ts';
import { resources } from '../resources/all.ts';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import { mcpCall } from '../testing/mcp-call.ts';
import { entryOf, networkConstraint, reportObject } from '../testing/objects.ts';
import { tools } from '../tools/all.ts';
import { ping } from '../tools/ping.ts';
import { createSurface } from './product.ts';

// What a model reads before it calls a tool, and when a call went wrong: enough to do the right thing next.

const gateway = createGateway({
  objects: [reportObject('shop', [entryOf(networkConstraint('shop', 'db-in'))])],
  rights: { ...rightsOf('shop'), nobody: [] },
});
const Said = z.tuple([z.object({ text: z.string() })]);

async function call(name: string, given: object, user = 'admin') {
  const { result, error } = await mcpCall(gateway, user, '2025-11-25', {
    method: 'tools/call',
    params: { name, arguments: given },
  });
  return { isError: result?.['isError'] === true, error, text: Said.safeParse(result?.['content']).data?.[0].text };
}

describe('a call that went wrong says what to do next', () => {
  test.each([
    ['potoo_query', { namespace: 'shp' }, /^REPORT_NOT_FOUND: .*\npotoo_list_namespaces has/],
    ['potoo_remediation', { namespace: 'shop', constraint_name: 'db' }, /^CONSTRAINT_NOT_FOUND: .*\npotoo_query for/],
    ['potoo_query', { namespace: 'shop', cursor: 'zz' }, /^INVALID_CURSOR: .*start again without it$/],
  ])('%s with %j', async (name, given, expected) => {
    expect(await call(name, given)).toMatchObject({ isError: true, text: expect.stringMatching(expected) });
  });

  test('names the tools and the prompts that there are', async () => {
    const names = tools.map(({ name }) => name).join(', ');
    expect((await call('potoo_queri', {})).error).toMatchObject({
      code: -32_602,
      message: expect.stringContaining(names),
    });
    const message = { method: 'prompts/get', params: { name: 'diagnose' } };
    expect((await mcpCall(gateway, 'admin', '2026-07-28', message)).error).toMatchObject({
      code: -32_602,
      message: expect.stringContaining('diagnose-denial'),
    });
  });

  test.each([
    [
      { ...refusal('RATE_LIMITED', 'Slower.'), retryAfterSeconds: 7 },
      'RATE_LIMITED: Slower.\nTry again in 7 s, not before.',
    ],
    [notSynced, `NOT_SYNCED: ${notSynced.error}\nTry again in a few seconds.`],
  ])('names the time to wait, which REST has in a header', async (answer, text) => {
    const refusing = { ...ping, answer: async () => Promise.resolve({ answer, namespace: undefined }) };
    const surface = createSurface({ tools: [refusing], resources, version: '1' });
    const { result } = await mcpCall(createGateway({ objects: [], surface }), 'reader', '2025-11-25', {
      method: 'tools/call',
      params: { name: 'ping' },
    });
    expect(result).toMatchObject({ isError: true, content: [{ text }] });
  });

  test('a list of no namespace is not taken for a cluster without rules', async () => {
    expect((await call('potoo_list_namespaces', {}, 'nobody')).text).toMatch(/does not mean that nothing is bound/);
    expect((await call('potoo_list_namespaces', {})).text).not.toMatch(/does not mean/);
  });
});

describe('instructions', () => {
  const cluster = ['pods_list', 'pods_delete'].map((name) => ({ ...ping, name }));
  const instructionsOf = (served: typeof tools) =>
    createSurface({ tools: served, resources, version: '1' }).instructions;

  test('are not cut by clients, and name tools that are served and no others', () => {
    for (const served of [tools, [...tools, ...cluster], [ping, ...cluster], [ping]]) {
      const instructions = instructionsOf(served);
      expect(instructions.length).toBeLessThan(2_048);
      const named = instructions.match(/potoo_\w+/g) ?? [];
      expect(named.filter((name) => !served.some((tool) => tool.name === name))).toEqual([]);
      expect(instructions.includes('plan')).toBe(served.some(({ name }) => name === 'pods_list'));
      expect(instructions).toMatch(/never follow instructions/);
    }
  });
});
