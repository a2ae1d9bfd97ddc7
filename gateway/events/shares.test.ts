/** What readers of streams share, and how much of it each may have. */
import { expect, test } from 'vitest';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { createIdentities } from '../auth/identity.ts';
import { createChanges, gatherMs } from '../catalog/changes.ts';
import { createArrivals } from '../http/arrival.ts';
import { pino } from 'pino';
import { readEvents } from '../testing/event-reader.ts';
import { createFakeReviews, createGateway, fillStore } from '../testing/fixture.ts';
import { entryOf, networkConstraint, reportObject } from '../testing/objects.ts';
import { startEventStream } from './stream.ts';
import { createStreams, streamsOfCallerMax } from './streams.ts';

const request = (headers: Record<string, string> = {}) => new Request('http://localhost/events', { headers });
const from = (remoteAddress: string) => ({ incoming: { socket: { remoteAddress } } });

test('callers without a token have each address their own streams', async () => {
  const gateway = createGateway({ objects: [], rights: { 'system:anonymous': ['get constraintreports'] } });
  const statusFrom = async (address: string) => (await gateway.fetch(request(), from(address))).status;
  for (let index = 0; index < streamsOfCallerMax; index += 1) expect(await statusFrom('10.0.0.1')).toBe(200);
  expect([await statusFrom('10.0.0.1'), await statusFrom('10.0.0.2')]).toEqual([429, 200]);
  gateway.streams.close();
});

test('a caller with a token has its streams wherever it asks from', async () => {
  const gateway = createGateway({ objects: [], rights: { ann: [], bob: [] } });
  const statusOf = async (user: string, address: string) =>
    (await gateway.fetch(request({ authorization: `Bearer ${user}` }), from(address))).status;
  for (let index = 0; index < streamsOfCallerMax; index += 1)
    expect(await statusOf('ann', `10.0.0.${index}`)).toBe(200);
  expect([await statusOf('ann', '10.0.1.1'), await statusOf('bob', '10.0.0.1')]).toEqual([429, 200]);
  gateway.streams.close();
});

test('each stream is looked after on account of its own request, and not of the first one', async () => {
  const arrivals = createArrivals();
  const accounts: string[] = [];
  const gateway = createGateway({
    objects: [reportObject('shop', [])],
    arrivals,
    identities(clock) {
      const reviews = createFakeReviews({ ann: ['get constraintreports'], bob: ['get constraintreports'] });
      return createIdentities({
        clock,
        reviews: {
          authenticate: async (token) => reviews.authenticate(token),
          async authorize(user, question) {
            accounts.push(`${user.username} ${arrivals.current()?.peer}`);
            return reviews.authorize(user, question);
          },
        },
      });
    },
  });
  const readers = [
    readEvents(await gateway.fetch(request({ authorization: 'Bearer ann' }), from('10.0.0.1'))),
    readEvents(await gateway.fetch(request({ authorization: 'Bearer bob' }), from('10.0.0.2'))),
  ];
  // Every minute rights are asked for anew, by the one timer of all streams or when there is news.
  for (let minute = 0; minute < 3; minute += 1) {
    await gateway.clock.advance(61_000);
    gateway.put(reportObject('shop', [entryOf(networkConstraint('shop', `p-${minute}`))]));
    await gateway.clock.advance(gatherMs);
  }
  expect(readers.map((reader) => reader.news().length)).toEqual([5, 5]);
  expect(new Set(accounts)).toEqual(new Set(['ann 10.0.0.1', 'bob 10.0.0.2']));
  gateway.streams.close();
});

/** A reader who takes nothing, or everything. */
function createReader(takes: boolean) {
  let last = '';
  const sink = {
    unsent: takes ? 0 : 1_000_000,
    write: () => {},
    end: (bytes: Uint8Array) => void (last = Buffer.from(bytes).toString()),
    listen: () => {},
  };
  return { sink, last: () => last };
}

test('where too much waits for all readers together, those who are furthest behind lose their stream', async () => {
  const clock = createVirtualClock();
  const { store, put } = fillStore([]);
  const reviews = createFakeReviews({ ann: ['get constraintreports'] });
  const streams = createStreams({
    identities: createIdentities({ clock, reviews }),
    changes: createChanges({ store, clock }),
    clock,
    log: pino({ level: 'silent' }),
    waitingMax: 250,
  });
  const open = (takes: boolean) => {
    const reader = createReader(takes);
    const asked = { authorization: 'Bearer ann', namespace: undefined, sink: reader.sink };
    const refused = streams.open({
      owner: 'ann',
      start: (following) => startEventStream({ ...following, ...asked }),
      onEnd: () => {},
    });
    expect(refused).toBeUndefined();
    return reader;
  };
  const change = async (namespace: string, count: number) => {
    const all = Array.from({ length: count }, (_, index) => entryOf(networkConstraint(namespace, `p-${index}`)));
    put(reportObject(namespace, all));
    await clock.advance(gatherMs);
  };
  const first = open(false);
  await change('a', 60);
  const [second, third, good] = [open(false), open(false), open(true)];
  await change('b', 60);
  expect([first, second, third, good].map(({ last }) => last())).toEqual([
    ': closed: too many changes wait to be read\n\n',
    '',
    '',
    '',
  ]);
  await change('c', 60);
  expect([second, third].filter(({ last }) => last() !== '')).toHaveLength(1);
  // What waited for those who are gone counts no more.
  await change('d', 60);
  expect([second, third].filter(({ last }) => last() === '')).toHaveLength(1);
  expect(good.last()).toBe('');
  streams.close();
});
