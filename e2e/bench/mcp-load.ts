/**
 * What a call of a tool over MCP costs: `node e2e/bench/mcp-load.ts [--seconds N] [--rounds N]`.
 *
 * potoo_query about a namespace with one entry, over eight connections, by a caller with a token whom the API server vouches for;
 * beside it an SDK server with one tool that does nothing, for anybody. In the newest revision and in one before it, whose answers
 * are event streams. All in turns, several rounds, and medians are printed: one JSON line a figure on stdout, progress on stderr.
 *
 * The generator of the load shares the machine with what is measured. CPU microseconds are those of the server's process alone;
 * rates and latencies are of server and generator together.
 */
import { apply } from '../control-plane/admin.ts';
import { orUsage, readNumbers } from '../number-arguments.ts';
import { type Cluster, startCluster } from '../tests/cluster.ts';
import { writeResources } from '../tests/written-resources.ts';
import { startBareServer } from './bare-server.ts';
import { type Figure, machineFigure, quotient, rounded } from './figures.ts';
import { namespaceObjects } from './gateway-objects.ts';
import { connections, type Loaded, measureInTurns } from './rounds.ts';
import { askOnce, postBytes } from './socket-load.ts';
import { peakRssMiB, rssMiB } from './usage.ts';

const namespace = 'load';
const warmUpMs = 3_000;
const eras = ['modern', 'legacy'] as const;
type Era = (typeof eras)[number];
const revisions = { modern: '2026-07-28', legacy: '2025-06-18' } as const;

const usage = `Usage: node e2e/bench/mcp-load.ts [--seconds N] [--rounds N]

--seconds N  of each measurement; 5 unless told
--rounds N   how often each is made; 5 unless told`;

const say = (line: string) => void process.stderr.write(`mcp-load  ${line}\n`);
const print = (figure: Figure) => void process.stdout.write(`${JSON.stringify(figure)}\n`);

interface Subject extends Loaded {
  readonly name: 'gateway' | 'bare-mcp';
  readonly era: Era;
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
  for (const { name, era, bytes, perSecond, p50, p99, cpuMs } of medians) {
    const value = { value: perSecond, p50, p99, cpuMicros: Math.round(cpuMs * 1_000) };
    print({ figure: `${name}-calls`, unit: 'calls/s', era, ...value, bytes, connections });
  }
  for (const era of eras) {
    const [gateway, bare] = (['gateway', 'bare-mcp'] as const).map((name) =>
      medians.find((each) => each.name === name && each.era === era),
    );
    if (gateway === undefined || bare === undefined) throw new Error(`nothing was measured of the ${era} era`);
    const value = quotient(gateway.perSecond, bare.perSecond);
    print({ figure: 'mcp-calls-of-bare', unit: 'share', era, value, cpu: quotient(gateway.cpuMs, bare.cpuMs) });
  }
  for (const { name, process } of subjects.filter(({ era }) => era === 'modern')) {
    print({
      figure: `${name}-rss`,
      unit: 'MiB',
      value: rounded(rssMiB(process)),
      peak: rounded(peakRssMiB(process)),
    });
  }
}

/** Gateway and bare server, both started, with a call of each era. */
async function prepare(cluster: Cluster, running: AsyncDisposableStack): Promise<readonly Subject[]> {
  const { controlPlane } = cluster;
  await apply(controlPlane, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
  await writeResources(controlPlane, namespaceObjects(namespace, 1, []));
  const token = await cluster.caller('load', [{ role: 'potoo-cluster-view' }]);
  const gateway = await cluster.startGateway('gateway', undefined, { POTOO_RATE_LIMIT_PER_MINUTE: '0' });
  const folder = `${controlPlane.folder}/programs`;
  const bare = await startBareServer({ name: 'bare-mcp', args: [], folder, say, running });
  const subjects: Subject[] = [];
  for (const era of eras) {
    for (const [name, server, tool] of [
      ['gateway', gateway, 'potoo_query'],
      ['bare-mcp', bare, 'nothing'],
    ] as const) {
      const url = new URL('/mcp', server.url);
      const request = callBytes(url, era, tool, token);
      const { status, body } = await askOnce(url, request);
      if (status !== 200 || !body.includes(`"namespace":"${namespace}"`)) {
        throw new Error(`${name}, ${era}: ${status} ${body.slice(0, 500)}`);
      }
      subjects.push({ name, era, process: server.process, url, request, bytes: Buffer.byteLength(body) });
    }
  }
  return subjects;
}

function callBytes(url: URL, era: Era, tool: string, token: string): Buffer {
  const revision = revisions[era];
  const isModern = era === 'modern';
  const meta = {
    'io.modelcontextprotocol/protocolVersion': revision,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const params = { name: tool, arguments: { namespace }, ...(isModern ? { _meta: meta } : {}) };
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': revision,
    ...(isModern ? { 'mcp-method': 'tools/call', 'mcp-name': tool } : {}),
  };
  return postBytes(url, headers, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }));
}
