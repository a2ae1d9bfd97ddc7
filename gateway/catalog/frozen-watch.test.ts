/**
 * A connection that is half open: the API server, or what lies between, is gone, and nobody says so.
 */
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { clusterConstraintReports, constraintReports, potooResources, systemNamespace } from '../../crds/api.ts';
import { leases } from '../../kube/lease.ts';
import { createFakeApi } from '../../kube/testing/fake-api.ts';
import { createVirtualClock, seededRandom } from '../../kube/testing/virtual-clock.ts';
import { healthStatus } from '../resources/cluster.ts';
import { clusterReportObject, reportObject } from '../testing/objects.ts';
import { startCatalog } from './catalog.ts';

async function start() {
  const clock = createVirtualClock();
  const api = createFakeApi({ resources: [...potooResources, leases], clock });
  api.put(clusterConstraintReports, clusterReportObject());
  let renewals = 0;
  const renew = () => {
    renewals += 1;
    const renewTime = new Date(clock.now()).toISOString().replace('Z', `${String(renewals).padStart(3, '0')}Z`);
    const spec = { holderIdentity: 'operator-1', leaseDurationSeconds: 15, renewTime };
    api.put(leases, { metadata: { name: 'potoo-operator', namespace: systemNamespace }, spec });
  };
  /** An operator that lives, all the while. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 5_000) {
      renew();
      await clock.advance(5_000);
    }
  };
  renew();
  const catalog = startCatalog({
    transport: api.transport,
    clock,
    random: seededRandom(1),
    log: pino({ level: 'silent' }),
    systemNamespace,
    onCrash: (error) => {
      throw error;
    },
  });
  onTestFinished(async () => catalog[Symbol.asyncDispose]());
  await clock.advanceUntil(() => catalog.synced, 10_000);
  await pass(10_000);
  return { clock, api, catalog, pass };
}

test('nothing at all arrives any more: unhealthy within 25 seconds, and healthy again when it does', async () => {
  const { api, catalog, pass } = await start();
  expect(healthStatus(catalog)).toBe('healthy');
  api.stallWatches();
  const back = api.fail({ times: Infinity, status: 0 });
  await pass(25_000);
  expect(healthStatus(catalog)).toBe('unhealthy');
  back();
  await pass(120_000);
  expect(healthStatus(catalog)).toBe('healthy');
});

test('one watch alone is frozen: it is given up after 90 seconds, and what it has missed is read', async () => {
  const { api, catalog, pass } = await start();
  api.stallWatches(({ plural }) => plural === constraintReports.plural);
  api.put(constraintReports, reportObject('shop', []));
  await pass(60_000);
  expect(catalog.view('shop')).toBeUndefined();
  await pass(35_000);
  expect(catalog.view('shop')).toBeDefined();
  expect(healthStatus(catalog)).toBe('healthy');
});

test('a frozen watch that cannot be opened again makes the gateway unhealthy', async () => {
  const { api, catalog, pass } = await start();
  const ofReports = ({ plural }: { readonly plural: string }) => plural === constraintReports.plural;
  api.stallWatches(ofReports);
  api.fail({ matching: ofReports, times: Infinity, status: 0 });
  await pass(120_000);
  expect(healthStatus(catalog)).toBe('unhealthy');
});
