import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, test } from 'vitest';
import { formatReportLine, handleOf } from '../../crds/report-line.ts';
import { gatherMs } from '../catalog/changes.ts';
import { streamsOfCallerMax } from '../events/streams.ts';
import { createGateway, type Gateway, rightsOf } from '../testing/fixture.ts';
import { clusterReportObject, detailObject, entryOf, networkConstraint, reportObject } from '../testing/objects.ts';

const policy = networkConstraint('shop', 'db-in');
const other = networkConstraint('shop', 'web-in');
const foreign = networkConstraint('platform', 'peer');
const line = formatReportLine({ ...foreign, kind: foreign.source.kind, name: handleOf(foreign.id) });
const before = reportObject('shop', [entryOf(policy)]);
const after = reportObject('shop', [entryOf(policy), entryOf(other)]);
const objects = [
  before,
  reportObject('data', []),
  detailObject('shop', 'constraints', [policy]),
  detailObject('platform', 'constraints', [foreign]),
];
const report = 'potoo://reports/shop';
const gatewayOf = (rights: Record<string, readonly string[]> = rightsOf('shop')) =>
  createGateway({ objects, rights: { ...rights } });

/** The official client, as this user. */
async function connect(gateway: Gateway, user: string, mode: 'auto' | 'legacy' = 'auto') {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(
    new StreamableHTTPClientTransport(new URL('http://localhost/mcp'), {
      requestInit: { headers: { authorization: `Bearer ${user}` } },
      fetch: async (url, init) => gateway.fetch(new Request(url, init)),
    }),
  );
  const told: string[] = [];
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => void told.push(params.uri));
  /** What has come since the last call. */
  const news = () => told.splice(0);
  return { client, news };
}

async function listen(gateway: Gateway, user: string, ...uris: readonly string[]) {
  const { client, news } = await connect(gateway, user);
  const subscription = await client.listen({ resourceSubscriptions: [...uris] });
  return { closed: subscription.closed, news, leave: async () => subscription.close() };
}

/** Time for the gateway, and for the client to read what was written meanwhile. */
async function pass(gateway: Gateway, ms: number): Promise<void> {
  await gateway.clock.advance(ms);
  await new Promise((resolve) => setImmediate(resolve));
}

/** One message of a client that speaks the newest revision, as it is on the wire. */
async function post(gateway: Gateway, user: string | undefined, uris: unknown, id: string | number = 1) {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return gateway.request('/mcp', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'subscriptions/listen',
      ...(user === undefined ? {} : { authorization: `Bearer ${user}` }),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id,
      method: 'subscriptions/listen',
      params: { notifications: { resourceSubscriptions: uris }, _meta: meta },
    }),
  });
}

describe('who listens is told', () => {
  test('of a report, and of each constraint by any of its names, with the address as it was given', async () => {
    const gateway = gatewayOf();
    const uris = [
      'potoo://reports/shop?limit=10',
      'potoo://constraints/shop/web-in',
      `potoo://constraints/shop/${other.id}`,
      `potoo://constraints/shop/${handleOf(other.id)}`,
      'potoo://constraints/shop/db-in',
      'potoo://constraints/shop/no-such',
    ];
    const { news, leave } = await listen(gateway, 'reader', ...uris);
    gateway.put(after);
    await pass(gateway, gatherMs);
    expect(news()).toEqual(uris.slice(0, 4));
    await pass(gateway, 2_000);
    gateway.put(before);
    await pass(gateway, gatherMs);
    expect(news()).toEqual(uris.slice(0, 4));
    await leave();
  });

  test('nothing of what it cannot see changed', async () => {
    const gateway = gatewayOf();
    const uris = [report, 'potoo://constraints/shop/db-in', 'potoo://constraints/shop/peer'];
    const [reader, owner, admin] = [
      await listen(gateway, 'reader', ...uris),
      await listen(gateway, 'owner', ...uris),
      await listen(gateway, 'admin', ...uris),
    ];
    gateway.put(detailObject('shop', 'constraints', [{ ...policy, message: 'another sentence' }]));
    await pass(gateway, gatherMs);
    expect([reader.news(), owner.news()]).toEqual([[], uris.slice(0, 2)]);
    admin.news();
    await pass(gateway, 2_000);
    // A policy of another namespace has its name for whoever may read it there, and is a handle to others.
    gateway.put(reportObject('shop', [entryOf(policy)], { inherited: [line] }));
    await pass(gateway, gatherMs);
    expect([reader.news(), owner.news(), admin.news()]).toEqual([[report], [report], [report, uris[2]]]);
    await Promise.all([reader.leave(), owner.leave(), admin.leave()]);
  });

  test('at most once a second of each address, and of the last change always', async () => {
    const gateway = gatewayOf();
    const { news, leave } = await listen(gateway, 'reader', report);
    const counts: number[] = [];
    for (let tenth = 0; tenth < 105; tenth += 1) {
      gateway.put(tenth % 2 === 0 ? after : before);
      await pass(gateway, gatherMs);
      if (tenth % 10 === 9) counts.push(news().length);
    }
    expect(Math.max(...counts)).toBe(1);
    expect(news()).toEqual([report]);
    await pass(gateway, 2_000);
    expect(news()).toEqual([report]);
    await pass(gateway, 10_000);
    expect(news()).toEqual([]);
    await leave();
  });

  test('of health and capabilities, when its own answer is another', async () => {
    const gateway = gatewayOf();
    const uris = ['potoo://health', 'potoo://capabilities'];
    const [reader, admin] = [await listen(gateway, 'reader', ...uris), await listen(gateway, 'admin', ...uris)];
    gateway.put(clusterReportObject());
    await pass(gateway, 2_000);
    expect([reader.news(), admin.news()]).toEqual([uris, uris]);
    // Figures are not for every caller.
    gateway.put(clusterReportObject({ constraints: 4_711 }));
    await pass(gateway, 2_000);
    expect([reader.news(), admin.news()]).toEqual([[], uris]);
    gateway.put(clusterReportObject({ constraints: 4_711 }));
    await pass(gateway, 2_000);
    expect(admin.news()).toEqual([]);
    gateway.facts.operatorAlive = false;
    await pass(gateway, 2_000);
    expect(reader.news()).toEqual(uris);
    await Promise.all([reader.leave(), admin.leave()]);
  });

  test('and each by its own subscription alone, also with the id of another', async () => {
    const gateway = gatewayOf({ reader: ['get constraintreports shop'], other: ['get constraintreports data'] });
    const [mine, theirs] = [
      await post(gateway, 'reader', [report], 'same'),
      await post(gateway, 'other', ['potoo://reports/data'], 'same'),
    ];
    gateway.put(after);
    await pass(gateway, gatherMs);
    gateway.streams.close();
    const [told, notTold] = [await mine.text(), await theirs.text()];
    expect(told).toContain('notifications/resources/updated');
    expect(told).toContain('"io.modelcontextprotocol/subscriptionId":"same"');
    expect(notTold).toContain('notifications/subscriptions/acknowledged');
    expect(notTold).not.toContain('notifications/resources/updated');
    expect(notTold).not.toContain('shop');
  });
});

describe('a request to listen is refused', () => {
  test('without the right to one of the addresses, in the same bytes whether it exists or not', async () => {
    const gateway = gatewayOf();
    const texts = await Promise.all(
      [
        'potoo://reports/data',
        'potoo://reports/no-such',
        'potoo://constraints/data/x',
        'potoo://constraints/no-such/x',
      ].map(async (uri) => (await post(gateway, 'reader', [report, uri])).text()),
    );
    expect(new Set(texts).size).toBe(1);
    expect(JSON.parse(texts[0] ?? '')).toMatchObject({ id: 1, error: { code: -32_003, data: { code: 'FORBIDDEN' } } });
    await expect(listen(gateway, 'reader', 'potoo://reports/data')).rejects.toThrow(/^You may not do this here/);
    expect(gateway.records.at(-1)).toMatchObject({ name: 'mcp:subscriptions/listen', outcome: 'FORBIDDEN' });
    expect(gateway.clock.waiting).toBe(0);
  });

  test('without a token', async () => {
    const gateway = gatewayOf();
    expect((await post(gateway, undefined, [report])).status).toBe(401);
    expect((await post(gateway, 'stranger', [report])).status).toBe(401);
    const open = gatewayOf({ 'system:anonymous': ['get constraintreports'] });
    const response = await post(open, undefined, ['potoo://health']);
    expect([response.status, response.headers.has('www-authenticate')]).toEqual([401, true]);
  });

  test.each([
    ['no address', [1]],
    ['of another kind', ['https://example.com/']],
    ['nothing that there is', ['potoo://nothing']],
    ['a pattern', ['potoo://reports/*']],
    ['a template', ['potoo://reports/{namespace}']],
    ['no name of a namespace', ['potoo://reports/Shop']],
    ['very long', [`potoo://constraints/shop/${'a'.repeat(5_000)}`]],
    ['too many', Array.from({ length: 101 }, (_, index) => `potoo://constraints/shop/p-${index}`)],
  ])('%s', async (_name, uris) => {
    const gateway = gatewayOf();
    const response = await post(gateway, 'admin', uris);
    expect(await response.json()).toMatchObject({ error: { code: -32_602, data: { code: 'INVALID_REQUEST' } } });
    expect(gateway.clock.waiting).toBe(0);
  });

  test('beyond as many streams as one caller may have, of whatever kind', async () => {
    const gateway = gatewayOf();
    const first = await gateway.get('/events', 'reader');
    for (let open = 1; open < streamsOfCallerMax; open += 1) {
      expect((await post(gateway, 'reader', [report])).headers.get('content-type')).toBe('text/event-stream');
    }
    const refused = await post(gateway, 'reader', [report]);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30']);
    await first.body?.cancel();
    expect((await post(gateway, 'reader', [report])).status).toBe(200);
    gateway.streams.close();
  });

  test('before everything was read, and once the gateway stops', async () => {
    const gateway = gatewayOf();
    gateway.facts.synced = false;
    expect((await post(gateway, 'reader', [report])).status).toBe(503);
    gateway.facts.synced = true;
    gateway.streams.close();
    expect((await post(gateway, 'reader', [report])).status).toBe(503);
  });
});

describe('a stream of updates ends', () => {
  test('when a right to one of its addresses is withdrawn, and tells nothing after that', async () => {
    const rights = ['get constraintreports shop', 'get constraintreports data'];
    const gateway = gatewayOf({ reader: rights });
    const { closed, news } = await listen(gateway, 'reader', report, 'potoo://reports/data');
    gateway.reviews.rights['reader'] = ['get constraintreports data'];
    await pass(gateway, 61_000);
    gateway.put(after);
    await pass(gateway, 6_000);
    expect(await closed).toBe('graceful');
    expect(news()).toEqual([]);
    expect(gateway.clock.waiting).toBe(0);
    expect(gateway.records.at(-1)).toMatchObject({
      name: 'mcp:subscriptions/listen',
      outcome: 'FORBIDDEN',
      status: 200,
      caller: { user: { username: 'reader' } },
    });
  });

  test('when the token is not accepted any more', async () => {
    const gateway = gatewayOf();
    const { closed } = await listen(gateway, 'reader', report);
    gateway.reviews.authenticate = async () => Promise.resolve(undefined);
    await pass(gateway, 66_000);
    expect(await closed).toBe('graceful');
    expect(gateway.records.at(-1)).toMatchObject({ outcome: 'UNAUTHENTICATED' });
  });

  test('after a while in which nobody could tell whether it may go on; what is not proven waits', async () => {
    const gateway = gatewayOf();
    const { closed, news } = await listen(gateway, 'reader', report);
    gateway.reviews.up = false;
    await pass(gateway, 61_000);
    gateway.put(after);
    await pass(gateway, 10_000);
    expect(news()).toEqual([]);
    gateway.reviews.up = true;
    await pass(gateway, 4_000);
    expect(news()).toEqual([report]);
    gateway.reviews.up = false;
    await pass(gateway, 100_000);
    expect(await closed).toBe('graceful');
  });

  test('in good order when the gateway stops', async () => {
    const gateway = gatewayOf();
    const { closed } = await listen(gateway, 'reader', report);
    gateway.streams.close();
    expect(await closed).toBe('graceful');
    expect(gateway.records.at(-1)).toMatchObject({ name: 'mcp:subscriptions/listen', outcome: 'OK' });
    expect(gateway.clock.waiting).toBe(0);
  });

  test('when its reader goes, and leaves nothing behind', async () => {
    const gateway = gatewayOf();
    const { leave } = await listen(gateway, 'reader', report);
    await leave();
    await pass(gateway, 2_000);
    expect(gateway.records.filter(({ name }) => name === 'mcp:subscriptions/listen')).toHaveLength(1);
    expect(gateway.clock.waiting).toBe(0);
  });

  test('when nothing was read for half a minute', async () => {
    const gateway = gatewayOf();
    const response = await post(gateway, 'reader', [report]);
    await pass(gateway, 60_000);
    expect(gateway.records.at(-1)).toMatchObject({ outcome: 'DEADLINE_EXCEEDED' });
    expect(await response.text()).toContain(': closed: nothing was read for 30 s');
  });
});

test('what was written is said in the record', async () => {
  const gateway = gatewayOf();
  const response = await post(gateway, 'reader', [report]);
  gateway.put(after);
  await pass(gateway, gatherMs);
  gateway.streams.close();
  const text = await response.text();
  expect(text).toContain(': closed: the gateway stops\n\n');
  expect(gateway.records.at(-1)?.bytes).toBe(text.length);
});

test('who asks for other news than of resources gets an end at once: lists do not change', async () => {
  const gateway = gatewayOf();
  const { client } = await connect(gateway, 'reader');
  const subscription = await client.listen({ toolsListChanged: true });
  expect([subscription.honoredFilter, await subscription.closed]).toEqual([{}, 'graceful']);
});

test('clients of older revisions may subscribe where they may read, and are promised nothing', async () => {
  const gateway = gatewayOf();
  const { client } = await connect(gateway, 'reader', 'legacy');
  expect(client.getServerCapabilities()?.resources).toEqual({ listChanged: false });
  const subscribe = async (uri: string) =>
    gateway
      .post('/mcp', { jsonrpc: '2.0', id: 1, method: 'resources/subscribe', params: { uri } }, 'reader')
      .then(async (response) => response.text());
  expect(await subscribe(report)).toContain('"result":{}');
  expect(await subscribe('potoo://health')).toContain('"result":{}');
  expect(await subscribe('potoo://nothing')).toContain('-32602');
  const [existing, missing] = [await subscribe('potoo://reports/data'), await subscribe('potoo://reports/none')];
  expect(existing).toContain('You may not do this here');
  expect(existing.replace('/data', '/none')).toBe(missing);
  const body = { jsonrpc: '2.0', id: 1, method: 'resources/unsubscribe', params: { uri: report } };
  expect(await (await gateway.post('/mcp', body, 'reader')).text()).toContain('"result":{}');
  expect(gateway.records.slice(-6).map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
    'mcp:resources/subscribe OK',
    'mcp:resources/subscribe OK',
    'mcp:resources/subscribe NOT_FOUND',
    'mcp:resources/subscribe FORBIDDEN',
    'mcp:resources/subscribe FORBIDDEN',
    'mcp:resources/unsubscribe OK',
  ]);
});
