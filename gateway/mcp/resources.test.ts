import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createGateway } from '../testing/fixture.ts';
import { mcpCall } from '../testing/mcp-call.ts';
import { changedAt, reportObject } from '../testing/objects.ts';

const namespaces = Array.from({ length: 250 }, (_, index) => `team-${String(index).padStart(3, '0')}`);
const mine = namespaces.filter((_, index) => index % 50 === 7);
const gateway = createGateway({
  objects: namespaces.map((namespace) => reportObject(namespace, [])),
  rights: {
    admin: ['list constraintreports', 'get constraintreports'],
    few: mine.map((namespace) => `get constraintreports ${namespace}`),
    nobody: [],
  },
});
const Page = z.object({ resources: z.array(z.record(z.string(), z.unknown())), nextCursor: z.string().optional() });
const fixed = ['potoo://capabilities', 'potoo://health'];

async function listAll(user: string) {
  const [uris, sizes]: [unknown[], number[]] = [[], []];
  let cursor: string | undefined;
  do {
    const params = cursor === undefined ? {} : { cursor };
    const { result, bytes } = await mcpCall(gateway, user, '2026-07-28', { method: 'resources/list', params });
    const page = Page.parse(result);
    expect(bytes).toBeLessThanOrEqual(48_000);
    uris.push(...page.resources.map(({ uri }) => uri));
    sizes.push(page.resources.length);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return { uris, sizes };
}

describe('resources/list', () => {
  test('has what is fixed first, then the reports, page by page', async () => {
    const { uris, sizes } = await listAll('admin');
    expect(uris).toEqual([...fixed, ...namespaces.map((namespace) => `potoo://reports/${namespace}`)]);
    expect(sizes).toEqual([102, 100, 50]);
  });

  test('has the reports that the caller may see, and no word of others', async () => {
    expect((await listAll('few')).uris).toEqual([...fixed, ...mine.map((namespace) => `potoo://reports/${namespace}`)]);
    expect((await listAll('nobody')).uris).toEqual(fixed);
  });

  test('says when a report last changed', async () => {
    const { result } = await mcpCall(gateway, 'few', '2025-11-25', { method: 'resources/list' });
    expect(Page.parse(result).resources[2]).toEqual({
      uri: 'potoo://reports/team-007',
      name: 'reports/team-007',
      title: 'Report of team-007',
      mimeType: 'application/json',
      annotations: { lastModified: changedAt },
    });
  });

  test('refuses a cursor of another list, and records itself once', async () => {
    const list = { method: 'tools/call', params: { name: 'potoo_list_namespaces', arguments: { limit: 1 } } };
    const { result } = await mcpCall(gateway, 'admin', '2025-11-25', list);
    const { next_cursor: cursor } = z.object({ next_cursor: z.string() }).parse(result?.['structuredContent']);
    const before = gateway.records.length;
    const other = await mcpCall(gateway, 'admin', '2025-11-25', { method: 'resources/list', params: { cursor } });
    expect(other.error?.code).toBe(-32_602);
    expect(gateway.records.slice(before)).toMatchObject([{ name: 'mcp:resources/list', outcome: 'INVALID_CURSOR' }]);
  });
});
