/**
 * How many questions a second the gateway answers, and what one costs: `node e2e/bench/gateway-load.ts [--seconds N]`.
 *
 * potoo_query with warm caches for namespaces of 18 and of 64 entries, over eight connections, by a caller who sees all in full;
 * beside it a bare Hono route that sends the same bytes with the same headers. Both run in turns, several rounds, and medians are
 * printed: one JSON line a figure on stdout, progress on stderr. API server and reviews are real, nothing is written meanwhile.
 *
 * The generator of the load shares the machine with what is measured. CPU milliseconds are those of the server's process alone;
 * rates and latencies are of server and generator together.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import { apply } from '../control-plane/admin.ts';
import type { Component } from '../control-plane/component.ts';
import { orUsage, readNumbers } from '../number-arguments.ts';
import { type Cluster, startCluster } from '../tests/cluster.ts';
import { writeResources } from '../tests/written-resources.ts';
import type { BareRoutes } from './bare-route.ts';
import { startBareServer } from './bare-server.ts';
import { type Figure, machineFigure, rounded } from './figures.ts';
import { clusterObjects, clusterPolicy, namespaceObjects } from './gateway-objects.ts';
import { connections, type Loaded, measureInTurns } from './rounds.ts';
import { askOnce, postBytes } from './socket-load.ts';
import { peakRssMiB } from './usage.ts';

/** Entries of a namespace: its own, and those of cluster-wide policies, which are the same in each. */
const inherited = 6;
const sizes = [18, 64] as const;
const warmUpMs = 2_000;
const Page = z.object({ returned: z.int() });

const usage = `Usage: node e2e/bench/gateway-load.ts [--seconds N] [--rounds N]

--seconds N  of each measurement; 5 unless told
--rounds N   how often each is made; 5 unless told`;

const say = (line: string) => void process.stderr.write(`gateway-load  ${line}\n`);
const print = (figure: Figure) => void process.stdout.write(`${JSON.stringify(figure)}\n`);

interface Subject extends Loaded {
  readonly name: 'gateway' | 'bare-route';
  readonly entries: number;
  readonly bytes: number;
}

const numbers = orUsage(() =>
  readNumbers(process.argv.slice(2), usage, {
    seconds: { ifAbsent: 5, min: 1, max: 600 },
    rounds: { ifAbsent: 5, min: 1, max: 100 },
  }),
);
await run(numbers('seconds') * 1_000, numbers('rounds'));

async function run(ms: number, rounds: number): Promise<void> {
  await using running = new AsyncDisposableStack();
  say('starting the control plane …');
  const cluster = running.use(await startCluster({ log: say }));
  const subjects = await prepare(cluster, running);
  print(machineFigure());
  const medians = await measureInTurns(subjects, { warmUpMs, ms, rounds, say });
  for (const { name, entries, bytes, perSecond, p50, p99, cpuMs } of medians) {
    print({
      figure: `${name}-load`,
      unit: 'requests/s',
      entries,
      value: perSecond,
      p50,
      p99,
      cpuMs,
      bytes,
      connections,
    });
  }
  for (const entries of sizes) {
    const [gateway, bare] = (['gateway', 'bare-route'] as const).map((name) =>
      medians.find((each) => each.name === name && each.entries === entries),
    );
    if (gateway === undefined || bare === undefined) throw new Error(`nothing was measured of ${entries} entries`);
    const share = rounded(gateway.perSecond / bare.perSecond);
    print({
      figure: 'gateway-load-of-bare-route',
      unit: 'share',
      entries,
      value: share,
      cpu: rounded(gateway.cpuMs / bare.cpuMs),
    });
  }
  const gateway = subjects.find(({ name }) => name === 'gateway');
  if (gateway !== undefined) {
    print({ figure: 'gateway-load-peak-rss', unit: 'MiB', value: rounded(peakRssMiB(gateway.process)) });
  }
}

/** Gateway and bare route, both started, with a question for each size. */
async function prepare(cluster: Cluster, running: AsyncDisposableStack): Promise<readonly Subject[]> {
  const { controlPlane } = cluster;
  const policies = Array.from({ length: inherited }, (_, index) => clusterPolicy(index));
  await apply(
    controlPlane,
    sizes.map((entries) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespaceOf(entries) } })),
  );
  await writeResources(controlPlane, [
    ...clusterObjects(policies),
    ...sizes.flatMap((entries) => namespaceObjects(namespaceOf(entries), entries - inherited, policies)),
  ]);
  const token = await cluster.caller('load', [{ role: 'potoo-cluster-view' }]);
  const gateway = await cluster.startGateway('gateway', undefined, { POTOO_RATE_LIMIT_PER_MINUTE: '0' });

  const url = new URL('/tools/potoo_query', gateway.url);
  const asked = await Promise.all(
    sizes.map(async (entries) => {
      const question = JSON.stringify({ namespace: namespaceOf(entries) });
      const request = postBytes(url, { authorization: `Bearer ${token}` }, question);
      const answer = await askOnce(url, request);
      const page = Page.safeParse(JSON.parse(answer.body));
      if (answer.status !== 200 || page.data?.returned !== entries) {
        throw new Error(`potoo_query about ${entries} entries: ${answer.status} ${answer.body.slice(0, 500)}`);
      }
      return { entries, request, answer };
    }),
  );
  const routes = asked.map(({ entries, answer: { headers, body } }) => ({
    path: `/${entries}`,
    headers: ownHeaders(headers),
    body,
  }));
  const bare = await startBareRoute(`${controlPlane.folder}/programs`, routes, running);
  return asked.flatMap(({ entries, request, answer }): Subject[] => {
    const bareUrl = new URL(`/${entries}`, bare.url);
    const bytes = Buffer.byteLength(answer.body);
    return [
      { name: 'gateway', entries, process: gateway.process, url, request, bytes },
      {
        name: 'bare-route',
        entries,
        process: bare.process,
        url: bareUrl,
        // The same bytes come in, too.
        request: postBytes(
          bareUrl,
          { authorization: `Bearer ${token}` },
          JSON.stringify({ namespace: namespaceOf(entries) }),
        ),
        bytes,
      },
    ];
  });
}

function namespaceOf(entries: number): string {
  return `load-${entries}`;
}

/** Without those that Node writes by itself. */
function ownHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name)),
  );
}

async function startBareRoute(
  folder: string,
  routes: BareRoutes,
  running: AsyncDisposableStack,
): Promise<{ readonly process: Component; readonly url: string }> {
  await mkdir(folder, { recursive: true });
  const file = `${folder}/bare-route.json`;
  await writeFile(file, JSON.stringify(routes));
  return startBareServer({ name: 'bare-route', args: [file], folder, say, running });
}
