/**
 * `npm start`: Potoo to look at. A control plane of its own with a small company in it, or a cluster that is there already;
 * then operator and gateway, the table, and lines to copy. Stays until Ctrl-C.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock as clock } from '../../kube/clock.ts';
import { apply, at, list } from '../control-plane/admin.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { clusterToolsInstallation, install, installation } from '../programs.ts';
import { readArguments, usage } from './arguments.ts';
import { openCluster } from './cluster.ts';
import { applyCompany, writeCallers } from './company.ts';
import { confirm, listObjects } from './consent.ts';
import { clusterLines, companyLines, removalLines, renderSections, type Section } from './lines.ts';
import { startGateway, startOperator } from './potoo.ts';
import { createProgress } from './progress.ts';
import { renderTable, reportTable, type Table } from './table.ts';

/** npm passes Ctrl-C on to a process that the terminal has told already; that is not a person's second one. */
const sameKeyMs = 500;

const progress = createProgress(clock, (text) => void process.stderr.write(text));
const stop = new AbortController();
const asked = new Error('stopped by a signal');
const stopped = once(stop.signal, 'abort').then(() => stop.signal.throwIfAborted());
stopped.catch(() => {}); // whoever waits for something else as well asks for it

let first: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (first !== undefined && clock.monotonic() - first > sameKeyMs) process.exit(130);
    if (first === undefined) progress.say('stopping; once more to end at once …');
    first ??= clock.monotonic();
    stop.abort(asked);
  });
}

/** What comes first: the end of the work, or a signal or a program that has ended. */
async function orStop<T>(work: Promise<T>): Promise<T> {
  await Promise.race([work, stopped]);
  return work;
}
const say = (text: string) => void process.stdout.write(`${text}\n`);

try {
  const { kubeconfig, yes, help } = readArguments(process.argv.slice(2));
  if (help) say(usage);
  else await (kubeconfig === undefined ? runCompany() : runOn(kubeconfig, yes));
} catch (error) {
  if (error === asked) progress.say('stopped, nothing is left running');
  else {
    process.stderr.write(`\npotoo: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
process.exit(); // a wait that was given up may have a timer left

async function runCompany(): Promise<void> {
  await using running = new AsyncDisposableStack();
  const folder = await temporaryFolder(running);
  const log = (line: string) => progress.say(line);
  progress.say('starting etcd, kube-apiserver and kube-controller-manager …');
  // Not given up half way: what has started must be known, or it cannot be stopped.
  const controlPlane = running.use(
    await startControlPlane({ folder: join(folder, 'control-plane'), log, signal: stop.signal }),
  );
  stop.signal.throwIfAborted();

  const cluster = running.use(openCluster(controlPlane.adminKubeconfig, clock));
  await orStop(progress.during('installing the definitions and RBAC', install(cluster.target)));
  await orStop(apply(cluster.target, clusterToolsInstallation()));
  const namespaces = await orStop(progress.during('applying a small company', applyCompany(cluster)));
  const callers = join(folder, 'callers');
  await orStop(writeCallers(cluster, callers));
  const surroundings = { cluster, folder, progress, clock, running, onEnd };
  await orStop(startOperator(surroundings, namespaces));
  const gateway = await orStop(startGateway(surroundings, { POTOO_TOOLSETS: 'constraints,cluster' }));
  const table = await orStop(reportTable(cluster.transport));
  show(table, companyLines({ kubeconfig: cluster.kubeconfig, gateway, callers }));
  say('Ready. Ctrl-C stops everything and removes what was written.');
  await stopped;
}

async function runOn(kubeconfig: string, yes: boolean): Promise<void> {
  await using running = new AsyncDisposableStack();
  const cluster = running.use(openCluster(kubeconfig, clock));
  const version = await orStop(cluster.version());
  say(
    `Cluster ${cluster.target.server} (${version}), as ${kubeconfig} names it. To be installed, or taken over if it is there:`,
  );
  say(listObjects(installation()));
  if (!yes && !(await orStop(confirm('Install?', { input: process.stdin, output: process.stdout }, stop.signal)))) {
    say('Nothing was installed.');
    return;
  }
  const folder = await temporaryFolder(running);
  running.defer(() => {
    say(['', 'The definitions, the reports and RBAC stay in the cluster. To remove them:'].join('\n'));
    say(
      removalLines(kubeconfig)
        .map((line) => `  ${line}`)
        .join('\n'),
    );
  });
  await orStop(progress.during('installing the definitions and RBAC', install(cluster.target)));
  const surroundings = { cluster, folder, progress, clock, running, onEnd };
  const namespaces = (await orStop(list(cluster.target, '/api/v1/namespaces')))
    .filter((namespace) => at(namespace, 'status', 'phase') === 'Active')
    .map(({ metadata }) => metadata.name);
  await orStop(startOperator(surroundings, namespaces));
  const gateway = await orStop(startGateway(surroundings));
  const table = await orStop(reportTable(cluster.transport));
  show(table, clusterLines({ kubeconfig, gateway, namespace: table.rows[0]?.object.metadata.namespace ?? 'default' }));
  say('Ready. Ctrl-C stops the operator and the gateway.');
  await stopped;
}

/** Readable by its owner alone, as mkdtemp makes it; gone at the end, also at a hurried one. */
async function temporaryFolder(running: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'potoo-demo-'));
  running.defer(() => rm(folder, { recursive: true, force: true }));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

function onEnd(error: Error): void {
  stop.abort(error);
}

function show(table: Table, sections: readonly Section[]): void {
  say(`\n${renderTable(table)}\n\nTo try in another shell; "| jq" makes the answers easier to read.`);
  if (spawnSync('kubectl', ['version', '--client']).error !== undefined) {
    say('kubectl is not in PATH here: the lines that begin with it need it, the others do not.');
  }
  say(`\n${renderSections(sections)}\n`);
}
