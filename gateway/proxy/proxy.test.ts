import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as SSEClientTransportV1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../kube/clock.ts';
import { runProgram } from '../cli/program.ts';
import { listen } from '../http/server.ts';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import { readEvents } from '../testing/event-reader.ts';
import { entryOf, networkConstraint, reportObject } from '../testing/objects.ts';

const objects = [reportObject('shop', [entryOf(networkConstraint('shop', 'db-in'))])];

async function serve() {
  const gateway = createGateway({ objects, rights: rightsOf('shop') });
  const seen: Request[] = [];
  const server = await listen({
    fetch(...args) {
      seen.push(args[0]);
      return gateway.fetch(...args);
    },
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    log: pino({ level: 'silent' }),
  });
  onTestFinished(async () => {
    gateway.streams.close();
    await server[Symbol.asyncDispose]();
  });
  return { gateway, seen, server: `http://127.0.0.1:${server.port}` };
}

/** The command as a person gives it. @returns What it says, and its end. */
function run(args: readonly string[], environment: Record<string, string> = {}) {
  const stop = new AbortController();
  const errors = new PassThrough().setEncoding('utf8');
  let said = '';
  errors.on('data', (text) => (said += String(text)));
  let code = 0;
  const ended = runProgram(['proxy', '--port', '0', ...args], {
    environment: { HOME: '/nonexistent', ...environment },
    input: Readable.from([]),
    output: new PassThrough(),
    errors,
    clock: systemClock,
    random: () => 0.5,
    stop: stop.signal,
    exitWith: (given) => (code = given),
  });
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  return {
    said: () => said,
    async exit() {
      await ended;
      return [code, said];
    },
    async url() {
      await expect.poll(() => said).toMatch(/^Listening on http:\/\/localhost:\d+ for /);
      return `http://localhost:${/localhost:(\d+)/.exec(said)?.[1]}`;
    },
  };
}

function kubeconfig(user: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'potoo-proxy-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'config');
  const cluster = { server: 'https://127.0.0.1:1' };
  writeFileSync(
    path,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [{ name: 'test', cluster }],
      users: [{ name: 'test', user }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    }),
  );
  return path;
}

const query = { name: 'potoo_query', arguments: { namespace: 'shop' } };

test('clients that know nothing but a URL get what REST gives', async () => {
  const { gateway, server } = await serve();
  const url = await run(['--server', server], { POTOO_TOKEN: 'reader' }).url();
  const rest: unknown = await (await gateway.post('/tools/potoo_query', { namespace: 'shop' }, 'reader')).json();
  const modern = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await modern.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)));
  const overSse = new Client({ name: 'test', version: '1' });
  await overSse.connect(new SSEClientTransport(new URL(`${url}/sse`)));
  const older = new ClientV1({ name: 'test', version: '1' });
  await older.connect(new SSEClientTransportV1(new URL(`${url}/sse`)));
  for (const client of [modern, overSse, older]) {
    expect((await client.callTool(query)).structuredContent).toEqual(rest);
    await client.close();
  }
});

test('a plain reader of /sse hears at once, and when it goes the gateway loses its stream', async () => {
  const { gateway, server } = await serve();
  const url = await run(['--server', server], { POTOO_TOKEN: 'reader' }).url();
  const reader = readEvents(await fetch(`${url}/sse?namespace=shop`));
  await expect.poll(() => reader.text).toMatch(/^: changes/);
  await reader.leave();
  await expect.poll(() => gateway.records.at(-1)).toMatchObject({ name: 'sse', outcome: 'OK' });
});

/** As no fetch would ask. */
async function ask(url: string, headers: Record<string, string>, body?: string) {
  const { port } = new URL(url);
  const outgoing = request({
    port,
    host: '127.0.0.1',
    path: '/mcp/tools',
    method: body === undefined ? 'GET' : 'POST',
    headers,
  });
  outgoing.end(body);
  const [incoming] = await once(outgoing, 'response');
  if (!(incoming instanceof Readable) || !('statusCode' in incoming)) throw new Error('no response');
  const text = (await incoming.toArray()).join('');
  return { status: incoming.statusCode, text };
}

test('pages of other sites, and other names than those of this machine, reach nothing', async () => {
  const { seen, server } = await serve();
  const url = await run(['--server', server], { POTOO_TOKEN: 'reader' }).url();
  for (const [headers, code] of [
    [{ host: 'evil.example' }, 'HOST_NOT_ALLOWED'],
    [{ host: 'localhost.evil.example:8090' }, 'HOST_NOT_ALLOWED'],
    [{ origin: 'https://evil.example' }, 'ORIGIN_NOT_ALLOWED'],
    [{ origin: 'null' }, 'ORIGIN_NOT_ALLOWED'],
  ] as const) {
    const { status, text } = await ask(url, headers);
    expect([status, JSON.parse(text)]).toMatchObject([403, { code }]);
  }
  expect(seen).toEqual([]);
  expect((await ask(url, { host: 'localhost', origin: 'http://localhost:6274' })).status).toBe(200);
});

test('credentials and names of the client are not passed on, and bodies have an end', async () => {
  const { seen, server } = await serve();
  const url = await run(['--server', server], { POTOO_TOKEN: 'reader' }).url();
  await ask(url, {
    authorization: 'Bearer somebody-else',
    cookie: 'a=b',
    'x-forwarded-for': '10.0.0.1',
    'x-mine': 'dropped',
    'x-other': 'kept',
    connection: 'x-mine',
  });
  expect(Object.fromEntries(seen[0]?.headers ?? [])).toMatchObject({
    authorization: 'Bearer reader',
    host: new URL(server).host,
    'x-other': 'kept',
  });
  for (const name of ['cookie', 'x-forwarded-for', 'x-mine']) expect(seen[0]?.headers.has(name), name).toBe(false);
  const { status, text } = await ask(url, { 'content-length': '9000000' }, '');
  expect([status, JSON.parse(text)]).toMatchObject([413, { code: 'BODY_TOO_LARGE' }]);
  expect(seen).toHaveLength(1);
});

test('the token of the kubeconfig is the one that is sent', async () => {
  const { seen, server } = await serve();
  const url = await run(['--server', server, '--kubeconfig', kubeconfig({ token: 'owner' })]).url();
  expect((await fetch(`${url}/resources/reports/shop`)).status).toBe(200);
  expect(seen[0]?.headers.get('authorization')).toBe('Bearer owner');
});

test('says what to do where there is no gateway, no token, or none that may be sent', async () => {
  const certificate = kubeconfig({ 'client-certificate-data': 'YQ==', 'client-key-data': 'YQ==' });
  const withToken = kubeconfig({ token: 'owner' });
  for (const [args, sentence] of [
    [[], /kubectl -n potoo-system port-forward service\/potoo-controller 8091:8090/],
    [['--server', 'localhost:8091'], /--server must be a URL like/],
    [['--server', 'http://localhost:1', '--kubeconfig', certificate], /certificate and no token.*kubectl create token/],
    [['--server', 'http://localhost:1', '--kubeconfig', kubeconfig({})], /no token.*POTOO_TOKEN/],
    [['--server', 'http://potoo.example.com', '--kubeconfig', withToken], /without TLS/],
    [['--server', 'http://localhost:1', '--kubeconfig', '/nonexistent/config'], /nonexistent/],
  ] as const) {
    const [code, said] = await run(args).exit();
    expect(said).toMatch(sentence);
    expect(code).toBe(2);
  }
});

test('a gateway that cannot be reached is named to the client', async () => {
  const url = await run(['--server', 'http://127.0.0.1:1'], { POTOO_TOKEN: 'reader' }).url();
  const response = await fetch(`${url}/mcp/tools`);
  expect([response.status, await response.json()]).toEqual([
    502,
    {
      error: 'The gateway at http://127.0.0.1:1/ does not answer: nothing listens there.',
      code: 'GATEWAY_UNREACHABLE',
    },
  ]);
});
