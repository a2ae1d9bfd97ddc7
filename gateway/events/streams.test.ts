import { describe, expect, test } from 'vitest';
import { formatReportLine, handleOf } from '../../crds/report-line.ts';
import { gatherMs } from '../catalog/changes.ts';
import type { CallRecord } from '../http/calls.ts';
import { readEvents } from '../testing/event-reader.ts';
import { createGateway, type Gateway, rightsOf } from '../testing/fixture.ts';
import { detailObject, entryOf, hiddenWords, networkConstraint, reportObject } from '../testing/objects.ts';
import { streamsMax, streamsOfCallerMax } from './streams.ts';

const policy = networkConstraint('shop', 'db-in');
const other = networkConstraint('shop', 'web-in');
const foreign = networkConstraint('platform', 'peer');
const handle = handleOf(foreign.id);
const line = formatReportLine({ ...foreign, kind: foreign.source.kind, name: handle });
const before = reportObject('shop', [entryOf(policy)]);
const after = reportObject('shop', [entryOf(policy), entryOf(other)]);
const objects = [
  before,
  reportObject('data', []),
  detailObject('shop', 'constraints', [policy]),
  detailObject('platform', 'constraints', [foreign]),
];
const gatewayOf = (rights: Record<string, readonly string[]> = rightsOf('shop')) =>
  createGateway({ objects, rights: { ...rights } });

async function open(gateway: Gateway, path: string, user?: string) {
  const response = await gateway.get(path, user);
  expect(response.status).toBe(200);
  const reader = readEvents(response);
  await gateway.clock.settle();
  return { response, reader };
}

async function errorOf(response: Response) {
  const body: unknown = await response.json();
  return [response.status, body];
}

describe.each(['/sse', '/events'])('GET %s', (path) => {
  test('begins at once, and says something at least every two seconds', async () => {
    const gateway = gatewayOf();
    const { reader, response } = await open(gateway, path, 'reader');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(reader.text).toMatch(/^: [^\n]+\n\n$/);
    for (let second = 0; second < 120; second += 2) {
      const { length } = reader.text;
      await gateway.clock.advance(2_000);
      expect(reader.text.length).toBeGreaterThan(length);
    }
    expect(reader.news()).toEqual([]);
    await reader.leave();
  });

  const types = ['*/*', 'text/html', 'text/*', 'text/event-stream;q=0, */*'];
  const named = ['text/event-stream', 'application/json, text/event-stream'];
  test.each(path === '/sse' ? types : [...types, ...named])('is the plain stream for Accept: %s', async (accept) => {
    const gateway = gatewayOf();
    const response = await gateway.request(path, { headers: { accept, authorization: 'Bearer reader' } });
    const reader = readEvents(response);
    gateway.put(after);
    await gateway.clock.advance(gatherMs);
    expect(reader.text.split('\n\n').at(-2)).toBe(
      `data: ${JSON.stringify({
        type: 'constraint_change',
        data: {
          type: 'added',
          constraintUID: other.id,
          constraintName: 'web-in',
          namespace: 'shop',
          constraintType: 'NetworkIngress',
          severity: 'Critical',
        },
      })}`,
    );
    await reader.leave();
  });

  test('HEAD is answered by the headers alone, and opens no stream', async () => {
    const gateway = gatewayOf();
    const response = await gateway.request(path, { method: 'HEAD', headers: { authorization: 'Bearer reader' } });
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'text/event-stream',
      '',
    ]);
    // An open stream has its turns.
    expect(gateway.clock.waiting).toBe(0);
  });
});

describe('who gets a stream', () => {
  test('of a namespace: whoever may read its report; others are refused in the same bytes whether it exists or not', async () => {
    const gateway = gatewayOf({ ...rightsOf('shop'), nobody: [] });
    const refusals = await Promise.all(
      ['shop', 'no-such-thing'].map(async (namespace) =>
        Promise.all(
          [undefined, 'nobody', 'stranger'].map(async (user) =>
            errorOf(await gateway.get(`/events?namespace=${namespace}`, user)),
          ),
        ),
      ),
    );
    expect(refusals[0]?.map(([status]) => status)).toEqual([401, 403, 401]);
    expect(refusals[0]).toEqual(refusals[1]);
    const { reader } = await open(gateway, '/events?namespace=shop', 'reader');
    await reader.leave();
  });

  test.each(['Shop', 'a/b', '../x', '', ' ', 'a'.repeat(64)])('%j is no name of a namespace', async (namespace) => {
    const response = await gatewayOf().get(`/events?namespace=${encodeURIComponent(namespace)}`, 'reader');
    expect(await errorOf(response)).toMatchObject([400, { code: 'INVALID_REQUEST' }]);
  });

  test('of all: whoever has a token; without one, whoever may read every report', async () => {
    const gateway = gatewayOf({ ...rightsOf('shop'), nobody: [] });
    expect(await errorOf(await gateway.get('/sse'))).toMatchObject([401, { code: 'UNAUTHENTICATED' }]);
    expect(await errorOf(await gateway.get('/sse', 'stranger'))).toMatchObject([401, { code: 'UNAUTHENTICATED' }]);
    const { reader } = await open(gateway, '/sse', 'nobody');
    const open2 = gatewayOf({ 'system:anonymous': ['get constraintreports'] });
    const anonymous = await open(open2, '/sse');
    open2.put(after);
    gateway.put(after);
    await open2.clock.advance(gatherMs);
    await gateway.clock.advance(gatherMs);
    expect(anonymous.reader.news()).toEqual(['added shop/web-in']);
    expect(reader.news()).toEqual([]);
    await Promise.all([reader.leave(), anonymous.reader.leave()]);
  });

  test('nobody before everything was read, while nobody can tell who asks, and once the gateway stops', async () => {
    const gateway = gatewayOf();
    gateway.facts.synced = false;
    expect(await errorOf(await gateway.get('/sse', 'reader'))).toMatchObject([503, { code: 'NOT_SYNCED' }]);
    gateway.facts.synced = true;
    gateway.reviews.up = false;
    expect(await errorOf(await gateway.get('/sse', 'other'))).toMatchObject([503, { code: 'REVIEW_UNAVAILABLE' }]);
    gateway.reviews.up = true;
    gateway.streams.close();
    expect(await errorOf(await gateway.get('/sse', 'reader'))).toMatchObject([503, { code: 'NOT_SYNCED' }]);
    expect(gateway.clock.waiting).toBe(0);
  });

  test('so many at a time as one caller, and all together, may have', async () => {
    const gateway = gatewayOf();
    const own = await Promise.all(
      Array.from({ length: streamsOfCallerMax }, async () => open(gateway, '/events', 'reader')),
    );
    const refused = await gateway.get('/events', 'reader');
    expect(refused.headers.get('retry-after')).toBe('30');
    expect(await errorOf(refused)).toMatchObject([429, { code: 'TOO_MANY_STREAMS' }]);
    await own[0]?.reader.leave();
    await (await open(gateway, '/events', 'reader')).reader.leave();
    for (let index = streamsOfCallerMax - 1; index < streamsMax; index += 1) {
      const user = `user-${Math.floor(index / streamsOfCallerMax)}`;
      expect((await gateway.get('/events', user)).status).toBe(200);
    }
    expect(await errorOf(await gateway.get('/events', 'one-more'))).toMatchObject([429, { code: 'TOO_MANY_STREAMS' }]);
    gateway.streams.close();
  });
});

describe('what a reader is told', () => {
  const told = async (user: string, rights: readonly string[], path = '/events') => {
    const gateway = gatewayOf({ [user]: rights });
    const { reader } = await open(gateway, path, user);
    gateway.put(detailObject('shop', 'constraints', [{ ...policy, message: 'another sentence' }]));
    await gateway.clock.advance(gatherMs);
    gateway.put(reportObject('shop', [entryOf(policy)], { inherited: [line] }));
    gateway.put(reportObject('data', [entryOf(networkConstraint('data', 'x'))]));
    await gateway.clock.advance(gatherMs);
    gateway.put(before);
    await gateway.clock.advance(gatherMs);
    for (const word of hiddenWords) expect(reader.text).not.toContain(word);
    const news = reader.news();
    const { text } = reader;
    await reader.leave();
    return { news, text };
  };

  test('at the summary level nothing of full forms, and handles for policies of other namespaces', async () => {
    const { news, text } = await told('reader', ['get constraintreports shop']);
    expect(news).toEqual([`added shop/${handle}`, `removed shop/${handle}`]);
    expect(text).not.toContain('peer');
  });

  test('at the detailed level also that a full form changed', async () => {
    const { news } = await told('owner', ['get constraintreports shop', 'get constraintdetails shop']);
    expect(news).toEqual(['updated shop/db-in', `added shop/${handle}`, `removed shop/${handle}`]);
  });

  test('at the full level names of policies of other namespaces, and every namespace', async () => {
    const { news } = await told('admin', ['get constraintreports', 'get constraintdetails']);
    expect(news).toEqual(['updated shop/db-in', 'added shop/peer', 'added data/x', 'removed shop/peer']);
  });

  test('of one namespace alone when it asked for one', async () => {
    const { news } = await told('admin', ['get constraintreports', 'get constraintdetails'], '/sse?namespace=data');
    expect(news).toEqual(['added data/x']);
  });

  test('one question covers all namespaces, and only what changed is asked about', async () => {
    const gateway = gatewayOf({ admin: ['get constraintreports'], reader: ['get constraintreports shop'] });
    const [admin, reader] = [await open(gateway, '/events', 'admin'), await open(gateway, '/events', 'reader')];
    gateway.reviews.asked.splice(0);
    gateway.put(after);
    await gateway.clock.advance(gatherMs);
    expect(gateway.reviews.asked.toSorted()).toEqual([
      'admin get constraintreports',
      'reader get constraintreports',
      'reader get constraintreports shop',
    ]);
    await Promise.all([admin.reader.leave(), reader.reader.leave()]);
  });
});

describe('a stream ends', () => {
  const ended = (text: string) => /: closed: ([^\n]+)\n\n$/.exec(text)?.[1];
  const rights = { reader: ['get constraintreports shop'] };

  test('within a cache time of the right, and tells nothing after that', async () => {
    const gateway = gatewayOf(rights);
    const { reader } = await open(gateway, '/events?namespace=shop', 'reader');
    await gateway.clock.advance(1_000);
    gateway.reviews.rights['reader'] = [];
    await gateway.clock.advance(59_000);
    gateway.put(after);
    await gateway.clock.advance(6_000);
    expect(ended(reader.text)).toBe('your right to read this was withdrawn');
    expect(reader.news()).toEqual([]);
    expect([reader.ended, gateway.clock.waiting]).toEqual([true, 0]);
  });

  test('without a change, too', async () => {
    const gateway = gatewayOf(rights);
    const { reader } = await open(gateway, '/events?namespace=shop', 'reader');
    gateway.reviews.rights['reader'] = [];
    await gateway.clock.advance(66_000);
    expect(ended(reader.text)).toBe('your right to read this was withdrawn');
  });

  test('when the token is not accepted any more', async () => {
    const gateway = gatewayOf(rights);
    const { reader } = await open(gateway, '/events', 'reader');
    gateway.reviews.authenticate = async () => Promise.resolve(undefined);
    await gateway.clock.advance(66_000);
    expect(ended(reader.text)).toBe('your token is not accepted any more');
  });

  test('for nobody who has other namespaces left: events of the one cease', async () => {
    const gateway = gatewayOf({ reader: ['get constraintreports shop', 'get constraintreports data'] });
    const { reader } = await open(gateway, '/events', 'reader');
    gateway.put(after);
    await gateway.clock.advance(gatherMs);
    expect(reader.news()).toEqual(['added shop/web-in']);
    gateway.reviews.rights['reader'] = ['get constraintreports data'];
    await gateway.clock.advance(60_000);
    gateway.put(before);
    gateway.put(reportObject('data', [entryOf(networkConstraint('data', 'x'))]));
    await gateway.clock.advance(gatherMs);
    expect(reader.news()).toEqual(['added data/x']);
    await reader.leave();
  });

  test('after a while in which nobody could tell whether it may go on; until then what is not proven waits', async () => {
    const gateway = gatewayOf(rights);
    const { reader } = await open(gateway, '/events?namespace=shop', 'reader');
    gateway.reviews.up = false;
    await gateway.clock.advance(61_000);
    gateway.put(after);
    await gateway.clock.advance(10_000);
    expect([reader.news(), reader.ended]).toEqual([[], false]);
    await gateway.clock.advance(30_000);
    expect(reader.news()).toEqual([]);
    expect(ended(reader.text)).toBe('nobody can tell at the moment whether you may read this');
  });

  test('not when reviews come back: what waited is told then', async () => {
    const gateway = gatewayOf(rights);
    const { reader } = await open(gateway, '/events?namespace=shop', 'reader');
    gateway.reviews.up = false;
    await gateway.clock.advance(61_000);
    gateway.put(reportObject('shop', []));
    await gateway.clock.advance(1_000);
    gateway.put(after);
    await gateway.clock.advance(1_000);
    gateway.reviews.up = true;
    await gateway.clock.advance(2_000);
    expect(reader.news()).toEqual(['added shop/web-in']);
    await gateway.clock.advance(60_000);
    expect(reader.ended).toBe(false);
    await reader.leave();
  });

  test('when the gateway stops', async () => {
    const gateway = gatewayOf(rights);
    const { reader } = await open(gateway, '/sse', 'reader');
    gateway.streams.close();
    await gateway.clock.settle();
    expect(ended(reader.text)).toBe('the gateway stops');
    expect([reader.ended, gateway.clock.waiting]).toEqual([true, 0]);
  });

  test('when its reader goes, and leaves nothing behind', async () => {
    const gateway = gatewayOf(rights);
    const { reader } = await open(gateway, '/sse', 'reader');
    await reader.leave();
    gateway.put(after);
    await gateway.clock.advance(2_000);
    expect(gateway.clock.waiting).toBe(0);
  });

  test('when nothing was read for half a minute, with few bytes waiting', async () => {
    const gateway = gatewayOf({ admin: ['get constraintreports'] });
    const response = await gateway.get('/events', 'admin');
    for (let index = 0; index < 600; index += 1) {
      gateway.put(index % 2 === 0 ? after : before);
      await gateway.clock.advance(gatherMs);
    }
    const text = await response.text();
    expect(ended(text)).toBe('nothing was read for 30 s');
    // One comment at the start: a second heartbeat is not written while the first was not taken.
    expect(text.match(/^:/gm)?.length).toBeLessThanOrEqual(3);
    expect(text.length).toBeLessThan(131_072);
    expect(gateway.clock.waiting).toBe(0);
  });

  test('when more changes wait than are kept for one reader', async () => {
    const gateway = gatewayOf({ admin: ['get constraintreports'] });
    const response = await gateway.get('/events', 'admin');
    for (let part = 0; part < 60; part += 1) {
      const entries = Array.from({ length: 400 }, (_, index) => entryOf(networkConstraint(`n${part}`, `p${index}`)));
      gateway.put(reportObject(`n${part}`, entries));
    }
    await gateway.clock.advance(gatherMs);
    expect(ended(await response.text())).toBe('too many changes wait to be read');
  });
});

test('what a caller may not ask about now, for its budget is spent, is told later', async () => {
  const names = Array.from({ length: 1_200 }, (_, index) => `n-${index}`);
  const gateway = gatewayOf({ reader: names.map((name) => `get constraintreports ${name}`) });
  const { reader } = await open(gateway, '/events', 'reader');
  for (const name of names) gateway.put(reportObject(name, [entryOf(networkConstraint(name, 'x'))]));
  await gateway.clock.advance(1_000);
  const atFirst = reader.news();
  expect(atFirst.length).toBeLessThan(names.length);
  await gateway.clock.advance(30_000);
  expect(new Set([...atFirst, ...reader.news()])).toEqual(new Set(names.map((name) => `added ${name}/x`)));
  await reader.leave();
});

test('refusals and ended streams are recorded like calls', async () => {
  const records: CallRecord[] = [];
  const gateway = createGateway({
    objects,
    rights: { reader: ['get constraintreports shop'] },
    onCall: (record) => records.push(record),
  });
  await gateway.get('/events?namespace=data', 'reader');
  const { reader } = await open(gateway, '/sse?namespace=shop', 'reader');
  await gateway.clock.advance(1_000);
  expect(records).toHaveLength(1);
  await reader.leave();
  expect(records).toMatchObject([
    { name: 'events', namespace: 'data', outcome: 'FORBIDDEN', status: 403, caller: { user: { username: 'reader' } } },
    { name: 'sse', namespace: 'shop', outcome: 'OK', status: 200, ms: 1_000, bytes: reader.text.length },
  ]);
});
