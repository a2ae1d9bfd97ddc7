import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Client, SSEClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as SSEClientTransportV1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { readEvents } from '../../gateway/testing/event-reader.ts';
import { entryOf, networkConstraint, reportObject } from '../../gateway/testing/objects.ts';
import type { Gateway } from '../programs.ts';
import { worldObjects, writeWorld } from './callers-world.ts';
import { type Cluster, eventually, startCluster } from './cluster.ts';
import { writeResources } from './written-resources.ts';

// MCP over HTTP+SSE and the plain stream on one path, with real tokens, one replica and two.

let cluster: Cluster;
let token: string;
let other: string;
let replicas: readonly [Gateway, Gateway];

beforeAll(async () => {
  cluster = await startCluster();
  await writeWorld(cluster);
  [token, other] = await Promise.all([
    cluster.controlPlane.serviceAccountToken('callers', 'summary'),
    cluster.controlPlane.serviceAccountToken('callers', 'detailed'),
  ]);
  replicas = [await cluster.startGateway('first'), await cluster.startGateway('second')];
});
afterAll(() => cluster[Symbol.asyncDispose]());

const bearer = (of: string) => ({ authorization: `Bearer ${of}` });
const query = { name: 'potoo_query', arguments: { namespace: 'shop' } };

async function restAnswer(gateway: Gateway): Promise<unknown> {
  const response = await fetch(`${gateway.url}/tools/potoo_query`, {
    method: 'POST',
    headers: { ...bearer(token), 'content-type': 'application/json' },
    body: JSON.stringify({ namespace: 'shop' }),
  });
  return response.json();
}

const connections = {
  'client 2': async (url: string) => {
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(new SSEClientTransport(new URL(`${url}/sse`), { requestInit: { headers: bearer(token) } }));
    return client;
  },
  'client 1': async (url: string) => {
    const client = new ClientV1({ name: 'test', version: '1' });
    await client.connect(new SSEClientTransportV1(new URL(`${url}/sse`), { requestInit: { headers: bearer(token) } }));
    return client;
  },
} as const;

/** As a Service with ClientIP affinity: whoever comes from one address reaches one replica while that is there. */
async function startAffinity(targets: readonly Gateway[]): Promise<string> {
  const pairs = new Set<Socket>();
  let down = new Set<Gateway>();
  const join = (client: Socket): void => {
    const target = targets.find((each) => !down.has(each));
    if (target === undefined) return void client.destroy();
    const upstream = connect({ host: '127.0.0.1', port: Number(new URL(target.url).port) });
    pairs.add(client).add(upstream);
    upstream.once('connect', () => {
      client.pipe(upstream).pipe(client);
    });
    upstream.on('error', () => {
      // What kube-proxy does when the endpoint has gone: the next connection goes elsewhere.
      down = new Set([...down, target]);
      client.destroy();
    });
    client.on('error', () => upstream.destroy());
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  };
  const server = createServer(join).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of pairs) socket.destroy();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

describe.each(Object.entries(connections))('the official %s', (name, open) => {
  test('gets what REST gives, from several calls at once', async () => {
    const [gateway] = replicas;
    const client = await open(gateway.url);
    const rest = await restAnswer(gateway);
    const results = await Promise.all([1, 2, 3, 4].map(async () => client.callTool(query)));
    expect(results.map(({ structuredContent }) => structuredContent)).toEqual([rest, rest, rest, rest]);
    await client.ping();
    await client.close();
  });

  test('is told of changes that it has subscribed to', async () => {
    const client = await open(replicas[0].url);
    const told: string[] = [];
    client.fallbackNotificationHandler = async (notification) => {
      told.push(`${notification.method} ${String(notification.params?.['uri'])}`);
      return Promise.resolve();
    };
    await client.subscribeResource({ uri: 'potoo://reports/shop' });
    await expect(client.subscribeResource({ uri: 'potoo://reports/payments' })).rejects.toThrow(/You may not/);
    const added = networkConstraint('shop', `added-by-${name.at(-1)}`);
    await writeResources(cluster.controlPlane, [reportObject('shop', [entryOf(added)])]);
    await eventually('it is told', async () => Promise.resolve(told.length > 0));
    expect(told[0]).toBe('notifications/resources/updated potoo://reports/shop');
    await client.close();
    await writeResources(cluster.controlPlane, worldObjects());
    await eventually('all is as before', async () =>
      JSON.stringify(await restAnswer(replicas[0])).includes('checkout-in'),
    );
  });
});

test('a reader that names no type hears changes on the same path, and nothing of MCP', async () => {
  const [gateway] = replicas;
  // fetch sends */*, as httpx does.
  const response = await fetch(`${gateway.url}/sse?namespace=shop`, { headers: bearer(token) });
  const reader = readEvents(response);
  await eventually('it begins', async () => Promise.resolve(reader.text.startsWith(':')));
  await writeResources(cluster.controlPlane, [reportObject('shop', [])]);
  await eventually('it hears', async () => Promise.resolve(reader.text.includes('"removed"')));
  expect(reader.text).not.toContain('event:');
  await reader.leave();
  await writeResources(cluster.controlPlane, worldObjects());
});

test("a session is its identity's alone, and lives in one replica", async () => {
  const [gateway, second] = replicas;
  const response = await fetch(`${gateway.url}/sse`, { headers: { ...bearer(token), accept: 'text/event-stream' } });
  const reader = response.body?.getReader();
  const first = new TextDecoder().decode((await reader?.read())?.value);
  const endpoint = /^event: endpoint\ndata: (\/messages\?sessionId=[\da-f-]{36})\n\n/.exec(first)?.[1] ?? '';
  expect(endpoint).not.toBe('');
  const post = async (to: Gateway, as: string) => {
    const posted = await fetch(`${to.url}${endpoint}`, {
      method: 'POST',
      headers: { ...bearer(as), 'content-type': 'application/json' },
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    });
    return [posted.status, await posted.text()] as const;
  };
  expect(await post(gateway, token)).toEqual([202, 'Accepted']);
  const stolen = await post(gateway, other);
  expect(stolen).toEqual([404, expect.stringMatching(/replica.*sessionAffinity: ClientIP/)]);
  expect(await post(second, token)).toEqual(stolen);
  expect((await post(gateway, 'no.such.token'))[0]).toBe(401);
  await reader?.cancel();
  await eventually('the session is gone', async () => (await post(gateway, token))[0] === 404);
});

test('clients whose replica is killed connect again and go on', async () => {
  const url = await startAffinity(replicas);
  const clients = await Promise.all(Object.values(connections).map(async (open) => open(url)));
  const rest = await restAnswer(replicas[1]);
  for (const client of clients) expect((await client.callTool(query)).structuredContent).toEqual(rest);
  await replicas[0].process.kill();
  for (const client of clients) {
    await eventually('the client is connected again', async () =>
      client.ping({ timeout: 1_000 }).then(
        () => true,
        () => false,
      ),
    );
    expect((await client.callTool(query)).structuredContent).toEqual(rest);
    await client.close();
  }
});
