import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import type { Gateway } from '../programs.ts';
import { writeWorld } from './callers-world.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { hasPython, pythonWithRequirements } from './python.ts';

// Clients of MCP as their users have them, unchanged, against the gateway with tokens of the API server.

const run = promisify(execFile);
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const inspector = path('../../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js');
const has = (program: string) => spawnSync(program, ['--version']).error === undefined;

let cluster: Cluster;
let gateway: Gateway;
let token: string;
let python: string;
let toolNames: string[];
/** What REST says of the namespace. */
let rest: object;

beforeAll(async () => {
  cluster = await startCluster();
  await writeWorld(cluster);
  token = await cluster.controlPlane.serviceAccountToken('callers', 'summary');
  gateway = await cluster.startGateway();
  if (hasPython) python = await pythonWithRequirements();
  const { tools } = Tools.parse(await (await fetch(`${gateway.url}/mcp/tools`)).json());
  toolNames = tools.map(({ name }) => name);
  rest = await queryByRest();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const Tools = z.object({ tools: z.array(z.object({ name: z.string() })) });
const Answer = z.looseObject({ total: z.number() });
const Result = z.object({ structuredContent: Answer });
const query = { name: 'potoo_query', arguments: { namespace: 'shop' } };
const report = 'potoo://reports/shop';
const authorization = () => ({ authorization: `Bearer ${token}` });

async function queryByRest(): Promise<object> {
  const response = await fetch(`${gateway.url}/tools/potoo_query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization() },
    body: JSON.stringify(query.arguments),
  });
  return Answer.parse(await response.json());
}

/** What both generations of the official client are used for. */
interface AnyClient {
  listTools(): Promise<unknown>;
  callTool(params: typeof query): Promise<unknown>;
  listResources(): Promise<unknown>;
  listResourceTemplates(): Promise<unknown>;
  readResource(params: { uri: string }): Promise<unknown>;
  listPrompts(): Promise<unknown>;
  complete(params: {
    ref: { type: 'ref/resource'; uri: string };
    argument: { name: string; value: string };
  }): Promise<unknown>;
}

async function expectAllOf(client: AnyClient): Promise<void> {
  expect(Tools.parse(await client.listTools()).tools.map(({ name }) => name)).toEqual(toolNames);
  expect(Result.parse(await client.callTool(query)).structuredContent).toEqual(rest);
  expect(await client.callTool({ ...query, arguments: { namespace: 'payments' } })).toMatchObject({
    isError: true,
    content: [{ type: 'text', text: expect.stringContaining('FORBIDDEN') }],
  });
  await expect(client.callTool({ ...query, name: 'no_such_tool' })).rejects.toMatchObject({ code: -32_602 });
  expect(await client.listResources()).toMatchObject({
    resources: expect.arrayContaining([expect.objectContaining({ uri: 'potoo://health' })]),
  });
  expect(await client.listResourceTemplates()).toMatchObject({
    resourceTemplates: expect.arrayContaining([
      expect.objectContaining({ uriTemplate: 'potoo://reports/{namespace}' }),
    ]),
  });
  expect(await client.readResource({ uri: report })).toMatchObject({
    contents: [{ uri: report, text: expect.stringContaining('"constraintCount":3') }],
  });
  await expect(client.readResource({ uri: 'potoo://reports/payments' })).rejects.toThrow(/may not do this/);
  await expect(client.readResource({ uri: 'potoo://nothing' })).rejects.toMatchObject({ code: -32_602 });
  expect(await client.listPrompts()).toMatchObject({ prompts: expect.any(Array) });
  const ref = { type: 'ref/resource', uri: 'potoo://reports/{namespace}' } as const;
  expect(await client.complete({ ref, argument: { name: 'namespace', value: 'sh' } })).toMatchObject({
    completion: { values: expect.any(Array) },
  });
}

describe('the official client', () => {
  test.each([
    ['auto', '2026-07-28'],
    ['legacy', '2025-11-25'],
  ] as const)('with negotiation %s speaks %s and gets what REST gives', async (mode, revision) => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
    const requestInit = { headers: authorization() };
    await client.connect(new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp`), { requestInit }));
    expect(client.getNegotiatedProtocolVersion()).toBe(revision);
    expect(client.getInstructions()?.length).toBeLessThan(2_048);
    await expectAllOf(client);
    await client.close();
  });

  test('of the first generation gets it, too', async () => {
    const client = new FirstClient({ name: 'test', version: '1' });
    const requestInit = { headers: authorization() };
    await client.connect(new FirstTransport(new URL(`${gateway.url}/mcp`), { requestInit }));
    expect(await client.ping()).toEqual({});
    await expectAllOf(client);
    await client.close();
  });

  test.each(['auto', 'legacy'] as const)('with negotiation %s and no token is told so by HTTP', async (mode) => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
    const transport = new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp`));
    await expect(client.connect(transport)).rejects.toThrow(/401|Unauthorized|UNAUTHENTICATED|token/i);
  });
});

const Initialized = z.object({ result: z.object({ protocolVersion: z.string(), capabilities: z.looseObject({}) }) });

describe('a client of an older revision', () => {
  const post = async (message: object, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${gateway.url}/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization(), ...headers },
      body: JSON.stringify(message),
    });
  const messageIn = async (response: Response): Promise<unknown> => {
    const text = await response.text();
    expect(text).toMatch(/^event: message\ndata: .+\n\n$/);
    return JSON.parse(text.slice(text.indexOf('{')));
  };
  const clientInfo = { name: 'test', version: '1' };

  test.each(['2024-10-07', '2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
    '%s is answered in it',
    async (protocolVersion) => {
      const params = { protocolVersion, capabilities: {}, clientInfo };
      const response = await post({ jsonrpc: '2.0', id: 0, method: 'initialize', params });
      expect(response.headers.get('mcp-session-id')).toMatch(/^[\da-f]{32}$/);
      const { result } = Initialized.parse(await messageIn(response));
      expect(result.protocolVersion).toBe(protocolVersion);
      const called = await post(
        { jsonrpc: '2.0', id: 1, method: 'tools/call', params: query },
        { 'mcp-protocol-version': protocolVersion },
      );
      const message = await messageIn(called);
      // Before structuredContent there was the text alone.
      const Called = z.object({ result: z.object({ content: z.array(z.object({ text: z.string() })) }) });
      if (protocolVersion >= '2025-06-18') expect(message).toMatchObject({ result: { structuredContent: rest } });
      else expect(JSON.parse(Called.parse(message).result.content[0]?.text ?? '')).toEqual(rest);
    },
  );

  test('that there is not gets the newest that it may get', async () => {
    const params = { protocolVersion: '1999-01-01', capabilities: {}, clientInfo };
    const response = await post({ jsonrpc: '2.0', id: 0, method: 'initialize', params });
    expect(Initialized.parse(await messageIn(response)).result.protocolVersion).toBe('2025-11-25');
  });
});

describe.each(['legacy', 'modern'])('the Inspector, %s', (era) => {
  async function inspect(...args: readonly string[]): Promise<unknown> {
    const connection = ['--cli', '--server-url', `${gateway.url}/mcp`, '--transport', 'http', '--protocol-era', era];
    const header = ['--header', `Authorization: Bearer ${token}`];
    const output = ['--format', 'json', '-q', '--stored-auth-only'];
    const home = { PATH: process.env['PATH'], HOME: cluster.controlPlane.folder };
    const { stdout } = await run(process.execPath, [inspector, ...connection, ...header, ...output, ...args], {
      env: home,
    });
    return z.object({ result: z.unknown() }).parse(JSON.parse(stdout)).result;
  }

  test('finds nothing in the tools that any client would stumble over', async () => {
    const listed = await inspect('--method', 'tools/list', '--strict');
    expect(Tools.parse(listed).tools.map(({ name }) => name)).toEqual(toolNames);
  });
  test('calls a tool', async () => {
    const args = ['--tool-name', 'potoo_query', '--tool-arg', 'namespace=shop'];
    expect(Result.parse(await inspect('--method', 'tools/call', ...args)).structuredContent).toEqual(rest);
  });
  test('lists and reads resources, and lists prompts', async () => {
    expect(await inspect('--method', 'resources/list')).toHaveProperty('resources');
    expect(await inspect('--method', 'resources/templates/list')).toHaveProperty('resourceTemplates');
    expect(await inspect('--method', 'resources/read', '--uri', report)).toMatchObject({ contents: [{ uri: report }] });
    expect(await inspect('--method', 'prompts/list')).toHaveProperty('prompts');
  });
  test('ends with an error where the caller has no right', async () => {
    const args = ['--tool-name', 'potoo_query', '--tool-arg', 'namespace=payments'];
    await expect(inspect('--method', 'tools/call', ...args)).rejects.toMatchObject({ code: 5 });
  });
});

describe.skipIf(!hasPython)('requests', () => {
  test('is served in every way in which such clients differ', async () => {
    const { stdout } = await run(python, [path('./mcp-requests.py'), `${gateway.url}/mcp`], {
      env: { PATH: process.env['PATH'], POTOO_TOKEN: token },
    });
    const ways = stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(ways).toHaveLength(8);
    for (const way of ways) expect(way).toMatchObject({ tools: toolNames.length, total: 3 });
  });
});

const copied = [
  ['python', () => [python, path('../clients/python/mcp.py')]],
  ['typescript', () => [process.execPath, path('../clients/typescript/mcp.ts')]],
] as const;

describe.each(copied)('the %s client to copy', (client, command) => {
  const isMissing = client === 'python' && !hasPython;
  const ask = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const [program = '', ...first] = command();
    return run(program, [...first, ...args], {
      env: { PATH: process.env['PATH'], K8S_MCP_SERVER_URL: `${gateway.url}/mcp`, POTOO_TOKEN: token, ...env },
    });
  };

  test.skipIf(isMissing)('lists the tools', async () => {
    const { stdout } = await ask([]);
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(':')[0]);
    expect(names).toEqual(toolNames);
  });

  test.skipIf(isMissing)('calls one, at an address without a path, too', async () => {
    const { stdout } = await ask(['potoo_query', '{"namespace": "shop"}'], { K8S_MCP_SERVER_URL: gateway.url });
    expect(JSON.parse(stdout)).toEqual(rest);
  });

  test.skipIf(isMissing)('says what the gateway says when it refuses', async () => {
    await expect(ask(['potoo_query', '{"namespace": "payments"}'])).rejects.toThrow(/FORBIDDEN/);
    await expect(ask(['no_such_tool'])).rejects.toThrow(/There is no tool no_such_tool/);
    await expect(ask([], { POTOO_TOKEN: '' })).rejects.toThrow(/401|UNAUTHENTICATED|Unauthorized|token/i);
  });
});

describe.skipIf(!has('curl'))('curl', () => {
  const curl = async (...args: readonly string[]) => {
    const { stdout } = await run('curl', ['-sS', '--max-time', '10', '-H', `Authorization: Bearer ${token}`, ...args]);
    return stdout;
  };
  const json = ['-H', 'Content-Type: application/json'];

  test('asks /mcp without a word about what it accepts', async () => {
    const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: query });
    const answer = await curl(`${gateway.url}/mcp`, ...json, '-d', message);
    expect(answer).toMatch(/^event: message\ndata: \{.*\}\n\n$/);
  });

  test('asks /mcp in the newest revision, and gets JSON', async () => {
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const params = { ...query, _meta: meta };
    const headers = ['MCP-Protocol-Version: 2026-07-28', 'Mcp-Method: tools/call', 'Mcp-Name: potoo_query'];
    const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    const answer = await curl(
      `${gateway.url}/mcp`,
      ...json,
      ...headers.flatMap((header) => ['-H', header]),
      '-d',
      message,
    );
    expect(JSON.parse(answer)).toMatchObject({ id: 1, result: { structuredContent: rest } });
  });

  test('asks tools and resources', async () => {
    const answer = await curl(`${gateway.url}/tools/potoo_query`, ...json, '-d', '{"namespace": "shop"}');
    expect(JSON.parse(answer)).toEqual(rest);
    const asForm = await curl(`${gateway.url}/resources/reports/shop`);
    expect(JSON.parse(asForm)).toMatchObject({ constraintCount: 3 });
    const wanted = '{"resource": "reports", "params": {"namespace": "shop"}}';
    expect(JSON.parse(await curl(`${gateway.url}/resources`, ...json, '-d', wanted))).toMatchObject({
      constraintCount: 3,
    });
    expect(Tools.parse(JSON.parse(await curl(`${gateway.url}/mcp/tools`))).tools).toHaveLength(toolNames.length);
  });

  test.each([
    ['any Accept', 'Accept: */*'],
    ['no Accept', 'Accept:'],
  ])('gets the plain stream of /sse with %s', async (_title, accept) => {
    const stopped = curl('-N', '--max-time', '1', '-i', '-H', accept, `${gateway.url}/sse`);
    // It is curl that ends it, as the stream has no end.
    await expect(stopped).rejects.toMatchObject({ code: 28, stdout: expect.stringMatching(/text\/event-stream/) });
    await expect(stopped).rejects.toMatchObject({ stdout: expect.not.stringContaining('event: endpoint') });
  });
});
