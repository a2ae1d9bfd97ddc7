/**
 * What a large catalog costs the gateway: `node e2e/bench/gateway-catalog.ts [--namespaces N]`. Each namespace has 50 policies of
 * its own with their full forms, and 50 that bind the whole cluster.
 *
 * The objects come from a server of the bench's own that sends what a real one would, over TLS: to write 20,000 objects of
 * some 40 kB into etcd takes longer than all that is measured here. It makes them as it sends them, on the other core; the time to
 * be ready is of both. One JSON line a figure on stdout, progress on stderr.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { clusterConstraintDetails, constraintDetails, constraintReports, type PotooResource } from '../../crds/api.ts';
import { systemClock as clock } from '../../kube/clock.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { orUsage, readNumbers } from '../number-arguments.ts';
import { gatewayProgram } from '../programs.ts';
import { type Figure, machineFigure, percentiles, rounded } from './figures.ts';
import { clusterObjects, clusterPolicy, namespaceObjects } from './gateway-objects.ts';
import { askOnce, postBytes } from './socket-load.ts';
import { startStandingServer } from './standing-server.ts';
import { peakRssMiB } from './usage.ts';

const own = 50;
const inherited = 50;
const readyMsMax = 600_000;
/** For garbage to be collected that is left from the start. */
const restMs = 15_000;
const asked = 300;

const usage = `Usage: node e2e/bench/gateway-catalog.ts [--namespaces N]

--namespaces N  each with ${own} policies of its own and ${inherited} cluster-wide ones; 10000 unless told`;

const say = (line: string) => void process.stderr.write(`gateway-catalog  ${line}\n`);
const print = (figure: Figure) => void process.stdout.write(`${JSON.stringify(figure)}\n`);

const numbers = orUsage(() =>
  readNumbers(process.argv.slice(2), usage, { namespaces: { ifAbsent: 10_000, min: 1, max: 100_000 } }),
);
await run(numbers('namespaces'));

async function run(namespaces: number): Promise<void> {
  print(machineFigure());
  await using running = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'potoo-catalog-'));
  running.defer(() => rm(folder, { recursive: true, force: true }));
  const policies = Array.from({ length: inherited }, (_, index) => clusterPolicy(index));
  const names = Array.from({ length: namespaces }, (_, index) => `team-${String(index).padStart(5, '0')}`);
  const server = running.use(
    await startStandingServer(function* objectsOf(resource: PotooResource): Iterable<KubeObject> {
      if (resource === clusterConstraintDetails) yield* clusterObjects(policies);
      if (resource !== constraintReports && resource !== constraintDetails) return;
      for (const name of names) {
        yield* namespaceObjects(name, own, policies).filter((each) => each.kind === resource.kind);
      }
    }),
  );
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigOf(server.url, server.ca));
  const gateway = await gatewayProgram({ kubeconfig, folder, log: say, env: { POTOO_RATE_LIMIT_PER_MINUTE: '0' } });
  running.defer(() => gateway.process.stop());

  say(`starting the gateway with ${namespaces} namespaces …`);
  const startedAt = clock.monotonic();
  await gateway.process.start();
  while (!(await fetch(`${gateway.url}/readyz`)).ok) {
    if (clock.monotonic() - startedAt > readyMsMax)
      throw new Error(`not ready in ${readyMsMax} ms: ${gateway.process.logFile}`);
    await clock.sleep(100);
  }
  const seconds = (clock.monotonic() - startedAt) / 1_000;
  const { objects, bytes } = server.sent;
  const constraints = namespaces * own + inherited;
  print({
    figure: 'catalog-ready',
    unit: 's',
    value: rounded(seconds),
    namespaces,
    constraints,
    objects,
    MiB: rounded(bytes / 2 ** 20),
  });
  print({ figure: 'catalog-start-cpu', unit: 's', value: rounded(gateway.process.cpuSeconds()) });
  await clock.sleep(restMs);
  print({
    figure: 'catalog-rss',
    unit: 'MiB',
    value: rssMiB(gateway.process.rssBytes()),
    peak: rounded(peakRssMiB(gateway.process)),
  });

  const latencies: number[] = [];
  const url = new URL('/tools/potoo_query', gateway.url);
  for (const name of names.toSpliced(asked)) {
    const request = postBytes(url, { authorization: 'Bearer admin' }, JSON.stringify({ namespace: name }));
    const sentAt = clock.monotonic();
    const { status, body } = await askOnce(url, request);
    latencies.push(clock.monotonic() - sentAt);
    if (status !== 200) throw new Error(`potoo_query ${name}: ${status} ${body.slice(0, 300)}`);
  }
  print({ figure: 'catalog-first-question', unit: 'ms', ...percentiles(latencies) });
  print({ figure: 'catalog-rss-after-questions', unit: 'MiB', value: rssMiB(gateway.process.rssBytes()) });
}

function rssMiB(bytes: number): number {
  return rounded(bytes / 2 ** 20);
}

function kubeconfigOf(server: string, ca: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'bench', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: [{ name: 'gateway', user: { token: 'gateway' } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'gateway' } }],
    'current-context': 'bench',
  });
}
