/** From one change of a policy to the report that says so, and to the gateway's answer. */
import type { Gateway, Program } from '../programs.ts';
import { countWrites } from './audit-trail.ts';
import type { Change } from './changes.ts';
import { percentiles, quotient, rounded } from './figures.ts';
import { type GatewayClient, pauseMs } from './gateway-client.ts';
import { isExpected } from './population.ts';
import type { ReportWatch } from './report-watch.ts';
import { operatorWritesSince, type Surroundings } from './surroundings.ts';
import { meter, peakRssMiB } from './usage.ts';

interface Latency {
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly reportAt: number;
  readonly gatewayAt: number;
}

export interface Potoo {
  readonly operator: Program;
  readonly reports: ReportWatch;
  readonly gateway: Gateway;
  readonly caller: GatewayClient;
}

/** What changes and time cost the API server besides Potoo: CPU milliseconds. */
export interface Surcharge {
  readonly perMs: number;
  readonly perChange: number;
}

const msMax = 60_000;
/** Between two changes, so that nothing of one is left when the next is made. */
export const restMs = 100;

/** What the changes themselves cost the API server, made while there is no operator: CPU milliseconds each. */
export async function measureChangesAlone(surroundings: Surroundings, count: number, idleCpu: number): Promise<number> {
  const { clock, controlPlane, say } = surroundings;
  say(`${count} changes without an operator …`);
  const apiserver = meter(controlPlane.apiserver, clock);
  for (let done = 0; done < count; done += 1) {
    await make(await nextChange(surroundings), surroundings);
    await clock.sleep(restMs, surroundings.signal);
  }
  const { ms, cpuMs } = apiserver();
  return (cpuMs - idleCpu * ms) / count;
}

export async function measureChanges(surroundings: Surroundings, potoo: Potoo, besides: Surcharge): Promise<void> {
  const { sizes, clock, controlPlane, audit, print, say, signal } = surroundings;
  const { operator, gateway } = potoo;
  say(`${sizes.changes} single changes …`);
  const mark = await audit.mark();
  const meters = {
    apiserver: meter(controlPlane.apiserver, clock),
    operator: meter(operator.process, clock),
    gateway: meter(gateway.process, clock),
  };
  const latencies: Latency[] = [];
  while (latencies.length < sizes.changes) {
    latencies.push(await measureChange(await nextChange(surroundings), surroundings, potoo));
    if (latencies.length % 50 === 0) say(`  ${latencies.length} of ${sizes.changes}`);
    await clock.sleep(restMs, signal);
  }
  const apiserver = meters.apiserver();
  const used = { operator: meters.operator().cpuMs, gateway: meters.gateway().cpuMs };
  const written = await operatorWritesSince(audit, mark);
  const potooCpuMs = apiserver.cpuMs - besides.perMs * apiserver.ms - besides.perChange * sizes.changes;

  const since = (from: 'sentAt' | 'answeredAt', to: 'reportAt' | 'gatewayAt') =>
    percentiles(latencies.map((each) => each[to] - each[from]));
  print({ figure: 'change-to-report', unit: 'ms', from: 'request sent', ...since('sentAt', 'reportAt') });
  print({ figure: 'change-to-report', unit: 'ms', from: 'request answered', ...since('answeredAt', 'reportAt') });
  const asked = `${pauseMs} ms after each answer`;
  print({ figure: 'change-to-gateway', unit: 'ms', from: 'request sent', asked, ...since('sentAt', 'gatewayAt') });
  print({
    figure: 'change-to-gateway',
    unit: 'ms',
    from: 'request answered',
    asked,
    ...since('answeredAt', 'gatewayAt'),
  });
  print({
    figure: 'change-apiserver-cpu-per-write',
    unit: 'ms',
    value: quotient(potooCpuMs, written.length),
    perChange: quotient(potooCpuMs, sizes.changes),
    changeItself: rounded(besides.perChange),
    written: countWrites(written),
  });
  print({ figure: 'change-operator-cpu', unit: 'ms', value: quotient(used.operator, sizes.changes) });
  // With what it answers the bench, which asks more often than anybody else.
  print({ figure: 'change-gateway-cpu', unit: 'ms', value: quotient(used.gateway, sizes.changes) });
  print({ figure: 'operator-peak-rss', unit: 'MiB', value: rounded(peakRssMiB(operator.process)) });
  print({ figure: 'gateway-peak-rss', unit: 'MiB', value: rounded(peakRssMiB(gateway.process)) });
  print({ figure: 'operator-cpu', unit: 's', value: operator.process.cpuSeconds() });
  print({ figure: 'gateway-cpu', unit: 's', value: gateway.process.cpuSeconds() });
}

export async function measureChange(
  change: Change,
  surroundings: Surroundings,
  { reports, caller }: Potoo,
): Promise<Latency> {
  const { clock } = surroundings;
  const { namespace, entries } = change;
  const what = `${change.verb} in ${namespace} to show in its report`;
  const sentAt = clock.monotonic();
  const answered = make(change, surroundings).then(() => clock.monotonic());
  const [answeredAt, reportAt, gatewayAt] = await Promise.all([
    answered,
    reports.when(() => isExpected(reports.reports.get(namespace)?.entries, entries), what, msMax),
    answered.then(() => caller.when(namespace, (found) => isExpected(found, entries), msMax)),
  ]);
  return { sentAt, answeredAt, reportAt, gatewayAt };
}

async function make({ request }: Change, { admin }: Surroundings): Promise<void> {
  await admin.json(request.method, request.path, request.body);
}

/** Waits while every namespace has to rest, as in a small cluster. */
export async function nextChange({ changes, clock, signal }: Surroundings): Promise<Change> {
  for (;;) {
    const change = changes.next(clock.monotonic());
    if (change !== undefined) return change;
    await clock.sleep(restMs, signal);
  }
}
