import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import * as z from 'zod';
import {
  clusterConstraintDetails,
  clusterConstraintReports,
  constraintDetails,
  constraintReports,
  potooResources,
  systemNamespace,
} from '../../crds/api.ts';
import { leases } from '../../kube/lease.ts';
import { createFakeApi } from '../../kube/testing/fake-api.ts';
import { createVirtualClock, seededRandom } from '../../kube/testing/virtual-clock.ts';
import {
  clusterDetailObject,
  clusterReportObject,
  detailObject,
  entryOf,
  networkConstraint,
  reportObject,
} from '../testing/objects.ts';
import { type RunningCatalog, startCatalog } from './catalog.ts';

const own = networkConstraint('shop', 'db');
const clusterWide = networkConstraint('', 'baseline');
const running = new Set<RunningCatalog>();

afterEach(async () => {
  for (const catalog of running) await catalog[Symbol.asyncDispose]();
  running.clear();
});

function setup() {
  const clock = createVirtualClock();
  const api = createFakeApi({ resources: [...potooResources, leases], clock });
  const lines: string[] = [];
  const crashes: unknown[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const start = () => {
    const catalog = startCatalog({
      transport: api.transport,
      clock,
      random: seededRandom(1),
      log,
      systemNamespace,
      onCrash: (error) => void crashes.push(error),
    });
    running.add(catalog);
    return catalog;
  };
  const renew = (time: string, holderIdentity = 'operator-1') => {
    const spec = { holderIdentity, leaseDurationSeconds: 15, renewTime: time };
    api.put(leases, { metadata: { name: 'potoo-operator', namespace: systemNamespace }, spec });
  };
  return { clock, api, lines, crashes, start, renew };
}

test('everything is read once, and followed from then on', async () => {
  const { clock, api, crashes, start } = setup();
  api.put(constraintReports, reportObject('shop', [entryOf(own)]));
  api.put(constraintDetails, detailObject('shop', 'constraints', [own]));
  api.put(clusterConstraintDetails, clusterDetailObject('baseline', [clusterWide]));
  api.put(clusterConstraintReports, clusterReportObject());
  const catalog = start();
  expect(catalog.synced).toBe(false);
  await clock.advanceUntil(() => catalog.synced, 10_000);
  expect(catalog.sizes()).toEqual({ reports: 1, forms: 2 });
  expect(catalog.view('shop')).toMatchObject({ bindings: [{ id: own.id, form: { home: 'shop' } }] });
  expect(catalog.clusterReport()).toMatchObject({ constraints: 7 });
  expect(catalog.watches().map(({ state }) => state)).toEqual(['synced', 'synced', 'synced', 'synced']);

  api.put(constraintReports, reportObject('lab', []));
  api.remove(constraintReports, { namespace: 'shop', name: 'constraints' });
  api.remove(constraintDetails, { namespace: 'shop', name: 'constraints' });
  api.remove(clusterConstraintDetails, { name: 'baseline' });
  api.remove(clusterConstraintReports, { name: 'cluster' });
  await clock.settle();
  expect(catalog.reports().map(({ namespace }) => namespace)).toEqual(['lab']);
  expect(catalog.view('shop')).toBeUndefined();
  expect(catalog.sizes()).toEqual({ reports: 1, forms: 0 });
  expect(catalog.clusterReport()).toBeUndefined();
  expect(crashes).toEqual([]);
});

test('a kind that may not be read keeps the catalog from claiming to be complete', async () => {
  const { clock, api, start } = setup();
  const end = api.fail({
    matching: ({ plural }) => plural === 'constraintdetails',
    times: Infinity,
    status: 403,
    reason: 'Forbidden',
  });
  const catalog = start();
  await clock.advance(20_000);
  expect(catalog.synced).toBe(false);
  end();
  await clock.advanceUntil(() => catalog.synced, 120_000);
});

test('objects that cannot be read are said, with object and place, and hide nothing else', async () => {
  const { clock, api, lines, crashes, start } = setup();
  const report = reportObject('shop', [entryOf(own)]);
  const status = z.record(z.string(), z.unknown()).parse(report['status']);
  api.put(constraintReports, {
    ...report,
    status: { ...status, constraints: [{ id: 7 }, entryOf(own)], inherited: ['?'] },
  });
  api.put(constraintReports, { ...reportObject('lab', []), status: { total: 'many' } });
  api.put(constraintReports, { ...reportObject('new', []), status: undefined });
  const wrong = { texts: 'none' };
  api.put(constraintDetails, { ...detailObject('shop', 'constraints', []), ...wrong });
  api.put(clusterConstraintDetails, { ...clusterDetailObject('baseline', []), ...wrong });
  api.put(clusterConstraintReports, { ...clusterReportObject(), status: {} });
  const catalog = start();
  await clock.advanceUntil(() => catalog.synced, 10_000);
  expect(catalog.view('shop')?.bindings).toMatchObject([{ id: own.id }]);
  expect(catalog.reports()).toHaveLength(1);
  const said = lines.map((line) => z.object({ object: z.string(), path: z.string() }).parse(JSON.parse(line)));
  expect(said.map(({ object, path }) => `${object} ${path}`).toSorted()).toEqual([
    'ClusterConstraintDetail baseline ',
    'ClusterConstraintReport cluster status',
    'ConstraintDetail shop/constraints ',
    'ConstraintReport lab/constraints status',
    'ConstraintReport shop/constraints status.constraints[0]',
    'ConstraintReport shop/constraints status.inherited[0]',
  ]);
  expect(crashes).toEqual([]);
});

test('an operator lives as long as its Lease is seen to change, whatever its clock says', async () => {
  const { clock, start, renew } = setup();
  const catalog = start();
  await clock.advanceUntil(() => catalog.synced, 10_000);
  expect(catalog.freshness().operatorAlive).toBe(false);

  renew('1999-01-01T00:00:00.000000Z');
  await clock.advance(3_000);
  expect(catalog.freshness().operatorAlive).toBe(true);
  for (let second = 10; second < 60; second += 10) {
    renew(`1999-01-01T00:00:${second}.000000Z`);
    await clock.advance(10_000);
    expect(catalog.freshness()).toEqual({ operatorAlive: true, watching: true, lost: [] });
  }
  await clock.advance(18_000);
  expect(catalog.freshness()).toEqual({ operatorAlive: false, watching: true, lost: [] });

  renew('1999-01-01T00:02:00.000000Z');
  await clock.advance(3_000);
  expect(catalog.freshness().operatorAlive).toBe(true);
  renew('1999-01-01T00:02:01.000000Z', '');
  await clock.advance(3_000);
  expect(catalog.freshness().operatorAlive).toBe(false);
});

test('when the API server is out of reach for a while, what is known counts as old, and is followed again later', async () => {
  const { clock, api, lines, start, renew } = setup();
  renew('2026-01-01T00:00:00.000000Z');
  const catalog = start();
  await clock.advanceUntil(() => catalog.synced, 10_000);
  const back = api.fail({ times: Infinity, status: 0 });
  api.cutWatches();
  await clock.advance(10_000);
  expect(catalog.freshness().watching).toBe(true);
  await clock.advance(15_000);
  expect(catalog.freshness().watching).toBe(false);
  expect(lines.filter((line) => line.includes('Lease'))).toHaveLength(1);
  back();
  api.put(constraintReports, reportObject('shop', []));
  await clock.advanceUntil(() => catalog.view('shop') !== undefined, 120_000);
  await clock.advanceUntil(() => catalog.freshness().watching, 120_000);
});

/** What an API server says, and what then becomes of readiness and of the claim to be up to date. */
const refusals = [
  { why: '403', fault: { status: 403, reason: 'Forbidden' }, synced: true },
  { why: '500', fault: { status: 500, reason: 'InternalError' }, synced: true },
  { why: '404', fault: { status: 404, reason: 'NotFound' }, synced: false },
  { why: 'no connection', fault: { status: 0 }, synced: true },
];

test.each(refusals)('a watch that is answered with $why does not count as watching', async ({ fault, synced }) => {
  const { clock, api, start } = setup();
  const catalog = start();
  await clock.advanceUntil(() => catalog.synced, 10_000);
  expect(catalog.freshness().watching).toBe(true);
  const matching = ({ plural }: { plural: string }) => plural === 'constraintdetails';
  const back = api.fail({ matching, times: Infinity, ...fault });
  api.cutWatches(matching);
  await clock.advance(40_000);
  expect(catalog.freshness()).toMatchObject({ watching: false, lost: ['constraintdetails.potoo.io'] });
  expect(catalog.synced).toBe(synced);
  back();
  await clock.advanceUntil(() => catalog.freshness().watching && catalog.synced, 120_000);
});

test('a kind that is refused for good is lost at once, and one that only fails is given a while', async () => {
  const { clock, api, start } = setup();
  const catalog = start();
  await clock.advanceUntil(() => catalog.synced, 10_000);
  const matching = ({ plural }: { plural: string }) => plural === 'constraintreports';
  const back = api.fail({ matching, times: Infinity, status: 403, reason: 'Forbidden' });
  api.cutWatches(matching);
  await clock.advanceUntil(() => catalog.watches().some(({ state }) => state === 'forbidden'), 10_000);
  expect(catalog.freshness().watching).toBe(false);
  back();
  await clock.advanceUntil(() => catalog.freshness().watching, 120_000);
  api.fail({ matching, times: 2, status: 500, reason: 'InternalError' });
  api.cutWatches(matching);
  await clock.advanceUntil(() => catalog.watches().some(({ state }) => state === 'failing'), 10_000);
  expect(catalog.freshness().watching).toBe(true);
});

test('a Lease that an operator left behind is no sign of life until it is renewed', async () => {
  const { clock, start, renew } = setup();
  renew('2025-12-31T22:59:00.000000Z');
  const catalog = start();
  await clock.advanceUntil(() => catalog.synced, 10_000);
  await clock.advance(3_000);
  expect(catalog.freshness().operatorAlive).toBe(false);
  renew('2025-12-31T22:59:02.000000Z');
  await clock.advance(3_000);
  expect(catalog.freshness().operatorAlive).toBe(true);
});

test('the uid of the Lease is kept while the Lease is away', async () => {
  const { clock, api, start, renew } = setup();
  const catalog = start();
  await clock.advanceUntil(() => catalog.synced, 10_000);
  expect(catalog.sharedSecret).toBeUndefined();
  renew('2026-01-01T00:00:00.000000Z');
  await clock.advance(3_000);
  const uid = catalog.sharedSecret;
  expect(uid).toBe(api.list(leases)[0]?.metadata.uid);
  api.remove(leases, { name: 'potoo-operator', namespace: systemNamespace });
  await clock.advance(3_000);
  expect(catalog.sharedSecret).toBe(uid);
});

test('nothing but its own kinds and one Lease is asked for', async () => {
  const { clock, api, start } = setup();
  const catalog = start();
  await clock.advanceUntil(() => catalog.synced, 10_000);
  api.cutWatches();
  await clock.advance(60_000);
  const asked = new Set(
    api.requests.map(({ verb, group, plural, name = '*' }) => `${verb} ${plural}.${group} ${name}`),
  );
  const kinds = potooResources.flatMap(({ plural, group }) =>
    ['list', 'watch'].map((verb) => `${verb} ${plural}.${group} *`),
  );
  expect([...asked].filter((each) => !kinds.includes(each))).toEqual(['get leases.coordination.k8s.io potoo-operator']);
});
