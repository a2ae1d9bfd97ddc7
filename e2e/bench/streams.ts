/**
 * `node e2e/bench/streams.ts`: what open event streams cost the gateway, and how long a change takes to its readers. Against
 * a real API server, without an operator: reports are written directly. One JSON line a figure on stdout, progress on stderr.
 *
 * The readers are sockets of this process; all parts share the machine's cores.
 */
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { once } from 'node:events';
import { connect as dial, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemNamespace } from '../../crds/api.ts';
import { entryOf, networkConstraint, reportObject } from '../../gateway/testing/objects.ts';
import { systemClock as clock } from '../../kube/clock.ts';
import { apply } from '../control-plane/admin.ts';
import type { Component } from '../control-plane/component.ts';
import { connect } from '../control-plane/connection.ts';
import { startControlPlane } from '../control-plane/control-plane.ts';
import { readNumbers } from '../number-arguments.ts';
import { type Gateway, gatewayProgram, install } from '../programs.ts';
import { type Figure, machineFigure, percentiles, rounded } from './figures.ts';
import { meter } from './usage.ts';

const streamsOfCaller = 20;
const usage = `Usage: node e2e/bench/streams.ts [--namespaces N --entries N --streams N --told N --changes N --quiet-seconds N]`;
const option = (ifAbsent: number) => ({ ifAbsent, min: 1, max: 10_000 });
const sizes = readNumbers(process.argv.slice(2), usage, {
  namespaces: option(100),
  entries: option(40),
  streams: option(1_000),
  told: option(100),
  changes: option(200),
  'quiet-seconds': option(60),
});

const beganAt = clock.monotonic();
const say = (line: string) =>
  void process.stderr.write(`bench ${((clock.monotonic() - beganAt) / 1_000).toFixed(1).padStart(6)} s  ${line}\n`);
const print = (figure: Figure) => void process.stdout.write(`${JSON.stringify(figure)}\n`);

await run();
process.exit();

async function run(): Promise<void> {
  print(machineFigure());
  await using running = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'potoo-bench-streams-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const controlPlane = running.use(await startControlPlane({ folder: join(folder, 'control-plane'), log: say }));
  await install(controlPlane);
  const admin = running.use(await connect(controlPlane));

  say(`writing ${sizes('namespaces')} reports …`);
  const names = Array.from({ length: sizes('namespaces') }, (_, index) => `team-${index}`);
  const write = async (namespace: string, round: number) => {
    const entries = Array.from({ length: sizes('entries') }, (_, index) =>
      entryOf(networkConstraint(namespace, `policy-${index}`), {
        message: index === 0 ? `as of round ${round}` : 'the same in every round',
      }),
    );
    const path = `/apis/potoo.io/v1alpha1/namespaces/${namespace}/constraintreports/constraints/status?fieldManager=bench&force=true`;
    await admin.json('PATCH', path, { ...reportObject(namespace, entries), metadata: { name: 'constraints' } });
  };
  await apply(
    controlPlane,
    names.flatMap((name) => [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      { ...reportObject(name, []), metadata: { name: 'constraints', namespace: name }, status: undefined },
    ]),
  );
  for (const name of names) await write(name, 0);

  const accounts = Array.from(
    { length: Math.ceil(sizes('streams') / streamsOfCaller) },
    (_, index) => `reader-${index}`,
  );
  await apply(controlPlane, [
    ...accounts.map((name) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'default' } })),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'readers' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'potoo-mcp-client' },
      subjects: accounts.map((name) => ({ kind: 'ServiceAccount', name, namespace: 'default' })),
    },
  ]);
  const tokens = await Promise.all(accounts.map(async (name) => controlPlane.serviceAccountToken('default', name)));
  const token = await controlPlane.serviceAccountToken(systemNamespace, 'potoo-controller', 86_400);
  const kubeconfig = await controlPlane.kubeconfigFor('potoo-controller', token);
  const gateway = await gatewayProgram({ kubeconfig, folder, log: say });
  running.defer(() => gateway.process.stop());
  await gateway.process.start();
  while (!(await fetch(`${gateway.url}/readyz`)).ok) await clock.sleep(20);

  await clock.sleep(5_000);
  const before = { rss: rssMiB(gateway.process), cpu: await idle('without streams', gateway.process) };
  say(`opening ${sizes('streams')} streams …`);
  const openedAt = clock.monotonic();
  const readers: Reader[] = [];
  for (let index = 0; index < sizes('streams'); index += 1) {
    readers.push(await open(gateway, tokens[Math.floor(index / streamsOfCaller)] ?? ''));
  }
  print({ figure: 'open-streams', unit: 's', value: rounded((clock.monotonic() - openedAt) / 1_000) });
  const cpu = await idle(`with ${sizes('streams')} streams`, gateway.process);
  const rss = rssMiB(gateway.process);
  print({
    figure: 'idle-streams-rss',
    unit: 'MiB',
    before: rounded(before.rss),
    value: rounded(rss),
    streams: readers.length,
  });
  print({
    figure: 'idle-streams-cpu',
    unit: 'ms/s',
    before: rounded(before.cpu),
    value: rounded(cpu),
    streams: readers.length,
  });

  for (const reader of readers.splice(sizes('told'))) reader.socket.destroy();
  say(`${sizes('changes')} changes with ${readers.length} streams …`);
  await clock.sleep(2_000);
  const use = meter(gateway.process, clock);
  const [each, last]: [number[], number[]] = [[], []];
  for (let round = 1; round <= sizes('changes'); round += 1) {
    const namespace = names[round % names.length] ?? '';
    const told = readers.map(async (reader) => reader.next());
    const sentAt = clock.monotonic();
    await write(namespace, round);
    const latencies = (await Promise.all(told)).map((at) => at - sentAt);
    each.push(...latencies);
    last.push(Math.max(...latencies));
  }
  const { cpuMs } = use();
  print({ figure: 'change-to-event', unit: 'ms', from: 'write sent', streams: readers.length, ...percentiles(each) });
  print({
    figure: 'change-to-last-event',
    unit: 'ms',
    from: 'write sent',
    streams: readers.length,
    ...percentiles(last),
  });
  print({ figure: 'event-cpu', unit: 'ms/event', value: rounded(cpuMs / (sizes('changes') * readers.length)) });
  for (const { socket } of readers) socket.destroy();
}

interface Reader {
  readonly socket: Socket;
  /** Resolves with clock.monotonic() of the next event. */
  next(): Promise<number>;
}

async function open(gateway: Gateway, token: string): Promise<Reader> {
  const socket = dial(Number(new URL(gateway.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`GET /events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  const [head] = await once(socket, 'data');
  if (!String(head).startsWith('HTTP/1.1 200 ')) throw new Error(String(head));
  let heard: ((at: number) => void) | undefined;
  socket.on('data', (bytes: Buffer) => {
    if (!bytes.includes('data: ')) return;
    heard?.(clock.monotonic());
    heard = undefined;
  });
  return {
    socket,
    next: async () =>
      new Promise((resolve) => {
        heard = resolve;
      }),
  };
}

/** CPU milliseconds a second. */
async function idle(what: string, component: Component): Promise<number> {
  say(`idle ${what} …`);
  const use = meter(component, clock);
  await clock.sleep(sizes('quiet-seconds') * 1_000);
  const { ms, cpuMs } = use();
  return (cpuMs / ms) * 1_000;
}

/** `VmRSS` of proc_pid_status(5): now, unlike the peak. */
function rssMiB({ pid }: Component): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (line === null) throw new Error(`/proc/${pid}/status has no VmRSS: the process is ending`);
  return Number(line[1]) / 1_024;
}
