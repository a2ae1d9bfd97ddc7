/**
 * One history on a simulated cluster, then quiet, then the questions: do reports and details say what the oracle says, was
 * nothing written without need, and does nobody write once all is right?
 */
import { isDeepStrictEqual } from 'node:util';
import { clusterConstraintReports, clusterReportName, constraintDetails, constraintReports } from '../../crds/api.ts';
import type { Step } from './history.ts';
import { publishedIn, timeless, truthOf } from './oracle.ts';
import { createSimulatedCluster, type SimulatedCluster } from './simulated-cluster.ts';

/** Longer than anything that waits: a silent watch 90 s, a retry 30 s, a Retry-After 40 s, a Lease 15 s. */
const settleMs = 240_000;
const restartMs = 60_000;

export interface SimulationOptions {
  /** How long a cluster in which nothing happens is looked at. */
  readonly quietMs: number;
}

/** What is wrong, in sentences; nothing when all is right. */
export async function simulate(
  steps: readonly Step[],
  seed: number,
  { quietMs }: SimulationOptions,
): Promise<readonly string[]> {
  const cluster = createSimulatedCluster(seed);
  const { api, clock, wrongs } = cluster;
  for (const { run, waitMs } of steps) {
    run(cluster);
    await clock.advance(waitMs);
  }
  cluster.healAll();
  if (cluster.running.length === 0) cluster.start('first');
  await clock.advance(settleMs);
  const found = [...differences(cluster)];

  api.forgetRequests();
  await clock.advance(quietMs);
  found.push(...cluster.writes().map(({ client, verb, path }) => `written in quiet: ${client} ${verb} ${path}`));

  for (const place of cluster.running) cluster.stop(place);
  await clock.advance(restartMs);
  await cluster.stopped();
  const before = withoutErrorCounts(cluster);
  api.forgetRequests();
  cluster.start('afterwards');
  await clock.advance(restartMs);
  const afterRestart = cluster.writes().filter(({ plural }) => plural !== clusterConstraintReports.plural);
  found.push(...afterRestart.map(({ verb, path }) => `written after a restart: ${verb} ${path}`));
  // Errors are counted since the start, and may be others now; nothing else of the totals may.
  if (!isDeepStrictEqual(before, withoutErrorCounts(cluster))) found.push('a restart changed the totals');
  cluster.kill('afterwards');
  await clock.advance(1_000);
  return [...wrongs, ...found];
}

function* differences(cluster: SimulatedCluster): Generator<string> {
  const { api } = cluster;
  const listing = cluster.listing();
  const reports = api.list(constraintReports);
  const expected = truthOf(listing, reports);
  const published = publishedIn(reports, api.list(constraintDetails));
  const objects = listing.get('namespaces') ?? [];
  for (const name of new Set([...expected.keys(), ...published.keys()])) {
    const want = expected.get(name);
    // What is left in a namespace that is going away is the namespace controller's to remove.
    if (want === undefined && objects.some(({ metadata }) => metadata.name === name)) continue;
    const have = published.get(name);
    if (!isDeepStrictEqual(want, have)) {
      yield `namespace ${name}\n  must say ${JSON.stringify(want)}\n  and says ${JSON.stringify(have)}`;
    }
  }
  const totals = timeless(api.get(clusterConstraintReports, { name: clusterReportName })?.['status']);
  const text = JSON.stringify(totals) ?? 'nothing';
  if (!text.includes('"type":"Ready","status":"True"')) yield `the totals are not Ready: ${text}`;
  // Those that are going away have no report and are not counted.
  if (!text.includes(`"namespaces":${expected.size},`)) yield `not ${expected.size} namespaces: ${text}`;
}

function withoutErrorCounts({ api }: SimulatedCluster): unknown {
  const status = timeless(api.get(clusterConstraintReports, { name: clusterReportName })?.['status']);
  return JSON.parse(JSON.stringify({ status }, (key, value: unknown) => (key === 'errors' ? undefined : value)));
}

/** Leaves out every step that the failure does not need. */
export async function shrink(
  steps: readonly Step[],
  seed: number,
  options: SimulationOptions,
): Promise<readonly Step[]> {
  let kept = steps;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length; ) {
      const fewer = kept.toSpliced(from, size);
      if ((await simulate(fewer, seed, options)).length > 0) kept = fewer;
      else from += size;
    }
  }
  return kept;
}

/** A history as a text for people, with the kinds it speaks of. */
export function tell(steps: readonly Step[]): string {
  return steps.map(({ says, waitMs }) => `${says}${waitMs === 0 ? '' : ` … ${waitMs} ms`}`).join('\n');
}
