/**
 * One history on a simulated cluster, then quiet, then the questions: do reports and details say what the oracle says, was
 * nothing written without need, and does nobody write once all is right?
 */
import { isDeepStrictEqual } from 'node:util';
import {
  clusterConstraintDetails,
  clusterConstraintReports,
  clusterReportName,
  constraintDetails,
  constraintProfiles,
  constraintReports,
} from '../../crds/api.ts';
import { leases } from '../../kube/lease.ts';
import type { FakeRequest } from '../../kube/testing/fake-api.ts';
import type { History } from './history.ts';
import { isTerminating, publishedIn, timeless, truthOf } from './oracle.ts';
import { clusterTruthOf, publishedInCluster } from './oracle-cluster.ts';
import { createSimulatedCluster, type SimulatedCluster } from './simulated-cluster.ts';
import { served, simulatedVersion } from './simulated-operator.ts';

/** Longer than all that waits one after the other: a Retry-After of 40 s, a retry after 30 s, a slow write, a Lease of 15 s. */
const settleMs = 120_000;
/** Until a watch notices that its peer is dead. */
const silenceMs = 90_000;
/** What was in flight ends by itself, at the latest with the Lease. */
const stopMs = 60_000;
/** From the start to the last thing that it could want to write. */
const restartMs = 20_000;

/** What is wrong, in sentences; nothing when all is right. */
export async function simulate({ steps, quietMs }: History, seed: number): Promise<readonly string[]> {
  const cluster = createSimulatedCluster(seed);
  const { api, clock, wrongs } = cluster;
  for (const { run, waitMs } of steps) {
    run(cluster);
    await clock.advance(waitMs);
  }
  cluster.healAll();
  if (cluster.running.length === 0) cluster.start('first');
  await clock.advance(settleMs + (api.stalled ? silenceMs : 0));
  const found = [...differences(cluster)];

  api.forgetRequests();
  await clock.advance(quietMs);
  found.push(...cluster.writes().map(({ client, verb, path }) => `written in quiet: ${client} ${verb} ${path}`));

  for (const place of cluster.running) cluster.stop(place);
  for (let waitedMs = 0; cluster.ending > 0 && waitedMs < stopMs; waitedMs += 1_000) await clock.advance(1_000);
  if (cluster.ending > 0) found.push('what was told to stop does not end');
  const before = withoutErrorCounts(cluster);
  api.forgetRequests();
  cluster.start('afterwards');
  await clock.advance(restartMs);
  if (!api.requests.some(isRenewal)) found.push('nobody leads after a restart');
  const afterRestart = cluster.writes().filter(({ plural }) => plural !== clusterConstraintReports.plural);
  found.push(...afterRestart.map(({ verb, path }) => `written after a restart: ${verb} ${path}`));
  // Errors are counted since the start, and may be others now; nothing else of the totals may.
  if (!isDeepStrictEqual(before, withoutErrorCounts(cluster))) found.push('a restart changed the totals');
  cluster.kill('afterwards');
  await clock.advance(1_000);
  return [...wrongs, ...found];
}

function isRenewal({ verb, plural }: FakeRequest): boolean {
  return plural === leases.plural && verb === 'update';
}

function* differences(cluster: SimulatedCluster): Generator<string> {
  const { api } = cluster;
  const listing = cluster.listing();
  const reports = api.list(constraintReports);
  const terminating = new Set(
    (listing.get('namespaces') ?? []).filter(isTerminating).map(({ metadata }) => metadata.name),
  );
  const published = publishedIn(reports, api.list(constraintDetails));
  // What is left in a namespace that is going away is the namespace controller's to remove.
  for (const name of terminating) published.delete(name);
  yield* unequal('namespace', truthOf(listing, reports), published);

  const versions = { operator: '0.0.0', kubernetes: simulatedVersion };
  const must = clusterTruthOf(listing, reports, { builtIn: served, versions });
  const says = publishedInCluster(
    api.list(clusterConstraintDetails),
    api.list(clusterConstraintReports),
    api.list(constraintProfiles),
  );
  yield* unequal('cluster detail', must.details, says.details);
  yield* unequal('profile', must.profiles, says.profiles);
  yield* unequal('the', new Map([['totals', must.totals]]), new Map([['totals', says.totals]]));
}

function* unequal(
  what: string,
  expected: ReadonlyMap<string, unknown>,
  published: ReadonlyMap<string, unknown>,
): Generator<string> {
  for (const name of new Set([...expected.keys(), ...published.keys()])) {
    const [want, have] = [expected.get(name), published.get(name)];
    if (isDeepStrictEqual(want, have)) continue;
    yield `${what} ${name}\n  must say ${JSON.stringify(want)}\n  and says ${JSON.stringify(have)}`;
  }
}

function withoutErrorCounts({ api }: SimulatedCluster): unknown {
  const status = timeless(api.get(clusterConstraintReports, { name: clusterReportName })?.['status']);
  return JSON.parse(JSON.stringify({ status }, (key, value: unknown) => (key === 'errors' ? undefined : value)));
}

/** Leaves out every step that the failure does not need. */
export async function shrink(history: History, seed: number): Promise<History> {
  let kept = history;
  for (let size = Math.ceil(kept.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.steps.length; ) {
      const fewer = { ...kept, steps: kept.steps.toSpliced(from, size) };
      if ((await simulate(fewer, seed)).length > 0) kept = fewer;
      else from += size;
    }
  }
  return kept;
}

/** A history as a text for people, with the kinds it speaks of. */
export function tell({ steps }: History): string {
  return steps.map(({ says, waitMs }) => `${says}${waitMs === 0 ? '' : ` … ${waitMs} ms`}`).join('\n');
}
