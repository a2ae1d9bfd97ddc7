import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { handleOf } from '../../crds/report-line.ts';
import { eventsIn, type EventReader, readEvents } from '../../gateway/testing/event-reader.ts';
import { detailObject, entryOf, networkConstraint, reportObject } from '../../gateway/testing/objects.ts';
import {
  type CallerName,
  callers,
  constraints,
  hiddenFrom,
  isUnknown,
  openedTo,
  startWorld,
  type World,
} from './callers-world.ts';
import { type Cluster, eventually, startCluster } from './cluster.ts';
import { writeResources } from './written-resources.ts';

// Who may hear what: every kind of caller, at both streams, about its own namespace, another, none and all.

const streams = ['/sse', '/events'] as const;
const places = ['shop', 'payments', 'no-such-namespace', undefined] as const;
type Place = (typeof places)[number];

let cluster: Cluster;
let world: World;
const readers = new Map<string, EventReader>();

beforeAll(async () => {
  cluster = await startCluster();
  world = await startWorld(cluster);
});
afterAll(async () => {
  await Promise.all([...readers.values()].map(async (reader) => reader.leave()));
  await cluster[Symbol.asyncDispose]();
});

function statusFor(caller: CallerName, place: Place): number {
  if (isUnknown(caller)) return 401;
  if (place === undefined || caller === 'full') return 200;
  return place === 'shop' && caller !== 'nobody' ? 200 : 403;
}

const keyOf = (caller: CallerName, path: string, place: Place) => `${caller} ${path} ${place}`;

describe.each(callers)('caller %s', (caller) => {
  describe.each(streams)('at %s', (path) => {
    test.each(places)('about %s', async (place) => {
      const token = world.tokens.get(caller);
      const query = place === undefined ? '' : `?namespace=${place}`;
      const response = await fetch(`${world.gateway.url}${path}${query}`, {
        headers: { accept: '*/*', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      });
      expect(response.status).toBe(statusFor(caller, place));
      if (response.ok) {
        expect(response.headers.get('content-type')).toBe('text/event-stream');
        readers.set(keyOf(caller, path, place), readEvents(response));
        return;
      }
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ error: expect.any(String), code: expect.any(String) });
      expect(hiddenFrom(caller).filter((word) => text.includes(word))).toEqual([]);
    });
  });
});

describe('all that was opened', () => {
  const readersOf = (caller: CallerName, ...about: Place[]) =>
    streams.flatMap((path) => about.flatMap((place) => readers.get(keyOf(caller, path, place)) ?? []));
  const newsOf = (reader: EventReader) => reader.news().toSorted();
  /** The next events of a stream, once there are so many. */
  async function next(reader: EventReader, count: number): Promise<string[]> {
    const told = eventsIn(reader.text).length;
    await eventually('the events come', async () => Promise.resolve(eventsIn(reader.text).length >= told + count));
    return newsOf(reader);
  }

  test('begins at once, and goes on without news', async () => {
    for (const reader of readers.values()) {
      await eventually('it says something', async () => Promise.resolve(reader.text.startsWith(':')));
      expect(eventsIn(reader.text)).toEqual([]);
    }
  });

  test('a change that only details tell is heard by those who may read them', async () => {
    const { own } = constraints;
    const heard = [...readersOf('detailed', 'shop', undefined), ...readersOf('full', 'shop', undefined)];
    const arrivals = heard.map(async (reader) => next(reader, 1));
    await writeResources(cluster.controlPlane, [
      detailObject('shop', 'constraints', [{ ...own, message: own.message.replace('21111', '21112') }]),
    ]);
    for (const arrival of arrivals) expect(await arrival).toEqual(['updated shop/checkout-in']);
  });

  test('what binds the namespace no more is told by the name that each caller knows', async () => {
    const handle = handleOf(constraints.foreign.id);
    const added = networkConstraint('payments', 'audit-in');
    const shop = (name: string) => [`removed shop/${name}`, 'removed shop/checkout-in', 'removed shop/company-wide'];
    const inPayments = ['added payments/audit-in', 'removed payments/company-wide', 'removed payments/ledger-in'];
    const expected: [EventReader, string[]][] = [
      ...(['static', 'summary', 'detailed'] as const).flatMap((caller) =>
        readersOf(caller, 'shop', undefined).map((reader): [EventReader, string[]] => [reader, shop(handle)]),
      ),
      ...readersOf('full', 'shop').map((reader): [EventReader, string[]] => [reader, shop('foreign-name')]),
      ...readersOf('full', 'payments').map((reader): [EventReader, string[]] => [reader, inPayments]),
      ...readersOf('full', undefined).map((reader): [EventReader, string[]] => [
        reader,
        [...inPayments, ...shop('foreign-name')],
      ]),
    ];
    const arrivals = expected.map(async ([reader, news]) => ({ got: await next(reader, news.length), news }));
    await writeResources(cluster.controlPlane, [reportObject('shop', []), reportObject('payments', [entryOf(added)])]);
    for (const { got, news } of await Promise.all(arrivals)) expect(got).toEqual(news.toSorted());
  });

  test('holds nothing that its reader may not know, and ends with the gateway', async () => {
    await world.gateway.process.stop();
    for (const [key, reader] of readers) {
      await eventually('it ends', async () => Promise.resolve(reader.ended));
      expect(reader.text, key).toMatch(/\n\n: closed: the gateway stops\n\n$/);
    }
    for (const caller of callers) {
      const text = readersOf(caller, ...places).map((reader) => reader.text);
      expect(hiddenFrom(caller).filter((word) => text.join('').includes(word))).toEqual([]);
      if (openedTo(caller).length === 0) expect(text.join('')).not.toContain('"updated"');
      if (caller === 'nobody') expect(text.join('')).not.toContain('data:');
    }
  });
});
