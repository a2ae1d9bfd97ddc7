/**
 * The program itself, as a process: how it ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';

const Line = z.looseObject({ msg: z.string(), port: z.number().optional(), audit: z.boolean().optional() });
type Line = z.infer<typeof Line>;

const main = fileURLToPath(new URL('main.ts', import.meta.url));

interface Program {
  readonly url: string;
  readonly process: ChildProcess;
  /** Resolves when this is said. */
  line(matching: (line: Line) => boolean): Promise<Line>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>;
  /** TokenReviews that wait for their answer. */
  readonly reviews: ServerResponse[];
}

/** A gateway before an API server that answers nothing but TokenReviews, and those when told. */
async function start(): Promise<Program> {
  const reviews: ServerResponse[] = [];
  const api = createServer((request, response) => {
    request.resume();
    if (request.url?.includes('tokenreviews')) reviews.push(response);
    else response.writeHead(503).end('{}');
  });
  await once(api.listen(0, '127.0.0.1'), 'listening');
  const folder = mkdtempSync(join(tmpdir(), 'potoo-main-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigFor(`http://127.0.0.1:${portOf(api.address())}`));

  const child = spawn(process.execPath, [main], {
    env: { POTOO_KUBECONFIG: kubeconfig, POTOO_HOST: '127.0.0.1', POTOO_PORT: '0', POTOO_METRICS_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | string | null>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    api.closeAllConnections();
    api.close();
    rmSync(folder, { recursive: true });
  });
  let text = '';
  const lines = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => Line.parse(JSON.parse(line)));
  child.stdout.setEncoding('utf8').on('data', (chunk) => (text += String(chunk)));
  const line = async (matching: (line: Line) => boolean): Promise<Line> => {
    await expect.poll(() => lines().some(matching)).toBe(true);
    const [found] = lines().filter(matching);
    if (found === undefined) throw new Error('the line is gone');
    return found;
  };
  const { port } = await line(({ msg }) => msg === 'listening');
  return { url: `http://127.0.0.1:${port}`, process: child, line, ended, reviews };
}

function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function kubeconfigFor(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token: 'of-the-gateway' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  });
}

const ask = async (program: Program) =>
  fetch(`${program.url}/resources/reports/shop`, { headers: { authorization: 'Bearer of-a-caller' } });

test('told to stop, it is not ready at once, answers what it was asked, and ends well with every line written', async () => {
  const program = await start();
  const answer = ask(program);
  await expect.poll(() => program.reviews).toHaveLength(1);
  program.process.kill('SIGTERM');
  await program.line(({ msg }) => msg === 'stopping');
  const ready = await fetch(`${program.url}/readyz`);
  expect([ready.status, await ready.json()]).toMatchObject([503, { error: 'The gateway is about to stop.' }]);
  // Only when it takes no connections any more does the API server answer.
  const taken = async () =>
    fetch(`${program.url}/healthz`).then(
      () => true,
      () => false,
    );
  await expect.poll(taken).toBe(false);
  for (const response of program.reviews) {
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"status":{"authenticated":false}}');
  }
  const { status } = await answer;
  expect(await program.ended).toBe(0);
  expect(await program.line(({ audit }) => audit === true)).toMatchObject({ status });
});

test('told twice, it does not wait', async () => {
  const program = await start();
  const answer = ask(program).catch(() => 'cut');
  await expect.poll(() => program.reviews).toHaveLength(1);
  program.process.kill('SIGTERM');
  await program.line(({ msg }) => msg === 'stopping');
  program.process.kill('SIGTERM');
  expect(await program.ended).toBe(1);
  expect(await answer).toBe('cut');
});

test('what its settings do not allow ends it with a sentence that names the setting', async () => {
  const taken = createServer();
  await once(taken.listen(0, '127.0.0.1'), 'listening');
  const folder = mkdtempSync(join(tmpdir(), 'potoo-main-'));
  onTestFinished(() => {
    taken.close();
    rmSync(folder, { recursive: true });
  });
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, kubeconfigFor('http://127.0.0.1:1'));
  const port = portOf(taken.address());
  const local = { POTOO_HOST: '127.0.0.1', POTOO_PORT: String(port), POTOO_METRICS_PORT: '0' };
  for (const [env, said] of [
    [{ ...local, POTOO_KUBECONFIG: kubeconfig }, new RegExp(`^POTOO_PORT=${port} cannot be served: .*EADDRINUSE.*\n$`)],
    [{ ...local, POTOO_KUBECONFIG: join(folder, 'none') }, /^[^\n]*none[^\n]*\n$/],
  ] as const) {
    const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (chunk) => (stderr += String(chunk)));
    expect(await once(child, 'close')).toEqual([2, null]);
    expect(stderr).toMatch(said);
  }
});
