/**
 * `npm run bench:corpus`: every definition and every policy of the corpus beside the project in one real cluster, while the
 * operator runs there with the rights of its ServiceAccount; then all of them deleted. One JSON line a figure on stdout, progress
 * and what the API server refused on stderr.
 *
 * What two policies of the corpus call by the same name is installed under two names. Policies that the API server itself enforces
 * are put into force last, or they would refuse the others.
 */
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemNamespace } from '../../crds/api.ts';
import { systemClock as clock } from '../../kube/clock.ts';
import { adapters } from '../../operator/adapters/all.ts';
import { adapterOf } from '../../operator/discovery/decide-kinds.ts';
import { at, waitFor } from '../control-plane/admin.ts';
import { connect } from '../control-plane/connection.ts';
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts';
import { corpusMissing } from '../eval/corpus.ts';
import { type Differences, differenceText, oracleOf } from '../oracle-differences.ts';
import { install, operatorProgram, type Program } from '../programs.ts';
import { createAuditTrail, type AuditTrail } from './audit-trail.ts';
import {
  corpusDefinitions,
  corpusPolicies,
  grantOfUnknownKinds,
  type Installation,
  type Installer,
  installer,
} from './corpus-objects.ts';
import { type Figure, machineFigure, rounded } from './figures.ts';
import { operatorMetric } from './operator-metrics.ts';
import { operatorWritesSince } from './surroundings.ts';
import { peakRssMiB, rssMiB } from './usage.ts';

/** Without a write for so long the operator has nothing more to say. */
const quietMs = 5_000;
/** How long memory may take to be given back, and a message may repeat. */
const restMs = 60_000;
const settleMsMax = 300_000;
const printedMax = 20;

const beganAt = clock.monotonic();
const say = (line: string) =>
  void process.stderr.write(`corpus ${((clock.monotonic() - beganAt) / 1_000).toFixed(1).padStart(6)} s  ${line}\n`);
const print = (figure: Figure) => void process.stdout.write(`${JSON.stringify(figure)}\n`);

const stop = new AbortController();
const stopped = once(stop.signal, 'abort').then(() => stop.signal.throwIfAborted());
stopped.catch(() => {}); // run() is what waits for it
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => stop.abort(new Error('stopped by a signal')));
}

try {
  if (corpusMissing !== undefined) throw new Error(corpusMissing);
  await run();
} catch (error) {
  process.stderr.write(`\ncorpus: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
process.exit(); // a wait that was given up may have a timer left

async function run(): Promise<void> {
  await using running = new AsyncDisposableStack();
  const folder = await mkdtemp(join(process.env['POTOO_E2E_RUN_FOLDER'] ?? tmpdir(), 'potoo-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const controlPlane = running.use(
    await startControlPlane({ folder: join(folder, 'control-plane'), log: say, signal: stop.signal }),
  );
  await Promise.race([measure(controlPlane, folder, running), stopped]);
}

async function measure(controlPlane: ControlPlane, folder: string, running: AsyncDisposableStack): Promise<void> {
  print(machineFigure());
  await install(controlPlane);
  const differences = await oracleOf(controlPlane);
  const admin = running.use(await connect(controlPlane));
  const audit = createAuditTrail(controlPlane.auditLog, clock);
  const token = await controlPlane.serviceAccountToken(systemNamespace, 'potoo-operator', 86_400);
  const kubeconfig = await controlPlane.kubeconfigFor('potoo-operator', token);
  const operator = await operatorProgram({ kubeconfig, folder, log: say });
  running.defer(() => operator.process.stop());
  await operator.process.start();
  const quiet = () => untilQuiet(audit);
  await quiet();
  await clock.sleep(restMs / 2, stop.signal);
  const before = await stateOf(operator);
  print({ figure: 'before', unit: 'MiB', value: before.rss, ...before });

  const installing = installer(admin, stop.signal);
  await measureFirstObject(controlPlane, installing);
  say('installing the definitions …');
  const unknown = corpusDefinitions().filter(({ name }) => !hasAdapter(name));
  await installing.apply([grantOfUnknownKinds(unknown)]);
  const definitions = await installing.apply(corpusDefinitions());
  await installing.established();
  say('installing the policies …');
  const startedAt = clock.monotonic();
  const policies = await installing.apply(corpusPolicies());
  const installedAt = clock.monotonic();
  const lastWriteAt = await quiet();
  tell('refused', [...definitions.refused, ...policies.refused]);
  await expectRight(differences, 'with the corpus');
  const full = await stateOf(operator);
  print({ figure: 'installed', unit: 'objects', ...counts(definitions), policies: counts(policies) });
  print({
    figure: 'reports-right',
    unit: 's',
    value: rounded(Math.max(0, lastWriteAt - installedAt) / 1_000),
    installingSeconds: rounded((installedAt - startedAt) / 1_000),
    constraints: await constraintsOf(operator),
  });
  print({ figure: 'full', unit: 'MiB', value: full.rss, peak: peakRssMiB(operator.process), ...full });

  say('deleting the policies …');
  await installing.remove(policies);
  const deletedAt = clock.monotonic();
  const emptyAt = await quiet();
  await expectRight(differences, 'without policies');
  print({
    figure: 'reports-empty',
    unit: 's',
    value: rounded(Math.max(0, emptyAt - deletedAt) / 1_000),
    constraints: await constraintsOf(operator),
  });
  say('deleting the definitions …');
  await installing.remove(definitions);
  await quiet();
  await expectRight(differences, 'without definitions');
  await clock.sleep(restMs, stop.signal);
  const after = await stateOf(operator);
  print({
    figure: 'after',
    unit: 'MiB',
    value: after.rss,
    ofBefore: rounded(after.rss / before.rss),
    ofFull: rounded(after.rss / full.rss),
    ...after,
  });
  const errors = errorLines(`${folder}/operator.log`);
  tell('error line', errors);
  print({ figure: 'error-lines', unit: 'lines', value: errors.length });
}

/** How long after the first object of a kind, which comes right after its definition, the report of its namespace has it. */
async function measureFirstObject(controlPlane: ControlPlane, installing: Installer): Promise<void> {
  const name = 'ciliumnetworkpolicies.cilium.io';
  const definitions = corpusDefinitions().filter((definition) => definition.name === name);
  const [first] = corpusPolicies().filter(({ collection }) => collection.endsWith('/default/ciliumnetworkpolicies'));
  if (first === undefined) throw new Error('the corpus has no CiliumNetworkPolicy');
  const reported = (present: boolean) =>
    waitFor(
      controlPlane,
      '/apis/potoo.io/v1alpha1/namespaces/default/constraintreports/constraints',
      (report) => JSON.stringify(at(report, 'status', 'constraints') ?? []).includes('CiliumNetworkPolicy') === present,
      'the policy in the report',
    );
  await reported(false);
  const definition = await installing.apply(definitions);
  await installing.established();
  const definedAt = clock.monotonic();
  const policy = await retried(() => installing.apply([first]));
  const createdAt = clock.monotonic();
  await reported(true);
  const inReportAt = clock.monotonic();
  await installing.remove(definition);
  const removedAt = clock.monotonic();
  await reported(false);
  print({
    figure: 'first-object',
    unit: 'ms',
    value: rounded(inReportAt - createdAt),
    sinceDefinition: rounded(inReportAt - definedAt),
    gone: rounded(clock.monotonic() - removedAt),
    objects: policy.applied.length,
  });
}

/** A kind is established a moment before it is served. */
async function retried(apply: () => Promise<Installation>): Promise<Installation> {
  for (;;) {
    const done = await apply();
    if (done.applied.length > 0) return done;
    await clock.sleep(20, stop.signal);
  }
}

function hasAdapter(definition: string): boolean {
  const dot = definition.indexOf('.');
  const kind = { plural: definition.slice(0, dot), group: definition.slice(dot + 1) };
  return adapterOf(kind, adapters) !== undefined;
}

function counts({ applied, refused }: Installation): Readonly<Record<string, number>> {
  return { applied: applied.length, refused: refused.length };
}

function tell(what: string, lines: readonly string[]): void {
  for (const line of lines.slice(0, printedMax)) say(`${what}: ${line.slice(0, 400)}`);
  if (lines.length > printedMax) say(`${what}: … and ${lines.length - printedMax} more`);
}

/** Returns when the last write was, as far as it was looked at. */
async function untilQuiet(audit: AuditTrail): Promise<number> {
  const from = clock.monotonic();
  let mark = await audit.mark();
  let lastWriteAt = from;
  while (clock.monotonic() - lastWriteAt < quietMs) {
    if (clock.monotonic() - from > settleMsMax) throw new Error(`the operator still writes after ${settleMsMax} ms`);
    await clock.sleep(100, stop.signal);
    const now = await audit.mark();
    if ((await operatorWritesSince(audit, mark)).length > 0) lastWriteAt = clock.monotonic();
    mark = now;
  }
  return lastWriteAt;
}

async function expectRight(differences: Differences, when: string): Promise<void> {
  say(`comparing with the oracle ${when} …`);
  const found = await differences();
  tell(`wrong ${when}`, found.map(differenceText));
  print({ figure: 'wrong', unit: 'objects', when, value: found.length });
}

interface State {
  readonly rss: number;
  /** Of the heap of JavaScript, what is in use; garbage that was not collected yet is among it. */
  readonly heapUsed: number;
  readonly heapTotal: number;
  readonly watchedKinds: number;
}

async function stateOf(operator: Program): Promise<State> {
  return {
    rss: rounded(rssMiB(operator.process)),
    heapUsed: rounded((await operatorMetric(operator, 'potoo_operator_nodejs_heap_size_used_bytes')) / 2 ** 20),
    heapTotal: rounded((await operatorMetric(operator, 'potoo_operator_nodejs_heap_size_total_bytes')) / 2 ** 20),
    watchedKinds: await operatorMetric(operator, 'potoo_operator_watched_kinds'),
  };
}

async function constraintsOf(operator: Program): Promise<number> {
  const response = await fetch(`${operator.metricsUrl}/metrics`);
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('potoo_operator_constraints{'));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

/** Lines of the level error and above. */
function errorLines(path: string): readonly string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => /"level":(50|60|"error"|"fatal")/.test(line));
}
