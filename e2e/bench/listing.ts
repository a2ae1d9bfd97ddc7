/**
 * What it costs to list the namespaces of a large cluster without the right to list them all, and whom it slows:
 * `node e2e/bench/listing.ts --namespaces 5000 --allowed 100`. One JSON line a figure on stdout, progress on stderr.
 *
 * The other caller asks potoo_query about one namespace after the other, first alone and then while the listing runs. What it
 * asks for the first time needs a review (`cold`), what it asks again does not.
 */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemNamespace } from '../../crds/api.ts';
import { systemClock as clock } from '../../kube/clock.ts';
import { connect } from '../control-plane/connection.ts';
import { type ControlPlane, startControlPlane } from '../control-plane/control-plane.ts';
import { orUsage, readNumbers } from '../number-arguments.ts';
import { type Gateway, gatewayProgram, install } from '../programs.ts';
import { createAuditTrail } from './audit-trail.ts';
import { type Figure, percentiles, rounded } from './figures.ts';
import {
  createReader,
  createReaderRole,
  listAll,
  listedNamespaces,
  spread,
  writeReports,
} from './listed-namespaces.ts';
import { meter } from './usage.ts';

const usage = `Usage: npm run bench:listing [-- --namespaces N --allowed N]

Prints one JSON line a figure on stdout and its progress on stderr.
--namespaces N   each with an empty report; 5000 unless told
--allowed N      of these, how many the caller may see; 100 unless told`;

/** How long the other caller asks without the listing, and how long it waits between answer and question. */
const aloneMs = 10_000;
const pauseMs = 10;
const readyMsMax = 120_000;
const gatewayUser = `system:serviceaccount:${systemNamespace}:potoo-controller`;

const beganAt = clock.monotonic();
const say = (line: string) =>
  void process.stderr.write(`listing ${((clock.monotonic() - beganAt) / 1_000).toFixed(1).padStart(6)} s  ${line}\n`);
const print = (figure: Figure) => void process.stdout.write(`${JSON.stringify(figure)}\n`);

const stop = new AbortController();
const stopped = once(stop.signal, 'abort').then(() => stop.signal.throwIfAborted());
stopped.catch(() => {}); // run() is what waits for it
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => stop.abort(new Error('stopped by a signal')));
}

const numbers = orUsage(() =>
  readNumbers(process.argv.slice(2), usage, {
    namespaces: { ifAbsent: 5_000, min: 1, max: 50_000 },
    allowed: { ifAbsent: 100, min: 1, max: 50_000 },
  }),
);
try {
  await run();
} catch (error) {
  process.stderr.write(`\nlisting: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
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
  await install(controlPlane);
  const admin = running.use(await connect(controlPlane));
  const namespaces = listedNamespaces(numbers('namespaces'));
  const allowed = spread(namespaces, Math.min(numbers('allowed'), namespaces.length));
  say(`writing ${namespaces.length} namespaces …`);
  await writeReports(admin, namespaces);
  await createReaderRole(admin);
  const reader = async (name: string) => createReader(controlPlane, admin, name, allowed);
  const [first, second] = [await reader('first-lister'), await reader('second-lister')];
  const [alone, beside] = [await reader('other-alone'), await reader('other-beside')];

  const token = await controlPlane.serviceAccountToken(systemNamespace, 'potoo-controller', 86_400);
  const kubeconfig = await controlPlane.kubeconfigFor('potoo-controller', token);
  // The caller beside it asks as often as it gets answers.
  const env = { POTOO_RATE_LIMIT_PER_MINUTE: '0' };
  const gateway = await gatewayProgram({ kubeconfig, folder, log: say, env });
  running.defer(() => gateway.process.stop());
  await gateway.process.start();
  await ready(gateway, controlPlane.adminToken, namespaces.length);

  say('the other caller alone …');
  const enough = new AbortController();
  const cancel = clock.after(aloneMs, () => enough.abort());
  printQueries('query-alone', await queries(gateway, alone, allowed, enough.signal));
  cancel();

  const audit = createAuditTrail(controlPlane.auditLog, clock);
  const listing = async (figure: string, lister: string) => {
    say(`${figure} …`);
    const mark = await audit.mark();
    const [startedAt, use] = [clock.monotonic(), meter(controlPlane.apiserver, clock)];
    const { namespaces: listed, pages } = await listAll(gateway.url, lister);
    const seconds = rounded((clock.monotonic() - startedAt) / 1_000);
    const { cpuMs } = use();
    const reviews = await audit.reviewsSince(mark, gatewayUser);
    if (listed.join() !== allowed.join()) throw new Error('the listing is not what the caller may see');
    print({ figure, unit: 's', value: seconds, pages, reviews, apiserverCpuMs: rounded(cpuMs) });
  };
  await listing('listing-first', first);
  await listing('listing-again-within-a-minute', first);
  const done = new AbortController();
  const asking = queries(gateway, beside, allowed, done.signal);
  await listing('listing-first-beside-queries', second);
  done.abort();
  printQueries('query-beside-listing', await asking);
}

/** The uid of the Lease seals cursors, and the gateway looks at it every few seconds. */
async function ready(gateway: Gateway, adminToken: string, namespaces: number): Promise<void> {
  const startedAt = clock.monotonic();
  for (;;) {
    const health = await fetch(`${gateway.url}/readyz`);
    await health.arrayBuffer();
    if (health.ok && (await listAll(gateway.url, adminToken, 1_000)).namespaces.length === namespaces) break;
    if (clock.monotonic() - startedAt > readyMsMax) throw new Error(`not ready in ${readyMsMax} ms: ${gateway.url}`);
    await clock.sleep(100, stop.signal);
  }
  await clock.sleep(4_000, stop.signal);
}

interface Latencies {
  readonly cold: readonly number[];
  readonly warm: readonly number[];
}

/** One question after the other, until told to stop; the first round is the cold one. */
async function queries(
  gateway: Gateway,
  token: string,
  namespaces: readonly string[],
  enough: AbortSignal,
): Promise<Latencies> {
  const latencies = { cold: new Array<number>(), warm: new Array<number>() };
  for (let index = 0; index < namespaces.length || !enough.aborted; index += 1) {
    const startedAt = clock.monotonic();
    const response = await fetch(`${gateway.url}/tools/potoo_query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ namespace: namespaces[index % namespaces.length] }),
      signal: stop.signal,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`potoo_query: ${response.status} ${text}`);
    latencies[index < namespaces.length ? 'cold' : 'warm'].push(clock.monotonic() - startedAt);
    await clock.sleep(pauseMs, stop.signal);
  }
  return latencies;
}

function printQueries(figure: string, { cold, warm }: Latencies): void {
  print({ figure, unit: 'ms', asked: 'for the first time', ...percentiles(cold) });
  if (warm.length > 0) print({ figure, unit: 'ms', asked: 'again', ...percentiles(warm) });
}
