/** Writes that nobody needs: in a cluster where nothing happens, and after a restart that finds everything in order. */
import type { Program } from '../programs.ts';
import { countWrites, type Write } from './audit-trail.ts';
import { rounded } from './figures.ts';
import { operatorMetric } from './operator-metrics.ts';
import { operatorWritesSince, settledMs, type Surroundings } from './surroundings.ts';
import { meter, peakRssMiB } from './usage.ts';

const msMax = 300_000;
/** Enough to find the cause. */
const namedMax = 20;

/** Counts writes while nothing changes. Returns what the API server needs meanwhile: CPU milliseconds a millisecond. */
export async function measureQuiet(
  { sizes, clock, controlPlane, audit, print, say, signal }: Surroundings,
  operator: Program,
): Promise<number> {
  await audit.quietFor(settledMs, signal);
  say(`${sizes.quietSeconds} s of quiet …`);
  const mark = await audit.mark();
  const meters = { apiserver: meter(controlPlane.apiserver, clock), operator: meter(operator.process, clock) };
  await clock.sleep(sizes.quietSeconds * 1_000, signal);
  const { ms, cpuMs } = meters.apiserver();
  const operatorCpuMs = meters.operator().cpuMs;
  const written = await operatorWritesSince(audit, mark);
  print({ figure: 'writes-in-quiet', unit: 'writes', seconds: sizes.quietSeconds, ...told(written) });
  print({ figure: 'quiet-operator-cpu', unit: 'ms/s', value: rounded((operatorCpuMs / ms) * 1_000) });
  print({ figure: 'quiet-apiserver-cpu', unit: 'ms/s', value: rounded((cpuMs / ms) * 1_000) });
  return cpuMs / ms;
}

/** Stops the operator and starts it again; counts what it writes until it has looked at every namespace. */
export async function measureRestart(
  { sizes, clock, audit, print, say, signal }: Surroundings,
  operator: Program,
): Promise<void> {
  await audit.quietFor(settledMs, signal);
  say('restart of the operator …');
  const mark = await audit.mark();
  await operator.process.stop();
  const startedAt = clock.monotonic();
  await operator.process.start();
  while (!(await hasLookedAtAll(operator, sizes.namespaces))) {
    if (clock.monotonic() - startedAt > msMax) throw new Error(`waited ${msMax} ms for the restarted operator`);
    await clock.sleep(20, signal);
  }
  const seconds = (clock.monotonic() - startedAt) / 1_000;
  await clock.sleep(settledMs, signal);
  const written = await operatorWritesSince(audit, mark);
  print({ figure: 'restart', unit: 's', value: rounded(seconds) });
  print({ figure: 'writes-after-restart', unit: 'writes', ...told(written) });
  print({ figure: 'restart-operator-peak-rss', unit: 'MiB', value: rounded(peakRssMiB(operator.process)) });
  print({ figure: 'restart-operator-cpu', unit: 's', value: operator.process.cpuSeconds() });
}

async function hasLookedAtAll(operator: Program, namespaces: number): Promise<boolean> {
  if ((await operatorMetric(operator, 'potoo_operator_leading')) !== 1) return false;
  return (await operatorMetric(operator, 'potoo_operator_publish_seconds_count')) >= namespaces;
}

function told(written: readonly Write[]) {
  const objects = written.slice(0, namedMax).map(({ verb, resource, namespace, name }) => {
    const object = namespace === '' ? name : `${namespace}/${name}`;
    return `${verb} ${resource} ${object}`;
  });
  return { value: written.length, written: countWrites(written), ...(objects.length === 0 ? {} : { objects }) };
}
