import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { reportEntriesMax } from '../../crds/report.ts';
import { eventsIn, readEvents } from '../../gateway/testing/event-reader.ts';
import { entryOf, networkConstraint, reportObject } from '../../gateway/testing/objects.ts';
import { apply, remove, request } from '../control-plane/admin.ts';
import type { Gateway } from '../programs.ts';
import { type Cluster, eventually, reportPath, reportWithTotal, startCluster } from './cluster.ts';

let cluster: Cluster;
let gateway: Gateway;

beforeAll(async () => {
  cluster = await startCluster();
  gateway = await cluster.startGateway();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const networkPolicy = (spec: object) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'web-in', namespace: 'shop' },
  spec,
});

async function open(path: string, token: string) {
  const response = await fetch(`${gateway.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  expect(response.status).toBe(200);
  const reader = readEvents(response);
  onTestFinished(async () => reader.leave());
  await eventually('the stream begins', async () => Promise.resolve(reader.text !== ''));
  return reader;
}

const metric = async (name: string) => {
  const text = await (await fetch(`${gateway.metricsUrl}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
};

// No operator runs yet that would put reports right.
test('a reader that never reads is dropped', async () => {
  const token = await cluster.caller('stalled', [{ role: 'potoo-mcp-client' }]);
  await apply(cluster.controlPlane, [namespace('busy'), reportObject('busy', [])].map(applicable));
  const write = async (object: object) =>
    request(
      cluster.controlPlane,
      'PATCH',
      `${reportPath('busy')}/status?fieldManager=test&force=true`,
      applicable(object),
    );
  // Large names fill the buffers of both kernels with few changes.
  const entries = (round: number) =>
    Array.from({ length: reportEntriesMax }, (_, index) =>
      entryOf(networkConstraint('busy', `policy-${index}`), {
        name: `${index}-${'x'.repeat(1_400)}`,
        message: `as of round ${round}`,
      }),
    );
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET /sse HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  await eventually('the stream begins', async () => (await metric('potoo_gateway_streams')) > 0);
  for (let round = 0; round < 10; round += 1) await write(reportObject('busy', entries(round)));
  await eventually(
    'the stream ends',
    async () => (await metric('potoo_gateway_streams_ended_total\\{reason="stalled"\\}')) === 1,
    60_000,
  );
  const closed = once(socket, 'close');
  socket.resume();
  await closed;
});

test('a plain reader is told what the operator finds, a summary of it or all', async () => {
  await cluster.startOperator();
  await apply(cluster.controlPlane, [namespace('shop')]);
  await reportWithTotal(cluster, 'shop', 0);
  const [summary, detailed] = await Promise.all([
    cluster.caller('summary', [{ role: 'view', namespace: 'shop' }]),
    cluster.caller('detailed', [{ role: 'admin', namespace: 'shop' }]),
  ]);
  const readers = [await open('/sse', summary), await open('/events?namespace=shop', detailed)];
  const told = async (...expected: readonly (readonly string[])[]) => {
    for (const [index, reader] of readers.entries()) {
      const count = expected[index]?.length ?? 0;
      const news: string[] = [];
      await eventually(`${count} events`, async () => {
        news.push(...reader.news());
        return Promise.resolve(news.length >= count);
      });
      expect(news).toEqual(expected[index]);
    }
  };

  const spec = (port: number) => ({ podSelector: {}, ingress: [{ from: [{ podSelector: {} }], ports: [{ port }] }] });
  await apply(cluster.controlPlane, [networkPolicy(spec(8443))]);
  await told(['added shop/web-in'], ['added shop/web-in']);
  // Another port is a matter of the full form alone.
  await apply(cluster.controlPlane, [networkPolicy(spec(9443))]);
  await told([], ['updated shop/web-in']);
  await apply(cluster.controlPlane, [networkPolicy({ podSelector: {} })]);
  await told(['updated shop/web-in'], ['updated shop/web-in']);
  await remove(cluster.controlPlane, '/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/web-in');
  await told(['removed shop/web-in'], ['removed shop/web-in']);
  for (const { text } of readers) {
    expect(text).not.toMatch(/8443|9443/);
    expect(eventsIn(text).every(({ data }) => data.constraintType === 'NetworkIngress')).toBe(true);
  }
});

test('streams end at once when the gateway stops, and say so', async () => {
  const reader = await open('/sse', await cluster.caller('last', [{ role: 'potoo-mcp-client' }]));
  await gateway.process.stop();
  await eventually('the stream ends', async () => Promise.resolve(reader.ended));
  expect(reader.broken).toBeUndefined();
  expect(reader.text).toMatch(/\n\n: closed: the gateway stops\n\n$/);
});

/** What the API server fills in itself may not be applied. */
function applicable(object: object): object {
  const metadata: unknown = Reflect.get(object, 'metadata');
  if (typeof metadata !== 'object' || metadata === null) return object;
  const { name, namespace: inNamespace } = metadata as { name?: unknown; namespace?: unknown };
  return { ...object, metadata: { name, ...(inNamespace === undefined ? {} : { namespace: inNamespace }) } };
}
