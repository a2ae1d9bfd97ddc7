import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { Gateway } from '../programs.ts';
import { writeWorld } from './callers-world.ts';
import { type Cluster, eventually, startCluster } from './cluster.ts';

// What is refused at /mcp, by HTTP where a client looks there and by JSON-RPC otherwise; and that its calls are counted,
// limited and written down with all others.

let cluster: Cluster;
let gateway: Gateway;
let token: string;

beforeAll(async () => {
  cluster = await startCluster();
  await writeWorld(cluster);
  token = await cluster.controlPlane.serviceAccountToken('callers', 'summary');
  gateway = await cluster.startGateway();
});
afterAll(() => cluster[Symbol.asyncDispose]());

type Headers = Readonly<Record<string, string>>;
interface Wanted {
  readonly method?: string;
  readonly headers?: Headers;
  readonly body?: unknown;
  /** Undefined for the one that may read `shop`, empty for none. */
  readonly token?: string;
  readonly of?: Gateway;
}

async function send({ method = 'POST', headers = {}, body, token: given = token, of = gateway }: Wanted) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${of.url}/mcp`, {
    method,
    headers: {
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
      ...(given === '' ? {} : { authorization: `Bearer ${given}` }),
      ...headers,
    },
    ...(text === undefined ? {} : { body: text }),
  });
  const said = await response.text();
  const events = [...said.matchAll(/^data: (.+)$/gm)].map(([, data = '']): unknown => JSON.parse(data));
  const isJson = response.headers.get('content-type') === 'application/json';
  const messages: unknown[] = isJson ? [JSON.parse(said)] : events;
  return { status: response.status, headers: response.headers, said, messages };
}

const rpc = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 1, method, params });
const _meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};
/** A request as revision 2026-07-28 has it. */
const modern = (method: string, params: { name?: string; uri?: string; arguments?: object } = {}) => ({
  body: rpc(method, { ...params, _meta }),
  headers: {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': method,
    ...(params.name === undefined && params.uri === undefined ? {} : { 'mcp-name': params.name ?? params.uri ?? '' }),
  },
});
const legacy = (method: string, params: object = {}) => ({
  body: rpc(method, params),
  headers: { 'mcp-protocol-version': '2025-11-25' },
});
const query = { name: 'potoo_query', arguments: { namespace: 'shop' } };

test.each<[title: string, wanted: Wanted, status: number, code: number]>([
  ['a tool that there is not', legacy('tools/call', { name: 'no_such_tool', arguments: {} }), 200, -32_602],
  ['the same in 2026-07-28', modern('tools/call', { name: 'no_such_tool', arguments: {} }), 200, -32_602],
  ['a method that there is not', legacy('no/such/method'), 200, -32_601],
  ['the same in 2026-07-28', modern('no/such/method'), 404, -32_601],
  ['a prompt that there is not', legacy('prompts/get', { name: 'no_such_prompt' }), 200, -32_602],
  ['a resource that there is not', legacy('resources/read', { uri: 'potoo://nothing' }), 200, -32_602],
  ['the same in 2026-07-28', modern('resources/read', { uri: 'potoo://nothing' }), 200, -32_602],
  ['a resource without the right', legacy('resources/read', { uri: 'potoo://reports/payments' }), 200, -32_003],
  ['the same in 2026-07-28', modern('resources/read', { uri: 'potoo://reports/payments' }), 200, -32_003],
  ['the header of another method', { ...modern('tools/list'), headers: modern('prompts/list').headers }, 400, -32_020],
  [
    'the header of another tool',
    { ...modern('tools/call', query), headers: modern('tools/call', { name: 'potoo_remediation' }).headers },
    400,
    -32_020,
  ],
  ['no header of the method', { ...modern('tools/list'), headers: {} }, 400, -32_020],
  ['a header of another revision', { ...modern('tools/list'), headers: legacy('tools/list').headers }, 400, -32_020],
  ['what is no JSON', { body: '{"jsonrpc": "2.0",' }, 400, -32_700],
  ['an empty batch', { body: '[]' }, 400, -32_600],
  ['a number', { body: '7' }, 400, -32_600],
  ['a message without a version', { body: { id: 1, method: 'tools/list' } }, 400, -32_600],
  ['more messages than are read at once', { body: Array.from({ length: 21 }, () => rpc('ping')) }, 400, -32_600],
  ['very deep JSON', { body: '['.repeat(1_000) + ']'.repeat(1_000) }, 400, -32_600],
  ['no token', { body: rpc('initialize'), token: '' }, 401, -32_000],
  ['another token', { body: rpc('initialize'), token: 'no.such.token' }, 401, -32_000],
  ['no token for a call', { ...modern('tools/call', query), token: '' }, 401, -32_000],
  ['another type than JSON', { body: '{}', headers: { 'content-type': 'text/plain' } }, 415, -32_000],
  ['a packed body', { body: '{}', headers: { 'content-encoding': 'gzip' } }, 415, -32_000],
  ['a body that is too large', { body: JSON.stringify('x'.repeat(300_000)) }, 413, -32_000],
  ['GET', { method: 'GET' }, 405, -32_000],
  ['DELETE', { method: 'DELETE' }, 405, -32_000],
])('%s: HTTP and JSON-RPC say what is wrong', async (_title, wanted, status, code) => {
  const answer = await send(wanted);
  expect([answer.status, answer.messages]).toEqual([
    status,
    [expect.objectContaining({ jsonrpc: '2.0', error: expect.objectContaining({ code }) })],
  ]);
  expect(answer.headers.get('www-authenticate')).toEqual(status === 401 ? expect.stringMatching(/^Bearer/) : null);
  expect(answer.headers.get('allow')).toBe(status === 405 ? 'POST' : null);
  expect(answer.said).not.toMatch(/\bat .*\.ts:\d+|node_modules/);
});

test.each<[title: string, wanted: Wanted, code: string]>([
  ['a page of another site', { body: rpc('ping'), headers: { origin: 'https://evil.example' } }, 'ORIGIN_NOT_ALLOWED'],
  ['an opaque page', { body: rpc('ping'), headers: { origin: 'null' } }, 'ORIGIN_NOT_ALLOWED'],
])('%s may not ask', async (_title, wanted, code) => {
  const { status, messages } = await send(wanted);
  expect([status, messages]).toEqual([403, [expect.objectContaining({ code })]]);
});

test.each(['legacy', 'modern'])('a tool without the right is an error that the model reads, %s', async (era) => {
  const call = { ...query, arguments: { namespace: 'payments' } };
  const { status, messages } = await send(era === 'modern' ? modern('tools/call', call) : legacy('tools/call', call));
  const text = expect.stringContaining('FORBIDDEN');
  expect([status, messages]).toEqual([
    200,
    [
      expect.objectContaining({
        result: expect.objectContaining({ isError: true, content: [{ type: 'text', text }] }),
      }),
    ],
  ]);
});

test('notifications and answers are taken without a word', async () => {
  for (const body of [
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 4, result: {} },
  ]) {
    expect(await send({ body })).toMatchObject({ status: 202, said: '' });
  }
});

test('several messages at once are answered one by one', async () => {
  const body = [
    { ...rpc('ping'), id: 'a' },
    { ...rpc('tools/call', query), id: 'b' },
    { ...rpc('no/such/method'), id: 'c' },
  ];
  const { status, messages } = await send({ body, headers: { 'mcp-protocol-version': '2025-03-26' } });
  expect(status).toBe(200);
  expect(messages).toHaveLength(3);
  expect(messages).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ id: 'a', result: {} }),
      expect.objectContaining({ id: 'b', result: expect.objectContaining({ content: expect.any(Array) }) }),
      expect.objectContaining({ id: 'c', error: expect.objectContaining({ code: -32_601 }) }),
    ]),
  );
});

describe('a gateway with a limit of six calls a minute', () => {
  let limited: Gateway;
  beforeAll(async () => {
    limited = await cluster.startGateway('limited', undefined, { POTOO_RATE_LIMIT_PER_MINUTE: '6' });
  });

  test('counts calls over REST, over MCP and those of one request together', async () => {
    const byRest = async () =>
      fetch(`${limited.url}/resources/reports/shop`, { headers: { authorization: `Bearer ${token}` } });
    expect((await byRest()).status).toBe(200);
    expect((await send({ ...modern('tools/call', query), of: limited })).status).toBe(200);
    expect((await send({ ...legacy('resources/read', { uri: 'potoo://reports/shop' }), of: limited })).status).toBe(
      200,
    );
    expect((await send({ body: [rpc('ping'), rpc('tools/list'), rpc('ping')], of: limited })).status).toBe(200);
    const refused = await send({ ...modern('tools/list'), of: limited });
    expect([refused.status, refused.messages]).toEqual([
      429,
      [expect.objectContaining({ error: expect.objectContaining({ data: { code: 'RATE_LIMITED' } }) })],
    ]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const rest = await byRest();
    expect([rest.status, Number(rest.headers.get('retry-after')) > 0]).toEqual([429, true]);
  });
});

const Line = z.object({
  audit: z.literal(true),
  user: z.string().optional(),
  tool: z.string(),
  namespace: z.string().optional(),
  detailLevel: z.string().optional(),
});

test('every message leaves a line in the log and counts in the metrics, under a name that callers cannot make up', async () => {
  const counted = async () => {
    const text = await (await fetch(`${gateway.metricsUrl}/metrics`)).text();
    const series = text.matchAll(/^potoo_gateway_calls_total\{tool="([^"]+)",outcome="([^"]+)"\} (\d+)$/gm);
    return new Map([...series].map(([, tool, outcome, count]) => [`${tool} ${outcome}`, Number(count)]));
  };
  const written = () =>
    readFileSync(gateway.process.logFile, 'utf8')
      .split('\n')
      .flatMap((line) => {
        const parsed = Line.safeParse(line.startsWith('{') ? JSON.parse(line) : undefined);
        return parsed.success ? [parsed.data] : [];
      });
  const [before, linesBefore] = [await counted(), written().length];
  for (const wanted of [
    legacy('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } }),
    legacy('tools/list'),
    modern('tools/list'),
    modern('server/discover'),
    modern('tools/call', query),
    legacy('tools/call', { ...query, arguments: { namespace: 'payments' } }),
    legacy('resources/read', { uri: 'potoo://reports/shop' }),
    legacy('made/up/by the "caller"\n'),
  ]) {
    await send(wanted);
  }
  const expected = [
    ['mcp:initialize OK', 1],
    ['mcp:tools/list OK', 2],
    ['mcp:server/discover OK', 1],
    ['potoo_query OK', 1],
    ['potoo_query FORBIDDEN', 1],
    ['reports OK', 1],
    ['mcp:other OK', 1],
  ] as const;
  const after = await counted();
  for (const [name, more] of expected) expect((after.get(name) ?? 0) - (before.get(name) ?? 0), name).toBe(more);
  await eventually('the lines are written', async () => written().length >= linesBefore + 8);
  const lines = written().slice(linesBefore);
  expect(lines.map(({ tool }) => tool)).toEqual([
    'mcp:initialize',
    'mcp:tools/list',
    'mcp:tools/list',
    'mcp:server/discover',
    'potoo_query',
    'potoo_query',
    'reports',
    'mcp:other',
  ]);
  expect(new Set(lines.map(({ user }) => user))).toEqual(new Set(['system:serviceaccount:callers:summary']));
  expect(lines.filter(({ namespace }) => namespace === 'shop').map(({ detailLevel }) => detailLevel)).toEqual([
    'summary',
    'summary',
  ]);
  expect(readFileSync(gateway.process.logFile, 'utf8')).not.toContain(token);
});
