/**
 * `npm run bench`: what Potoo costs and how fast it is in a cluster of a size that is told, measured against a real API
 * server on this machine. One JSON line a figure on stdout, progress on stderr. Ctrl-C stops everything.
 *
 * All parts share the machine's cores, so waiting for one another is in every latency and in no CPU figure. CPU times come
 * from /proc in steps of 10 ms. The API server also serves the bench's own watch on reports; that stays in its figures.
 */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { systemNamespace } from '../../crds/api.ts';
import { systemClock as clock } from '../../kube/clock.ts';
import { connect } from '../control-plane/connection.ts';
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts';
import { UsageError } from '../number-arguments.ts';
import { type Gateway, gatewayProgram, install, operatorProgram } from '../programs.ts';
import { type Arguments, readArguments } from './arguments.ts';
import { createAuditTrail } from './audit-trail.ts';
import { measureChanges, measureChangesAlone } from './change-latency.ts';
import { createChanges, seededRandom } from './changes.ts';
import { measureColdStart } from './cold-start.ts';
import { measureFanOut } from './fan-out.ts';
import { type Figure, machineFigure, rounded } from './figures.ts';
import { createGatewayClient } from './gateway-client.ts';
import { load } from './load.ts';
import { measureQuiet, measureRestart } from './needless-writes.ts';
import { isExpected, populationOf } from './population.ts';
import { watchReports } from './report-watch.ts';
import { settledMs, type Surroundings } from './surroundings.ts';
import { meter } from './usage.ts';

const seed = 20_261_121;
/** How long the idle API server is looked at, and how many changes are made without an operator, at most. */
const idleSecondsMax = 20;
const changesAloneMax = 100;
const gatewayMsMax = 60_000;

const beganAt = clock.monotonic();
const say = (line: string) =>
  void process.stderr.write(`bench ${((clock.monotonic() - beganAt) / 1_000).toFixed(1).padStart(6)} s  ${line}\n`);
const print = (figure: Figure) => void process.stdout.write(`${JSON.stringify(figure)}\n`);

const stop = new AbortController();
const asked = new Error('stopped by a signal');
const stopped = once(stop.signal, 'abort').then(() => stop.signal.throwIfAborted());
stopped.catch(() => {}); // run() is what waits for it
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(asked));

try {
  await run(readArguments(process.argv.slice(2)));
} catch (error) {
  if (error === asked) say('stopped, nothing is left running');
  else process.stderr.write(`\nbench: ${textOf(error)}\n`);
  process.exitCode = error === asked ? 130 : 1;
}
process.exit(); // a wait that was given up may have a timer left

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof UsageError ? error.message : (error.stack ?? error.message);
}

async function run(sizes: Arguments): Promise<void> {
  print(machineFigure({ memoryGiB: rounded(totalmem() / 2 ** 30), ...sizes, seed }));
  await using running = new AsyncDisposableStack();
  const folder = await mkdtemp(join(process.env['POTOO_E2E_RUN_FOLDER'] ?? tmpdir(), 'potoo-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  // Not given up half way: what has started must be known, or it cannot be stopped.
  const controlPlane = running.use(
    await startControlPlane({ folder: join(folder, 'control-plane'), log: say, signal: stop.signal }),
  );
  const measuring = measure(sizes, controlPlane, folder, running);
  await Promise.race([measuring, stopped]);
}

async function measure(
  sizes: Arguments,
  controlPlane: ControlPlane,
  folder: string,
  running: AsyncDisposableStack,
): Promise<void> {
  const { signal } = stop;
  await install(controlPlane);
  const admin = running.use(await connect(controlPlane));
  const population = populationOf(sizes.namespaces);
  const surroundings: Surroundings = {
    sizes,
    clock,
    controlPlane,
    admin,
    audit: createAuditTrail(controlPlane.auditLog, clock),
    changes: createChanges(population, seededRandom(seed)),
    print,
    say,
    signal,
  };

  say(`loading ${sizes.namespaces} namespaces …`);
  const loadedFrom = clock.monotonic();
  const objects = await load(admin, population, sizes.clusterPolicies);
  print({ figure: 'load', unit: 's', value: rounded((clock.monotonic() - loadedFrom) / 1_000), objects });
  say('waiting for the controllers …');
  await surroundings.audit.quietFor(settledMs, signal);

  const idle = meter(controlPlane.apiserver, clock);
  await clock.sleep(Math.min(idleSecondsMax, sizes.quietSeconds) * 1_000, signal);
  const idleUse = idle();
  const idleCpu = idleUse.cpuMs / idleUse.ms;
  print({ figure: 'idle-apiserver-cpu', unit: 'ms/s', value: rounded(idleCpu * 1_000) });
  const perChange = await measureChangesAlone(surroundings, Math.min(changesAloneMax, sizes.changes), idleCpu);

  const kubeconfigOf = async (account: string) =>
    controlPlane.kubeconfigFor(account, await controlPlane.serviceAccountToken(systemNamespace, account, 86_400));
  const operator = await operatorProgram({ kubeconfig: await kubeconfigOf('potoo-operator'), folder, log: say });
  running.defer(() => operator.process.stop());
  const reports = running.use(await watchReports(admin, clock));
  await measureColdStart(surroundings, operator, reports, idleCpu);

  const gateway = await gatewayProgram({
    kubeconfig: await kubeconfigOf('potoo-controller'),
    folder,
    log: say,
    env: { POTOO_RATE_LIMIT_PER_MINUTE: '0' },
  });
  running.defer(() => gateway.process.stop());
  const caller = running.use(createGatewayClient(gateway, controlPlane.adminToken, clock, signal));
  await startGateway(gateway);
  for (const [namespace, entries] of surroundings.changes.expected()) {
    await caller.when(namespace, (found) => isExpected(found, entries), gatewayMsMax);
  }

  const perMs = await measureQuiet(surroundings, operator);
  await measureChanges(surroundings, { operator, reports, gateway, caller }, { perMs, perChange });
  await measureFanOut(surroundings, { operator, reports, gateway, caller }, perMs);
  await measureRestart(surroundings, operator);
  say('done');
}

async function startGateway(gateway: Gateway): Promise<void> {
  say('starting the gateway …');
  const startedAt = clock.monotonic();
  await gateway.process.start();
  for (;;) {
    const ready = await fetch(`${gateway.url}/readyz`);
    await ready.arrayBuffer();
    if (ready.ok) break;
    if (clock.monotonic() - startedAt > gatewayMsMax)
      throw new Error(`not ready in ${gatewayMsMax} ms: ${gateway.url}`);
    await clock.sleep(20, stop.signal);
  }
  print({ figure: 'gateway-start', unit: 's', value: rounded((clock.monotonic() - startedAt) / 1_000) });
}
