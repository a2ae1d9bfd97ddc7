import { describe, expect, test } from 'vitest';
import { KubeError } from './errors.ts';
import { createFakeApi } from './testing/fake-api.ts';
import { pod, pods, start } from './testing/simulated-reflector.ts';
import type { Transport } from './transport.ts';

/** Both ways to the first complete picture have to behave the same. */
describe.each([
  ['WatchList', true],
  ['pages', false],
])('by %s', (_name, watchList) => {
  test('tells what exists, then synced, then every change once and in order', async () => {
    const { api, clock, begin, take, errors } = start({ watchList });
    api.put(pods, pod('a'));
    api.put(pods, pod('b'));
    const reflector = begin();
    expect(reflector.state).toBe('starting');
    await reflector.whenSynced();
    expect(take()).toEqual(['+a', '+b', 'synced']);
    expect(reflector.state).toBe('synced');
    api.put(pods, pod('c'));
    api.put(pods, pod('a', 2));
    api.remove(pods, { namespace: 'shop', name: 'b' });
    await clock.settle();
    expect(take()).toEqual(['+c', '+a', '-b']);
    expect([...reflector.entries()]).toEqual([
      ['shop/a', { spec: { value: 2 } }],
      ['shop/c', { spec: { value: 1 } }],
    ]);
    expect(reflector.get('shop/a')).toEqual({ spec: { value: 2 } });
    expect(reflector.size).toBe(2);
    expect(errors).toEqual([]);
    await reflector.stop();
    expect(api.watches).toEqual([]);
  });

  test('after 410 inside the watch it lists again, tells what is gone and repeats nothing', async () => {
    const { api, clock, begin, take } = start({ watchList });
    api.put(pods, pod('a'));
    api.put(pods, pod('b'));
    const reflector = begin();
    await clock.settle();
    take();
    api.stallWatches();
    api.remove(pods, { namespace: 'shop', name: 'a' });
    api.put(pods, pod('c'));
    api.compact();
    api.cutWatches();
    await clock.settle();
    expect(reflector.state).toBe('failing');
    await clock.advance(5_000);
    expect(take()).toEqual(['+c', '-a', 'synced']);
    expect(reflector.state).toBe('synced');
    await reflector.stop();
  });

  test('a silent connection is given up after 90 s, and what was missed is caught up', async () => {
    const { api, clock, begin, take, errors } = start({ watchList });
    const reflector = begin();
    await clock.settle();
    api.stallWatches();
    api.put(pods, pod('a'));
    await clock.advance(89_000);
    expect(take()).toEqual(['synced']);
    await clock.advance(2_000);
    expect(take()).toEqual(['+a']);
    // A kind of which nothing happens is silent too: that is no error.
    expect(errors).toEqual([]);
    await reflector.stop();
  });

  test('metadata alone is enough where nothing else is read', async () => {
    const { api, clock, begin } = start(
      { watchList },
      { metadataOnly: true, prune: ({ kind, spec }) => ({ kind, spec }) },
    );
    api.put(pods, pod('a'));
    const reflector = begin();
    await clock.settle();
    api.put(pods, pod('b'));
    await clock.settle();
    expect([...reflector.entries()]).toEqual([
      ['shop/a', { kind: 'Pod', spec: undefined }],
      ['shop/b', { kind: 'Pod', spec: undefined }],
    ]);
    await reflector.stop();
  });

  test('an object that stops matching the selector is gone', async () => {
    const { api, clock, begin, take } = start({ watchList }, { labelSelector: 'on=yes' });
    api.put(pods, pod('a', 1, { on: 'yes' }));
    api.put(pods, pod('b', 1, { on: 'no' }));
    const reflector = begin();
    await clock.settle();
    api.put(pods, pod('a', 1, { on: 'no' }));
    api.put(pods, pod('b', 1, { on: 'yes' }));
    await clock.settle();
    expect(take()).toEqual(['+a', 'synced', '-a', '+b']);
    await reflector.stop();
  });
});

test('a WatchList needs one request; a server without it is listed in pages, which is no error', async () => {
  const modern = start();
  const first = modern.begin();
  await first.whenSynced();
  expect(modern.api.requests.map(({ verb }) => verb)).toEqual(['watch']);
  expect(modern.api.requests[0]?.query).toMatchObject({
    watch: '1',
    allowWatchBookmarks: 'true',
    sendInitialEvents: 'true',
    resourceVersionMatch: 'NotOlderThan',
  });
  await first.stop();

  const older = start({ watchList: false });
  for (let index = 0; index < 1_001; index += 1) older.api.put(pods, pod(`p${index}`));
  const second = older.begin();
  await second.whenSynced();
  await older.clock.settle();
  expect(older.api.requests.map(({ verb }) => verb)).toEqual(['watch', 'list', 'list', 'list', 'watch']);
  expect(second.size).toBe(1_001);
  expect(second.errorCount).toBe(0);
  const { timeoutSeconds, resourceVersion } = older.api.requests.at(-1)?.query ?? {};
  expect(Number(timeoutSeconds)).toBeGreaterThanOrEqual(300);
  expect(Number(timeoutSeconds)).toBeLessThan(600);
  expect(resourceVersion).toBe('2001');
  await second.stop();
});

test('a WatchList that is cut before its end is continued in pages', async () => {
  const { api, clock, begin, take } = start();
  api.put(pods, pod('a'));
  const reflector = begin();
  api.cutWatches();
  await clock.settle();
  // The connection breaks after headers came and before the first line was read.
  api.cutWatches(({ query }) => query.sendInitialEvents === 'true');
  await clock.advance(5_000);
  expect(take().at(-1)).toBe('synced');
  expect(reflector.get('shop/a')).toBeDefined();
  await reflector.stop();
});

test('a watch that ends in good order goes on where it was, without a list', async () => {
  const { api, clock, begin, take, errors } = start();
  const reflector = begin();
  await clock.advance(30_000);
  api.put(pods, pod('a'));
  await clock.settle();
  api.endWatches();
  api.put(pods, pod('b'));
  await clock.settle();
  expect(take()).toEqual(['synced', '+a', '+b']);
  expect(api.requests.map(({ query }) => query.sendInitialEvents)).toEqual(['true', undefined]);
  expect(errors).toEqual([]);
  await reflector.stop();
});

test('bookmarks move the point to go on from', async () => {
  const { api, clock, begin } = start({ resources: [pods, { ...pods, plural: 'others', kind: 'Other' }] });
  const reflector = begin();
  await clock.settle();
  api.put({ ...pods, plural: 'others', kind: 'Other' }, pod('x'));
  api.bookmarkWatches();
  await clock.settle();
  api.compact();
  api.cutWatches();
  await clock.advance(1_000);
  expect(api.requests.at(-1)?.query.resourceVersion).toBe('1001');
  expect(reflector.state).toBe('synced');
  await reflector.stop();
});

test('a continue token that expires leads to one list without pages', async () => {
  const { api, clock, begin, take, errors } = start({ watchList: false, latencyMs: () => 10 });
  for (let index = 0; index < 600; index += 1) api.put(pods, pod(`p${index}`));
  const reflector = begin();
  await clock.advance(25);
  api.remove(pods, { namespace: 'shop', name: 'p0' });
  api.compact();
  await clock.advance(1_000);
  expect(api.requests.map(({ verb, query }) => `${verb} ${query.limit ?? ''}`)).toEqual([
    'watch ',
    'list 500',
    'list 500',
    'list ',
    'watch ',
  ]);
  expect(reflector.size).toBe(599);
  const events = take();
  expect(events.at(-1)).toBe('synced');
  expect(events).toContain('-p0');
  expect(errors.map(({ code }) => code)).toEqual(['KUBE_GONE']);
  await reflector.stop();
});

test('a page that is more than the transport takes is asked for again in smaller ones, which is no error', async () => {
  const { api, clock, begin, take, errors } = start({ watchList: false });
  for (let index = 0; index < 600; index += 1) api.put(pods, pod(`p${index}`));
  const { transport } = api;
  const takesLittle: Transport = {
    ...transport,
    async request(request) {
      if (Number(request.query?.limit ?? 600) > 50) {
        throw new KubeError('KUBE_UNREADABLE', { status: 200, request: request.path, said: 'the answer is longer' });
      }
      return transport.request(request);
    },
  };
  const reflector = begin({ transport: takesLittle });
  await clock.advance(1_000);
  expect(reflector.state).toBe('synced');
  expect(reflector.size).toBe(600);
  expect(take().filter((event) => event === 'synced')).toHaveLength(1);
  expect(api.requests.filter(({ verb }) => verb === 'list')).toHaveLength(12);
  expect(errors).toEqual([]);
  await reflector.stop();
});

test('what cannot be read in pages of one object is an error, and no endless question', async () => {
  const { api, clock, begin, errors } = start({ watchList: false });
  api.put(pods, pod('p'));
  let asked = 0;
  const takesNothing: Transport = {
    ...api.transport,
    async request(request) {
      asked += 1;
      throw new KubeError('KUBE_UNREADABLE', { status: 200, request: request.path, said: 'the answer is longer' });
    },
  };
  const reflector = begin({ transport: takesNothing });
  await clock.advance(10_000);
  expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['KUBE_UNREADABLE']));
  expect(errors.length).toBeLessThan(10);
  expect(asked).toBe(4 * errors.length);
  await reflector.stop();
});

test('while the server is away it asks less and less, at least every 8 s, and catches up without a new list', async () => {
  const { api, clock, begin, take, errors } = start();
  const reflector = begin();
  await clock.advance(10_000);
  const back = api.fail({ times: Number.POSITIVE_INFINITY, status: 0 });
  api.cutWatches();
  await clock.advance(10_000);
  const early = api.requests.length;
  expect(early).toBeLessThan(10);
  await clock.advance(600_000);
  const rate = api.requests.length - early;
  expect(rate).toBeGreaterThanOrEqual(600 / 8);
  expect(rate).toBeLessThan(2 * (600 / 8));
  expect(reflector.state).toBe('failing');
  expect(reflector.errorCount).toBe(errors.length);
  api.put(pods, pod('a'));
  back();
  await clock.advance(30_000);
  expect(reflector.state).toBe('synced');
  expect(take()).toEqual(['synced', '+a']);
  expect(api.requests.filter(({ query }) => query.sendInitialEvents === 'true')).toHaveLength(1);
  await reflector.stop();
});

test('Retry-After is waited for', async () => {
  const { api, clock, begin } = start();
  api.fail({ status: 429, retryAfterMs: 20_000 });
  const reflector = begin();
  await clock.advance(19_999);
  expect(api.requests).toHaveLength(1);
  await clock.advance(1);
  expect(reflector.state).toBe('synced');
  await reflector.stop();
});

test('a server that ends or refuses every watch is not asked in a loop', async () => {
  for (const spoil of ['end', 'refuse'] as const) {
    const { api, clock, begin } = start({ watchList: false });
    const reflector = begin();
    await clock.settle();
    for (let step = 0; step < 600; step += 1) {
      if (spoil === 'end') api.endWatches();
      else api.refuseWatches();
      await clock.advance(100);
    }
    expect({ spoil, many: api.requests.length > 100 }).toEqual({ spoil, many: false });
    await reflector.stop();
  }
});

test('after an etcd that went back in time it stops asking for a version that never comes', async () => {
  const { api, clock, begin } = start();
  api.put(pods, pod('a'));
  const reflector = begin();
  await clock.advance(10_000);
  const restored = createFakeApi({ resources: [pods], clock });
  expect(restored.list(pods)).toEqual([]);
  const heal = api.fail({
    matching: ({ query }) => query.resourceVersion !== undefined,
    times: Number.POSITIVE_INFINITY,
    status: 504,
    reason: 'Timeout',
    message: 'Too large resource version',
  });
  api.cutWatches();
  await clock.advance(30_000);
  expect(reflector.state).toBe('synced');
  expect(api.requests.at(-1)?.query.sendInitialEvents).toBe('true');
  heal();
  await reflector.stop();
});

describe('a line that no API server should send', () => {
  test.each([
    ['no JSON', '{"type":'],
    ['no object', '7'],
    ['an unknown type', '{"type":"GOSSIP","object":{}}'],
    ['an object without metadata', '{"type":"ADDED","object":{}}'],
    ['an object without a version', '{"type":"ADDED","object":{"metadata":{"name":"x","uid":"u"}}}'],
    ['a bookmark without a version', '{"type":"BOOKMARK","object":{"metadata":{}}}'],
  ])('%s is reported and leads to a new list', async (_name, line) => {
    const { api, clock, begin, take, errors } = start();
    api.put(pods, pod('a'));
    const reflector = begin();
    await clock.settle();
    api.sendToWatches(line);
    api.put(pods, pod('b'));
    await clock.advance(2_000);
    expect(errors.map(({ code }) => code)).toEqual(['KUBE_UNREADABLE']);
    expect(take()).toEqual(['+a', 'synced', '+b', 'synced']);
    expect(reflector.state).toBe('synced');
    await reflector.stop();
  });

  test('one that is too long is not read to its end', async () => {
    const { api, clock, begin, errors } = start({ chunkBytesMax: 1_000_000 });
    const reflector = begin();
    await clock.settle();
    api.sendToWatches('x'.repeat(17_000_000));
    await clock.advance(2_000);
    expect(errors.map(({ said }) => said)).toEqual([expect.stringContaining('longer than')]);
    await reflector.stop();
  });
});

test('what prune leaves out is not cached, and goes when it is left out later', async () => {
  const { api, clock, begin, take } = start(
    {},
    { prune: ({ spec }) => (JSON.stringify(spec).includes('hide') ? undefined : 1) },
  );
  api.put(pods, pod('a'));
  api.put(pods, pod('b', 'hide'));
  const reflector = begin();
  await clock.settle();
  api.put(pods, pod('a', 'hide'));
  await clock.settle();
  expect(take()).toEqual(['+a', 'synced', '-a']);
  expect(reflector.size).toBe(0);
  await reflector.stop();
});

test('lastContactAt is the time of the last byte or answer, refusals included', async () => {
  const { api, clock, begin } = start();
  const reflector = begin();
  await clock.settle();
  await clock.advance(50_000);
  expect(reflector.lastContactAt).toBe(0);
  api.bookmarkWatches();
  await clock.settle();
  expect(reflector.lastContactAt).toBe(50_000);
  api.fail({ times: Number.POSITIVE_INFINITY, status: 500 });
  api.cutWatches();
  await clock.advance(50);
  expect(reflector.lastContactAt).toBeGreaterThanOrEqual(50_000);
  await reflector.stop();
});

describe('a mistake of our own', () => {
  test('in a handler stops the reflector and is told, not swallowed', async () => {
    const mistake = new Error('handler');
    const crashes: unknown[] = [];
    const handler = {
      upsert: () => {
        throw mistake;
      },
      remove: () => {},
      synced: () => {},
    };
    const { api, begin } = start({}, { handler, onCrash: (error) => crashes.push(error) });
    api.put(pods, pod('a'));
    const reflector = begin();
    await expect(reflector.whenSynced()).rejects.toBe(mistake);
    expect(crashes).toEqual([mistake]);
    expect(reflector.state).toBe('failing');
    expect(api.watches).toEqual([]);
    await reflector.stop();
  });
});

describe('whenSynced', () => {
  test('rejects when the reflector is stopped or the signal is aborted first', async () => {
    const { api, begin } = start();
    api.fail({ times: Number.POSITIVE_INFINITY, status: 0 });
    const reflector = begin();
    const reason = new Error('enough');
    await expect(reflector.whenSynced(AbortSignal.abort(reason))).rejects.toBe(reason);
    const later = new AbortController();
    const waiting = reflector.whenSynced(later.signal);
    later.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    const stopped = reflector.whenSynced();
    await reflector.stop();
    await expect(stopped).rejects.toThrow('stopped');
  });
});
