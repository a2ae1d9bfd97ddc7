import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as SSEClientTransportV1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { potooResources } from '../../crds/api.ts';
import { systemClock as clock } from '../../kube/clock.ts';
import { createFakeApi } from '../../kube/testing/fake-api.ts';
import { createSurface } from '../mcp/product.ts';
import { resources } from '../resources/all.ts';
import { entryOf, networkConstraint, reportObject } from '../testing/objects.ts';
import { listenForPerson } from './http.ts';
import { createPersonOver } from './person.ts';

/** A person who may read everything, and what listens for it. */
async function serve() {
  const api = createFakeApi({
    clock,
    resources: [...potooResources],
    onSelfSubjectAccessReview: () => ({ allowed: true }),
  });
  const [report] = potooResources.filter(({ kind }) => kind === 'ConstraintReport');
  if (report !== undefined) api.put(report, reportObject('shop', [entryOf(networkConstraint('shop', 'db-in'))]));
  const log = pino({ level: 'silent' });
  const place = { server: 'https://api.example', at: 'context "test"', user: 'test', namespace: undefined };
  const local = createPersonOver({ ...place, transport: api.transport, clock, log, version: '1' });
  const surface = createSurface({ tools: local.tools, resources, version: '1' });
  const listening = await listenForPerson({ local, surface, port: 0, random: Math.random });
  let closing: Promise<void> | undefined;
  async function closeAll(): Promise<void> {
    await listening[Symbol.asyncDispose]();
    await local.close();
  }
  const close = async () => (closing ??= closeAll());
  onTestFinished(close);
  return { local, close, url: `http://127.0.0.1:${listening.port}` };
}

const query = { name: 'potoo_query', arguments: { namespace: 'shop' } };

test('both official clients get over HTTP+SSE, and one over /mcp, what the person may see', async () => {
  const { local, url } = await serve();
  const asked = await local.ask(query.name, query.arguments);
  const older = new ClientV1({ name: 'test', version: '1' });
  await older.connect(new SSEClientTransportV1(new URL(`${url}/sse`)));
  const newer = new Client({ name: 'test', version: '1' });
  await newer.connect(new SSEClientTransport(new URL(`${url}/sse`)));
  const modern = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await modern.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)));
  for (const client of [older, newer, modern]) {
    expect((await client.callTool(query)).structuredContent).toEqual(asked.ok && asked.value);
    expect(client.getServerCapabilities()?.resources).toEqual({ listChanged: false });
  }
  const listen = modern.listen({ resourceSubscriptions: ['potoo://reports/shop'] });
  await expect(listen).rejects.toThrow(/nothing is watched/);
  // It is answered whether it may be read, and nothing is promised.
  await older.subscribeResource({ uri: 'potoo://reports/shop' });
  await Promise.all([older, newer, modern].map(async (client) => client.close()));
});

test('plain readers of events are told that there are none', async () => {
  const { url } = await serve();
  for (const [path, accept] of [
    ['/sse', '*/*'],
    ['/events', '*/*'],
    ['/events?namespace=shop', 'text/event-stream'],
  ] as const) {
    const response = await fetch(`${url}${path}`, { headers: { accept } });
    expect([path, response.status, await response.json()]).toEqual([
      path,
      404,
      { code: 'NOT_FOUND', error: expect.stringContaining('nothing is watched') },
    ]);
  }
});

test('neither pages of a browser nor other names of this machine get a session', async () => {
  const { url } = await serve();
  for (const origin of ['http://localhost:3000', 'https://pages.example', 'null']) {
    const response = await fetch(`${url}/sse`, { headers: { accept: 'text/event-stream', origin } });
    expect([response.status, await response.json()]).toMatchObject([403, { code: 'ORIGIN_NOT_ALLOWED' }]);
    const sent = await fetch(`${url}/messages?sessionId=x`, { method: 'POST', headers: { origin }, body: '{}' });
    expect([sent.status, await sent.json()]).toMatchObject([403, { code: 'ORIGIN_NOT_ALLOWED' }]);
  }
});

test('open sessions end with the listener, and do not keep it', async () => {
  const { close, url } = await serve();
  const response = await fetch(`${url}/sse`, { headers: { accept: 'text/event-stream' } });
  const [text] = await Promise.all([response.text(), close()]);
  expect(text).toMatch(/^event: endpoint\ndata: \/messages\?sessionId=/);
  expect(text).toContain(': closed: the gateway stops');
});
