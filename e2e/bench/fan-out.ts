/** One change of a cluster-wide policy, told in every namespace: how long, what it costs, and whom it keeps waiting. */
import { type Action, actionPatch, changedPolicy } from './cluster-policies.ts';
import { countWrites } from './audit-trail.ts';
import { measureChange, nextChange, restMs, type Potoo } from './change-latency.ts';
import { percentiles, quotient, rounded } from './figures.ts';
import { operatorWritesSince, settledMs, type Surroundings } from './surroundings.ts';
import { meter } from './usage.ts';

const msMax = 300_000;
const effects: Readonly<Record<Action, string>> = { Deny: 'deny', Warn: 'warn' };

/** @param perMs What the API server needs while nothing happens: CPU milliseconds a millisecond. */
export async function measureFanOut(surroundings: Surroundings, potoo: Potoo, perMs: number): Promise<void> {
  await alone(surroundings, potoo, perMs);
  await besidesLocalChanges(surroundings, potoo);
}

async function alone(surroundings: Surroundings, potoo: Potoo, perMs: number): Promise<void> {
  const { clock, controlPlane, audit, print, say, signal } = surroundings;
  await audit.quietFor(settledMs, signal);
  say('one change of a cluster-wide policy …');
  const mark = await audit.mark();
  const meters = { apiserver: meter(controlPlane.apiserver, clock), operator: meter(potoo.operator.process, clock) };
  const seconds = await change('Warn', surroundings, potoo);
  await audit.quietFor(settledMs, signal);
  const { ms, cpuMs } = meters.apiserver();
  const written = await operatorWritesSince(audit, mark);
  const apiserverCpuMs = cpuMs - perMs * ms;
  print({ figure: 'fan-out', unit: 's', value: seconds, namespaces: potoo.reports.reports.size });
  print({
    figure: 'fan-out-apiserver-cpu',
    unit: 's',
    value: rounded(apiserverCpuMs / 1_000),
    msPerWrite: quotient(apiserverCpuMs, written.length),
    written: countWrites(written),
  });
  print({ figure: 'fan-out-operator-cpu', unit: 's', value: rounded(meters.operator().cpuMs / 1_000) });
}

/** The policy goes back to what it was while single namespaces change. */
async function besidesLocalChanges(surroundings: Surroundings, potoo: Potoo): Promise<void> {
  const { clock, print, say, signal } = surroundings;
  say('the same beside changes of single namespaces …');
  const fanOut = { seconds: undefined as number | undefined };
  const changing = change('Deny', surroundings, potoo).then((seconds) => {
    fanOut.seconds = seconds;
  });
  const latencies: number[] = [];
  do {
    const { sentAt, reportAt } = await measureChange(await nextChange(surroundings), surroundings, potoo);
    latencies.push(reportAt - sentAt);
    await clock.sleep(restMs, signal);
  } while (fanOut.seconds === undefined);
  await changing;
  print({ figure: 'fan-out-beside-changes', unit: 's', value: fanOut.seconds });
  print({ figure: 'change-to-report-beside-fan-out', unit: 'ms', from: 'request sent', ...percentiles(latencies) });
}

/** Resolves with the seconds until every report says so. */
async function change(action: Action, { clock, admin }: Surroundings, { reports }: Potoo): Promise<number> {
  const { method, path, body } = actionPatch(action);
  const startedAt = clock.monotonic();
  await admin.json(method, path, body);
  const told = (lines: readonly string[]) =>
    lines.some((line) => line.includes(`/${changedPolicy} `) && line.split(' ')[1] === effects[action]);
  const at = await reports.when(
    () => reports.reports.values().every(({ inherited }) => told(inherited)),
    `${changedPolicy} to be ${effects[action]} in every report`,
    msMax,
  );
  return rounded((at - startedAt) / 1_000);
}
