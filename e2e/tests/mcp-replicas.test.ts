import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operatorLeaseName, systemNamespace } from '../../crds/api.ts';
import { allowMs } from '../../gateway/auth/decision-cache.ts';
import { entryOf, networkConstraint, reportObject } from '../../gateway/testing/objects.ts';
import { apply, at, remove } from '../control-plane/admin.ts';
import { type RoundRobin, startRoundRobin } from '../control-plane/round-robin.ts';
import type { Gateway } from '../programs.ts';
import { callerObjects, constraints, hiddenFrom, worldObjects } from './callers-world.ts';
import { type Cluster, eventually, startCluster } from './cluster.ts';
import { writeResources } from './written-resources.ts';

// Two replicas behind a balancer that sends each request to the next one, whoever sends it: MCP must not notice.

const shop = 'potoo://reports/shop';

let cluster: Cluster;
let replicas: readonly [Gateway, Gateway];
let balancer: RoundRobin;
const open = new Set<Client>();

beforeAll(async () => {
  cluster = await startCluster();
  const { controlPlane } = cluster;
  await apply(controlPlane, callerObjects());
  await writeResources(controlPlane, worldObjects());
  // What replicas seal cursors with; its operator is not needed here.
  const metadata = { name: operatorLeaseName, namespace: systemNamespace };
  await apply(controlPlane, [{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: {} }]);
  replicas = [await cluster.startGateway('one'), await cluster.startGateway('two')];
  balancer = await startRoundRobin(replicas.map(({ url }) => url));
});
afterAll(async () => {
  await Promise.all([...open].map(async (client) => client.close()));
  await balancer[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

type Account = 'summary' | 'detailed' | 'staying' | 'leaving' | 'full' | 'nobody';
const tokenOf = async (account: Account) => cluster.controlPlane.serviceAccountToken('callers', account);

async function connect(account: Account, mode: 'auto' | 'legacy' = 'auto') {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  const headers = { authorization: `Bearer ${await tokenOf(account)}` };
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', balancer.url), { requestInit: { headers } }));
  open.add(client);
  const told: string[] = [];
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => void told.push(params.uri));
  return { client, told };
}

async function query(client: Client, input: object) {
  const { structuredContent } = await client.callTool({ name: 'potoo_query', arguments: { ...input } });
  return structuredContent;
}

/** Writes the report of `shop` with this many constraints. */
async function writeShop(count: number): Promise<void> {
  const entries = Array.from({ length: count }, (_, index) => entryOf(networkConstraint('shop', `rule-${index}`)));
  await writeResources(cluster.controlPlane, [reportObject('shop', entries)]);
}

async function totalOf(client: Client): Promise<unknown> {
  return at(await query(client, { namespace: 'shop' }), 'total');
}

/** As a client does whose request was lost: it asks once more. */
async function retried<T>(ask: () => Promise<T>): Promise<{ readonly value: T; readonly failures: number }> {
  try {
    return { value: await ask(), failures: 0 };
  } catch {
    return { value: await ask(), failures: 1 };
  }
}

describe.each(['auto', 'legacy'] as const)('the official client, %s', (mode) => {
  test('calls tools and reads, whichever replica answers', async () => {
    const { client } = await connect('detailed', mode);
    const servedBefore = [...balancer.served];
    const answers = [];
    for (let call = 0; call < 10; call += 1) answers.push(await query(client, { namespace: 'shop' }));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(at(answers[0], 'total')).toBe(3);
    // Older clients also ask once for a stream that there is not.
    for (const [index, count] of balancer.served.entries()) {
      expect(count - (servedBefore[index] ?? 0)).toBeGreaterThanOrEqual(5);
    }
    const reads = await Promise.all(Array.from({ length: 4 }, async () => client.readResource({ uri: shop })));
    expect(new Set(reads.map(({ contents }) => JSON.stringify(contents))).size).toBe(1);
  });

  test.each(['summary', 'full'] as const)('pages from replica to replica, as %s', async (account) => {
    const { client } = await connect(account, mode);
    const names: unknown[] = [];
    let cursor: unknown;
    do {
      const page = await query(client, { namespace: 'shop', limit: 1, ...(cursor === undefined ? {} : { cursor }) });
      names.push(at(page, 'constraints', 0, 'id'));
      cursor = at(page, 'next_cursor');
    } while (cursor !== undefined);
    expect(names).toHaveLength(3);
    expect(new Set(names).size).toBe(3);
    const namespaces: unknown[] = [];
    do {
      const input = { limit: 1, ...(cursor === undefined ? {} : { cursor }) };
      const { structuredContent } = await client.callTool({ name: 'potoo_list_namespaces', arguments: input });
      const listed = at(structuredContent, 'namespaces', 0, 'namespace');
      if (listed !== undefined) namespaces.push(listed);
      cursor = at(structuredContent, 'next_cursor');
    } while (cursor !== undefined);
    expect(namespaces).toEqual(account === 'full' ? ['payments', 'platform', 'shop'] : ['shop']);
  });
});

describe('who listens', () => {
  test('is told by whichever replica its stream is at', async () => {
    const readers = await Promise.all(Array.from({ length: 4 }, async () => connect('summary')));
    const before = [...balancer.served];
    for (const { client } of readers) await client.listen({ resourceSubscriptions: [shop] });
    expect(balancer.served.map((count, index) => count - (before[index] ?? 0))).toEqual([2, 2]);
    await writeShop(2);
    for (const { told, client } of readers) {
      await eventually('the update comes', async () => Promise.resolve(told.length > 0));
      await eventually('what it reads is new', async () => (await totalOf(client)) === 2);
    }
    await writeResources(cluster.controlPlane, worldObjects());
  });

  test('gets nothing without the right, the same whether the namespace exists or not', async () => {
    const { client } = await connect('summary');
    const { client: nobody } = await connect('nobody');
    const refusal = async (by: Client, ...uris: readonly string[]): Promise<unknown> =>
      by.listen({ resourceSubscriptions: [...uris] }).then(
        () => 'it may listen',
        (error: unknown) => (error instanceof Error ? error.message : error),
      );
    const refusals = [
      await refusal(client, shop, 'potoo://reports/payments'),
      await refusal(client, 'potoo://reports/no-such-namespace'),
      await refusal(client, `potoo://constraints/payments/${constraints.foreign.id}`),
      await refusal(nobody, shop),
    ];
    expect(new Set(refusals).size).toBe(1);
    expect(refusals[0]).toMatch(/^You may not do this here/);
  });

  test('loses its stream within the time for which an answer holds, once its right is withdrawn', async () => {
    const { client, told } = await connect('leaving');
    const { closed } = await client.listen({ resourceSubscriptions: [shop] });
    const binding = '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/leaving-summary';
    await remove(cluster.controlPlane, binding);
    expect(await Promise.race([closed, deadline(allowMs + 15_000)])).toBe('graceful');
    told.splice(0);
    await expect(client.listen({ resourceSubscriptions: [shop] })).rejects.toThrow(/You may not do this here/);
    expect(told).toEqual([]);
  });
});

async function deadline(ms: number): Promise<string> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(`not within ${ms} ms`), ms).unref();
  });
}

describe('requests with equal ids', () => {
  async function post(token: string, id: unknown, params: object): Promise<unknown> {
    const response = await fetch(`${balancer.url}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params }),
    });
    const text = await response.text();
    return JSON.parse(text.slice(text.indexOf('data: ') + 'data: '.length));
  }

  test('of two identities at the same time: each gets its own reply', async () => {
    const [summary, full] = [await tokenOf('summary'), await tokenOf('full')];
    const params = { name: 'potoo_query', arguments: { namespace: 'shop' } };
    const replies = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const isFull = index % 2 === 0;
        return { isFull, reply: await post(isFull ? full : summary, 7, params) };
      }),
    );
    const hidden = hiddenFrom('summary');
    for (const { isFull, reply } of replies) {
      expect(at(reply, 'id')).toBe(7);
      const text = JSON.stringify(reply);
      const seen = hidden.filter((word) => text.includes(word));
      if (isFull) expect(seen).toContain('foreign-name');
      else expect(seen).toEqual([]);
    }
  });

  test('of one identity: each request gets the answer to its own question', async () => {
    const full = await tokenOf('full');
    const namespaces = ['shop', 'payments', 'platform'];
    const answers = await Promise.all(
      Array.from({ length: 90 }, async (_, index) => {
        const namespace = namespaces[index % namespaces.length];
        const reply = await post(full, 'same', { name: 'potoo_query', arguments: { namespace } });
        return [namespace, at(reply, 'result', 'structuredContent', 'namespace')];
      }),
    );
    for (const [asked, answered] of answers) expect(answered).toBe(asked);
  });
});

// The last one: it takes a replica away.
test('one replica is killed: clients go on, and whose stream broke listens again, reads, and is up to date', async () => {
  await writeShop(1);
  const clients = await Promise.all([connect('staying'), connect('staying'), connect('staying', 'legacy')]);
  const [first, second] = clients;
  const subscriptions = [
    await first.client.listen({ resourceSubscriptions: [shop] }),
    await second.client.listen({ resourceSubscriptions: [shop] }),
  ];
  await replicas[0].process.kill();
  const endings = await Promise.race([
    Promise.any(subscriptions.map(async ({ closed }, index) => ({ index, how: await closed }))),
    deadline(30_000),
  ]);
  expect(endings).toMatchObject({ how: 'remote' });
  await writeShop(4);
  let failures = 0;
  for (let call = 0; call < 6; call += 1) {
    for (const { client } of clients) failures += (await retried(async () => totalOf(client))).failures;
  }
  expect(failures).toBeLessThanOrEqual(1);

  const broken = at(endings, 'index') === 0 ? first : second;
  const whole = broken === first ? second : first;
  await eventually('the other one is told', async () => Promise.resolve(whole.told.length > 0));
  await retried(async () => broken.client.listen({ resourceSubscriptions: [shop] }));
  await eventually('it is up to date', async () => (await totalOf(broken.client)) === 4);
  broken.told.splice(0);
  await writeShop(5);
  await eventually('it is told again', async () => Promise.resolve(broken.told.length > 0));
  await eventually('what it reads is new', async () => (await totalOf(broken.client)) === 5);
});
