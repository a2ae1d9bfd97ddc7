import { describe, expect, test, vi } from 'vitest';
import type { Call } from '../call.ts';
import type { NamespaceView } from '../catalog/store.ts';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import { detailObject, entryOf, networkConstraint, reportObject } from '../testing/objects.ts';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { remembered } from './memo.ts';
import { createPaces } from './pace.ts';

const policy = networkConstraint('shop', 'db-in');
const { view } = createGateway({ objects: [reportObject('shop', [entryOf(policy)])] }).store;
const shop = view('shop');
if (shop === undefined) throw new Error('the view cannot be read');

function callOf(
  allowed: (resource: string) => boolean,
  views: { current: NamespaceView | undefined } = { current: shop },
  known: (resource: string) => boolean | undefined = () => undefined,
) {
  const asked: string[] = [];
  const catalog = {
    synced: true,
    view: () => views.current,
    reports: () => [],
    clusterReport: () => undefined,
    clusterFacts: () => [],
    freshness: () => ({ operatorAlive: true, watching: true, lost: [] }),
    sharedSecret: undefined,
  };
  const call = (): Call => ({
    caller: {
      user: { username: 'anybody' },
      identity: 'anybody',
      anonymous: false,
      async may({ resource }) {
        asked.push(resource);
        return Promise.resolve(allowed(resource));
      },
      known: ({ resource }) => known(resource),
    },
    catalog,
    clock: createVirtualClock(),
    deadline: 0,
    pace: createPaces(createVirtualClock())(10_000),
    bytesMax: 4_194_304,
    gateway: { version: '1', port: 1 },
  });
  return { asked, call };
}

describe('an answer that was made before', () => {
  const made = vi.fn<() => void>();
  const run = remembered<{ a: number }, object>(async (_input, { caller, catalog }) => {
    made();
    const first = await caller.may({ verb: 'get', resource: 'first' });
    const known = catalog.view('shop');
    const [second] = await Promise.all([
      first && caller.may({ verb: 'get', resource: 'second' }),
      first && caller.may({ verb: 'get', resource: 'third' }),
    ]);
    return { ok: true, value: { first, second, known: known?.report.namespace } };
  });

  test('is the same object for the same question, view and rights, and each right is asked for again', async () => {
    const { asked, call } = callOf(() => true);
    const [before, again] = [await run({ a: 1 }, call()), await run({ a: 1 }, call())];
    expect(again).toBe(before);
    expect(asked).toEqual(['first', 'second', 'third', 'first', 'second', 'third']);
    expect(await run({ a: 2 }, call())).not.toBe(before);
  });

  test('is not given to who lacks one of the rights, and no further one is asked for', async () => {
    let allowed = true;
    const { asked, call } = callOf(() => allowed);
    const before = await run({ a: 1 }, call());
    allowed = false;
    asked.length = 0;
    expect(await run({ a: 1 }, call())).not.toEqual(before);
    expect(asked).toEqual(['first', 'first']);
  });

  test('asks for those rights alone that are not known', async () => {
    const sure = new Map<string, boolean>();
    const { asked, call } = callOf(
      () => true,
      undefined,
      (resource) => sure.get(resource),
    );
    const before = await run({ a: 1 }, call());
    asked.length = 0;
    sure.set('first', true);
    expect(await run({ a: 1 }, call())).toBe(before);
    expect(asked).toEqual(['second', 'third']);
    sure.set('second', false).set('third', true);
    expect(await run({ a: 1 }, call())).not.toBe(before);
  });

  test('is made anew when time had cut it short', async () => {
    const { call } = callOf(() => true);
    let hurried = true;
    const inHaste = remembered<object, object>(async () => Promise.resolve({ ok: true, value: {}, hurried }));
    const short = await inHaste({}, call());
    hurried = false;
    const whole = await inHaste({}, call());
    expect(whole).not.toBe(short);
    expect(await inHaste({}, call())).toBe(whole);
  });

  test('is made anew when the view is another', async () => {
    const views: { current: NamespaceView | undefined } = { current: shop };
    const { call } = callOf(() => true, views);
    const before = await run({ a: 1 }, call());
    views.current = { ...shop };
    expect(await run({ a: 1 }, call())).not.toBe(before);
  });

  test('is kept for callers with other rights beside it', async () => {
    let allowed = true;
    const { call } = callOf((resource) => resource !== 'second' || allowed);
    const [all] = [await run({ a: 1 }, call())];
    allowed = false;
    const some = await run({ a: 1 }, call());
    made.mockClear();
    expect(await run({ a: 1 }, call())).toBe(some);
    allowed = true;
    expect(await run({ a: 1 }, call())).toBe(all);
    expect(made).not.toHaveBeenCalled();
  });
});

test('of one question the answers for four kinds of rights are kept, those that were made last', async () => {
  const made: string[] = [];
  const run = remembered<object, object>(async (_input, { caller, catalog }) => {
    const rights = await Promise.all(['a', 'b', 'c'].map(async (resource) => caller.may({ verb: 'get', resource })));
    catalog.view('shop');
    made.push(rights.map(Number).join(''));
    return { ok: true, value: { rights } };
  });
  const call = callOf(() => true).call();
  for (const held of ['', 'a', 'b', 'ab', '', 'c', 'ab', '']) {
    await run({}, { ...call, caller: { ...call.caller, may: async ({ resource }) => held.includes(resource) } });
  }
  expect(made).toEqual(['000', '100', '010', '110', '001', '000']);
});

test('a question asks the API server no more often for the second caller than for the first', async () => {
  const objects = [reportObject('shop', [entryOf(policy)]), detailObject('shop', 'constraints', [policy])];
  const { owner } = rightsOf('shop');
  const gateway = createGateway({ objects, rights: { owner, second: owner } });
  const questions = async (user: string) => {
    gateway.reviews.asked.length = 0;
    await gateway.post('/tools/potoo_query', { namespace: 'shop' }, user);
    return gateway.reviews.asked.map((asked) => asked.replace(user, 'user'));
  };
  expect(await questions('second')).toEqual(await questions('owner'));
});

test('what may depend on whether the caller has a name is not given to those who have none', async () => {
  const run = remembered<object, object>(async (_input, { caller, catalog }) => {
    await caller.may({ verb: 'get', resource: 'first' });
    catalog.view('shop');
    return { ok: true, value: { anonymous: caller.anonymous } };
  });
  const { call } = callOf(() => true);
  const named = call();
  const nameless: Call = { ...named, caller: { ...named.caller, anonymous: true } };
  const values = [await run({}, named), await run({}, nameless), await run({}, named)];
  expect(values.map((answer) => answer.ok && answer.value)).toEqual([
    { anonymous: false },
    { anonymous: true },
    { anonymous: false },
  ]);
});
