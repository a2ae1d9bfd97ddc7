import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioClientTransportV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../kube/clock.ts';
import { listen } from '../http/server.ts';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import { entryOf, networkConstraint, reportObject } from '../testing/objects.ts';

const program = fileURLToPath(new URL('../stdio.ts', import.meta.url));
const objects = [reportObject('shop', [entryOf(networkConstraint('shop', 'db-in'))])];
const log = pino({ level: 'silent' });

async function serve(perMinute = 0) {
  const gateway = createGateway({ objects, rights: rightsOf('shop'), perMinute });
  const server = await listen({ fetch: gateway.fetch, host: '127.0.0.1', port: 0, clock: systemClock, log });
  onTestFinished(async () => {
    gateway.streams.close();
    await server[Symbol.asyncDispose]();
  });
  return { gateway, port: server.port };
}

const environment = (port: number, token?: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  POTOO_PORT: String(port),
  ...(token === undefined ? {} : { POTOO_TOKEN: token }),
});

/** The program with lines in and out. */
function start(port: number, token?: string, args: readonly string[] = ['--transport=stdio']) {
  const child = spawn(process.execPath, [program, ...args], { env: environment(port, token) });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += String(text)));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += String(text)));
  const messages = () =>
    stdout
      .split('\n')
      .slice(0, -1)
      .map((line): unknown => JSON.parse(line));
  return {
    child,
    ended,
    messages,
    stderr: () => stderr,
    say: (...lines: readonly unknown[]) => {
      for (const line of lines) child.stdin.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
    },
    answers: async (count: number) => {
      await expect.poll(messages).toHaveLength(count);
      return messages();
    },
  };
}

const ping = (id: number) => ({ jsonrpc: '2.0', id, method: 'ping' });
const query = { name: 'potoo_query', arguments: { namespace: 'shop' } };

const connections = {
  'client 2, auto': async (port: number) => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    const { execPath: command } = process;
    await client.connect(new StdioClientTransport({ command, args: [program], env: environment(port, 'reader') }));
    return client;
  },
  'client 2, legacy': async (port: number) => {
    const client = new Client({ name: 'test', version: '1' });
    const { execPath: command } = process;
    await client.connect(new StdioClientTransport({ command, args: [program], env: environment(port, 'reader') }));
    return client;
  },
  'client 1': async (port: number) => {
    const client = new ClientV1({ name: 'test', version: '1' });
    const { execPath: command } = process;
    await client.connect(new StdioClientTransportV1({ command, args: [program], env: environment(port, 'reader') }));
    return client;
  },
} as const;

test.each(Object.entries(connections))('the official %s gets what REST gives', async (_name, connect) => {
  const { gateway, port } = await serve();
  const client = await connect(port);
  onTestFinished(async () => client.close());
  const rest: unknown = await (await gateway.post('/tools/potoo_query', { namespace: 'shop' }, 'reader')).json();
  const results = await Promise.all([1, 2, 3].map(async () => client.callTool(query)));
  expect(results.map(({ structuredContent }) => structuredContent)).toEqual([rest, rest, rest]);
  expect((await client.readResource({ uri: 'potoo://reports/shop' })).contents).toHaveLength(1);
  await expect(client.callTool({ name: 'kein_Wérkzeug' })).rejects.toMatchObject({ code: -32_602 });
});

describe('the bridge', () => {
  test('answers what was asked before its input ended, ends well, and says nothing else', async () => {
    const { port } = await serve();
    const bridge = start(port, 'reader');
    bridge.say('', ping(1), { jsonrpc: '2.0', method: 'notifications/initialized' }, ping(2), [ping(3), ping(4)]);
    bridge.child.stdin.end(JSON.stringify(ping(5)));
    expect(await bridge.ended).toEqual([0, null]);
    const ids = bridge.messages().map((message) => String(Reflect.get(Object(message), 'id')));
    expect(ids.toSorted()).toEqual(['1', '2', '3', '4', '5']);
    expect(bridge.stderr()).toBe('');
  });

  test('answers lines that are no messages, and goes on', async () => {
    const { port } = await serve();
    const bridge = start(port, 'reader');
    bridge.say('{', '7', '"x"', 'x'.repeat(4 * 1_048_576 + 1));
    bridge.child.stdin.write(Buffer.from([0xff, 0x0a]));
    for (const answer of await bridge.answers(5)) expect(answer).toMatchObject({ id: null, error: { code: -32_700 } });
    bridge.say(ping(6));
    expect((await bridge.answers(6))[5]).toEqual({ jsonrpc: '2.0', id: 6, result: {} });
  });

  test('passes on what a stream tells, line by line, until the client gives it up', async () => {
    const { gateway, port } = await serve();
    const bridge = start(port, 'reader');
    const uri = 'potoo://reports/shop';
    const version = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
    const _meta = { ...version, 'io.modelcontextprotocol/clientCapabilities': {} };
    const params = { notifications: { resourceSubscriptions: [uri] }, _meta };
    bridge.say({ jsonrpc: '2.0', id: 'news', method: 'subscriptions/listen', params });
    expect(await bridge.answers(1)).toMatchObject([{ method: 'notifications/subscriptions/acknowledged' }]);
    gateway.put(reportObject('shop', []));
    await gateway.clock.advance(2_000);
    expect((await bridge.answers(2))[1]).toMatchObject({
      method: 'notifications/resources/updated',
      params: { uri },
    });
    bridge.say({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'news', _meta } });
    const name = 'mcp:subscriptions/listen';
    await expect.poll(() => gateway.records.at(-1)).toMatchObject({ name, outcome: 'OK' });
    expect([bridge.messages().length, bridge.stderr()]).toEqual([2, '']);
  });

  test('says what to do where the gateway refuses', async () => {
    const { port } = await serve(1);
    const nobody = start(port);
    nobody.say({ jsonrpc: '2.0', id: 'a', method: 'tools/list' });
    expect(await nobody.answers(1)).toMatchObject([
      {
        id: 'a',
        error: { code: -32_000, message: expect.stringContaining('POTOO_TOKEN'), data: { code: 'UNAUTHENTICATED' } },
      },
    ]);
    const often = start(port, 'reader');
    often.say(ping(1));
    await often.answers(1);
    often.say(ping(2));
    expect((await often.answers(2))[1]).toMatchObject({
      id: 2,
      error: { message: expect.stringMatching(/Try again after \d+ s\.$/), data: { code: 'RATE_LIMITED' } },
    });
  });

  test('says which gateway does not answer, to every request', async () => {
    const server = await listen({ fetch: () => new Response(), host: '127.0.0.1', port: 0, clock: systemClock, log });
    await server[Symbol.asyncDispose]();
    const bridge = start(server.port, 'reader');
    bridge.say(ping(1), [ping(2), ping(3)]);
    const message = `The gateway at http://127.0.0.1:${server.port}/mcp does not answer: nothing listens there. Is it running?`;
    for (const answer of await bridge.answers(3)) expect(answer).toMatchObject({ error: { code: -32_000, message } });
  });

  test('tells of toolsets that are not there, and refuses names of none', async () => {
    const { port } = await serve();
    const bridge = start(port, 'reader', ['--toolsets', 'constraints,cluster']);
    await expect.poll(bridge.stderr).toMatch(/^toolset cluster was asked for, [^\n]*\n$/);
    for (const args of [['--toolsets', 'everything'], ['--transport=http'], ['--port', '1'], ['more']]) {
      const refused = start(port, undefined, args);
      expect(await refused.ended).toEqual([2, null]);
      expect(refused.stderr()).toContain('usage: mcp-server');
      expect(refused.messages()).toEqual([]);
    }
  });
});
