import { Client, SSEClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as SSEClientTransportV1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { idleMsMax } from '../events/following.ts';
import { streamsOfCallerMax } from '../events/streams.ts';
import { readFrames } from '../testing/frame-reader.ts';
import { createGateway, type Gateway, rightsOf } from '../testing/fixture.ts';
import { entryOf, networkConstraint, reportObject } from '../testing/objects.ts';

const objects = [reportObject('shop', [entryOf(networkConstraint('shop', 'db-in'))])];
type Options = Partial<Parameters<typeof createGateway>[0]>;
const gatewayOf = (options: Options = {}) => createGateway({ objects, rights: rightsOf('shop'), ...options });

const accept = { accept: 'text/event-stream' };
const bearer = (user: string | undefined): Record<string, string> =>
  user === undefined ? {} : { authorization: `Bearer ${user}` };

/** A session as a client has it. */
async function connect(gateway: Gateway, ...given: [user?: string | undefined]) {
  const user = given.length === 0 ? 'reader' : given[0];
  const response = await gateway.request('/sse', { headers: { ...accept, ...bearer(user) } });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  const reader = readFrames(response);
  await gateway.clock.settle();
  const endpoint = reader.frames()[0]?.data ?? '';
  return { reader, endpoint, post: async (body: unknown, as = user) => gateway.post(endpoint, body, as) };
}

const query = (id: number | string, namespace = 'shop') => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'potoo_query', arguments: { namespace } },
});
const ping = (id: number) => ({ jsonrpc: '2.0', id, method: 'ping' });

const clients = {
  'client 2': async (gateway: Gateway, headers: Record<string, string>) => {
    const fetch = async (url: string | URL | Request, init?: RequestInit) => gateway.fetch(new Request(url, init));
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(new SSEClientTransport(new URL('http://localhost/sse'), { fetch, requestInit: { headers } }));
    return client;
  },
  'client 1': async (gateway: Gateway, headers: Record<string, string>) => {
    const fetch = async (url: string | URL | Request, init?: RequestInit) => gateway.fetch(new Request(url, init));
    const client = new ClientV1({ name: 'test', version: '1' });
    await client.connect(
      new SSEClientTransportV1(new URL('http://localhost/sse'), { fetch, requestInit: { headers } }),
    );
    return client;
  },
} as const;

describe.each(Object.entries(clients))('the official %s over /sse', (_name, connectClient) => {
  test('gets from several calls at once the JSON that REST gives, and pings', async () => {
    const gateway = gatewayOf();
    const client = await connectClient(gateway, bearer('reader'));
    const rest: unknown = await (await gateway.post('/tools/potoo_query', { namespace: 'shop' }, 'reader')).json();
    const results = await Promise.all([
      ...[1, 2, 3].map(async () => client.callTool({ name: 'potoo_query', arguments: { namespace: 'shop' } })),
      client.callTool({ name: 'potoo_query', arguments: { namespace: 'data' } }),
    ]);
    expect(results.map(({ structuredContent }) => structuredContent)).toEqual([rest, rest, rest, undefined]);
    expect(results[3]?.isError).toBe(true);
    await client.ping();
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('potoo_query');
    await expect(client.callTool({ name: 'no_such_tool' })).rejects.toMatchObject({ code: -32_602 });
    await client.close();
  });

  test('without a token is told by HTTP that it needs one', async () => {
    await expect(connectClient(gatewayOf(), {})).rejects.toThrow(/401/);
  });
});

describe('a session', () => {
  test('begins with the address to send to, and is never silent for two seconds', async () => {
    const gateway = gatewayOf();
    const { reader, endpoint } = await connect(gateway);
    expect(reader.text).toBe(`event: endpoint\ndata: ${endpoint}\n\n`);
    expect(endpoint).toBe('/messages?sessionId=session-1');
    for (let second = 0; second < 60; second += 2) {
      const { length } = reader.text;
      await gateway.clock.advance(2_000);
      expect(reader.text.length).toBeGreaterThan(length);
    }
    expect(reader.frames()).toHaveLength(1);
    await reader.leave();
  });

  test('answers each message where it was opened, with equal ids in another session, and without initialize', async () => {
    const gateway = gatewayOf({ rights: { ...rightsOf('shop'), nobody: [] } });
    const [own, other] = [await connect(gateway), await connect(gateway, 'nobody')];
    const [first, second] = await Promise.all([own.post(query(1)), other.post(query(1))]);
    expect([first?.status, await first?.text(), second?.status]).toEqual([202, 'Accepted', 202]);
    await gateway.clock.settle();
    expect(own.reader.messages()).toMatchObject([{ id: 1, result: { structuredContent: { namespace: 'shop' } } }]);
    expect(other.reader.messages()).toMatchObject([{ id: 1, result: { isError: true } }]);
    expect(JSON.stringify(other.reader.messages())).not.toContain('db-in');
    await Promise.all([own.reader.leave(), other.reader.leave()]);
  });

  test('is of no use to another identity, and looks to it like one that never was', async () => {
    const gateway = gatewayOf({ rights: { ...rightsOf('shop'), 'system:anonymous': ['get constraintreports'] } });
    const { reader, endpoint, post } = await connect(gateway);
    const stolen = await post(query(1), 'owner');
    const bodies = [stolen, await gateway.post('/messages?sessionId=none', query(1), 'owner')];
    const anonymous = await gateway.request(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(query(1)),
    });
    for (const response of [...bodies, anonymous]) {
      expect([response.status, await response.json()]).toMatchObject([
        404,
        { id: 1, error: { data: { code: 'NOT_FOUND' }, message: expect.stringMatching(/replica.*ClientIP/) } },
      ]);
    }
    expect((await post(query(1), 'stranger')).status).toBe(401);
    await gateway.clock.settle();
    expect(reader.messages()).toEqual([]);
    await reader.leave();
    expect((await post(query(1))).status).toBe(404);
  });

  test('answers by the right of who posts, at the time of the post', async () => {
    const gateway = gatewayOf();
    const { reader, post } = await connect(gateway);
    gateway.reviews.rights['reader'] = [];
    await gateway.clock.advance(61_000);
    expect((await post(query(1))).status).toBe(202);
    await gateway.clock.settle();
    expect(reader.messages()).toMatchObject([{ id: 1, result: { isError: true } }]);
    await reader.leave();
  });

  test('does not answer what was cancelled', async () => {
    const gateway = gatewayOf();
    const { reader, post } = await connect(gateway);
    const asked = Promise.withResolvers<undefined>();
    const authorize = gateway.reviews.authorize.bind(gateway.reviews);
    gateway.reviews.authorize = async (...question) => {
      await asked.promise;
      return authorize(...question);
    };
    await post(query('slow'));
    await post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'slow' } });
    asked.resolve(undefined);
    await post(ping(2));
    await gateway.clock.settle();
    expect(reader.messages()).toEqual([{ jsonrpc: '2.0', id: 2, result: {} }]);
    await reader.leave();
  });

  test('takes several messages in one POST, and refuses what is none', async () => {
    const gateway = gatewayOf();
    const { reader, post } = await connect(gateway);
    expect((await post([ping(1), query(2)])).status).toBe(202);
    await gateway.clock.settle();
    expect(reader.messages()).toMatchObject([{ id: 1 }, { id: 2 }]);
    for (const body of [
      7,
      { id: 1 },
      { jsonrpc: '1.0', id: 1, method: 'ping' },
      [ping(1), 7],
      Array(21).fill(ping(1)),
    ]) {
      const refused = await post(body);
      expect([refused.status, await refused.json()]).toMatchObject([400, { error: { code: -32_600 } }]);
    }
    await reader.leave();
  });

  test('counts among the streams of its caller, and its messages among the calls', async () => {
    const gateway = gatewayOf({ perMinute: streamsOfCallerMax + 2 });
    const sessions = await Promise.all(Array.from({ length: streamsOfCallerMax }, async () => connect(gateway)));
    const refused = await gateway.request('/sse', { headers: { ...accept, ...bearer('reader') } });
    expect([refused.status, await refused.json()]).toMatchObject([429, { code: 'TOO_MANY_STREAMS' }]);
    const [first] = sessions;
    expect((await first?.post(ping(1)))?.status).toBe(202);
    expect((await first?.post(ping(2)))?.status).toBe(429);
    for (const { reader } of sessions) await reader.leave();
  });

  test('is recorded once, at its end, and each message when it comes', async () => {
    const gateway = gatewayOf();
    const { reader, post } = await connect(gateway);
    await post(query(1));
    await post(ping(2));
    await gateway.clock.advance(1_000);
    expect(gateway.records.map(({ name, outcome, status }) => `${name} ${outcome} ${status}`).toSorted()).toEqual([
      'mcp:ping OK 202',
      'potoo_query OK 200',
    ]);
    await reader.leave();
    expect(gateway.records.slice(2)).toMatchObject([
      { name: 'mcp:sse', outcome: 'OK', status: 200, ms: 1_000, bytes: reader.text.length },
    ]);
  });

  test('HEAD is answered by the headers alone', async () => {
    const gateway = gatewayOf();
    const response = await gateway.request('/sse', { method: 'HEAD', headers: { ...accept, ...bearer('reader') } });
    expect([response.status, await response.text(), gateway.clock.waiting]).toEqual([200, '', 0]);
  });
});

describe('a subscription of a session', () => {
  const subscribe = (id: number, uri: string, method = 'resources/subscribe') => ({
    jsonrpc: '2.0',
    id,
    method,
    params: { uri },
  });
  const uri = 'potoo://reports/shop';
  const news = { jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri } };

  test('is told of what changed until it is given up, and keeps the session', async () => {
    const gateway = gatewayOf();
    const { reader, post } = await connect(gateway);
    await post(subscribe(1, uri));
    await gateway.clock.settle();
    expect(reader.messages()).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
    gateway.put(reportObject('shop', []));
    await gateway.clock.advance(2_000);
    expect(reader.messages().slice(1)).toEqual([news]);
    await gateway.clock.advance(idleMsMax + 10_000);
    expect(reader.ended).toBe(false);
    await post(subscribe(2, uri, 'resources/unsubscribe'));
    gateway.put(objects[0] ?? reportObject('shop', []));
    await gateway.clock.advance(4_000);
    expect(reader.messages().slice(2)).toEqual([{ jsonrpc: '2.0', id: 2, result: {} }]);
    await gateway.clock.advance(idleMsMax);
    expect(reader.ended).toBe(true);
  });

  test('needs the right to its address, and is promised', async () => {
    const gateway = gatewayOf();
    const { reader, post } = await connect(gateway);
    await post({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
    });
    await post(subscribe(2, 'potoo://reports/data'));
    await post(subscribe(3, 'potoo://reports/none'));
    await gateway.clock.settle();
    const [initialized, ...refusals] = reader.messages();
    expect(initialized).toMatchObject({ result: { capabilities: { resources: { subscribe: true } } } });
    expect(refusals).toMatchObject([
      { id: 2, error: { data: { code: 'FORBIDDEN' } } },
      { id: 3, error: { data: { code: 'FORBIDDEN' } } },
    ]);
    gateway.put(reportObject('data', []));
    await gateway.clock.advance(4_000);
    expect(reader.messages()).toHaveLength(3);
    await reader.leave();
  });
});

describe('a session ends', () => {
  const lastWords = (text: string) => /: closed: ([^\n]+)\n\n$/.exec(text)?.[1];

  test('when its token is not accepted any more', async () => {
    const gateway = gatewayOf();
    const { reader } = await connect(gateway);
    gateway.reviews.authenticate = async () => Promise.resolve(undefined);
    await gateway.clock.advance(66_000);
    expect(lastWords(reader.text)).toBe('your token is not accepted any more');
  });

  test('for callers without a token when they lose their right', async () => {
    const gateway = gatewayOf({ rights: { 'system:anonymous': ['get constraintreports'] } });
    const { reader } = await connect(gateway, undefined);
    gateway.reviews.rights['system:anonymous'] = [];
    await gateway.clock.advance(66_000);
    expect(lastWords(reader.text)).toBe('your right to read this was withdrawn');
  });

  test('after half an hour without a message, and not before', async () => {
    const gateway = gatewayOf();
    const { reader, post } = await connect(gateway);
    await gateway.clock.advance(idleMsMax - 10_000);
    await post(ping(1));
    await gateway.clock.advance(idleMsMax - 10_000);
    expect(reader.ended).toBe(false);
    await gateway.clock.advance(12_000);
    expect(lastWords(reader.text)).toBe('no message came for 30 minutes; connect again');
  });

  test('with the gateway', async () => {
    const gateway = gatewayOf();
    const { reader, post } = await connect(gateway);
    gateway.streams.close();
    await gateway.clock.settle();
    expect([lastWords(reader.text), gateway.clock.waiting]).toEqual(['the gateway stops', 0]);
    expect((await post(ping(1))).status).toBe(404);
  });

  test('when its replies are not read', async () => {
    const entries = Array.from({ length: 400 }, (_, index) => entryOf(networkConstraint('shop', `policy-${index}`)));
    const gateway = gatewayOf({ objects: [reportObject('shop', entries)] });
    const response = await gateway.request('/sse', { headers: { ...accept, ...bearer('reader') } });
    const endpoint = '/messages?sessionId=session-1';
    const statuses = new Set<number>();
    for (let id = 0; id < 60; id += 1) {
      statuses.add((await gateway.post(endpoint, query(id), 'reader')).status);
      await gateway.clock.settle();
    }
    expect([...statuses]).toEqual([202, 404]);
    const text = await response.text();
    expect(lastWords(text)).toBe('too many replies wait to be read');
    expect(text.length).toBeLessThan(1_048_576 + 65_536);
    expect(gateway.records.findLast(({ name }) => name === 'mcp:sse')?.outcome).toBe('DEADLINE_EXCEEDED');
  });
});

test('an id of a session is the only thing that /messages asks for beside a message', async () => {
  const gateway = gatewayOf();
  expect((await gateway.post('/messages', ping(1), 'reader')).status).toBe(404);
  const got = await gateway.get('/messages', 'reader');
  expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
  const Published = z.object({ mcp: z.object({ enabled: z.literal(true), transport: z.literal('sse') }) });
  const health = gatewayOf({ rights: { admin: ['get clusterconstraintreports'] } });
  Published.parse(await (await health.get('/resources/health', 'admin')).json());
});
