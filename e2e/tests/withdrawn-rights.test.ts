import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allowMs } from '../../gateway/auth/decision-cache.ts';
import { apply, at, remove } from '../control-plane/admin.ts';
import { startTcpProxy, type TcpProxy } from '../control-plane/tcp-proxy.ts';
import type { Gateway } from '../programs.ts';
import { callerObjects, worldObjects } from './callers-world.ts';
import { type Cluster, eventually, startCluster } from './cluster.ts';
import { writeResources } from './written-resources.ts';

// What happens to callers who were let in once their right ends, and once nobody can tell what they may.

/** For how long a yes holds, and some seconds for the question itself. */
const endsWithinMs = allowMs + 5_000;

let cluster: Cluster;
let proxy: TcpProxy;
let direct: Gateway;
let behindProxy: Gateway;

beforeAll(async () => {
  cluster = await startCluster();
  const { controlPlane } = cluster;
  await apply(controlPlane, callerObjects());
  await writeResources(controlPlane, worldObjects());
  proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(controlPlane.server).port) });
  direct = await cluster.startGateway();
  behindProxy = await cluster.startGateway('behind-proxy', `https://127.0.0.1:${proxy.port}`);
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  await proxy.close();
});

const headersOf = (token: string) => ({ authorization: `Bearer ${token}` });

async function report(gateway: Gateway, token: string): Promise<{ readonly status: number; readonly code: unknown }> {
  const response = await fetch(`${gateway.url}/resources/reports/shop`, { headers: headersOf(token) });
  return { status: response.status, code: at(await response.json(), 'code') };
}

describe.concurrent('within the time for which an answer of the API server holds', () => {
  test('a caller whose right is withdrawn is refused, and its stream ends with the reason', async () => {
    const token = await cluster.controlPlane.serviceAccountToken('callers', 'leaving');
    expect((await report(direct, token)).status).toBe(200);
    const stream = await fetch(`${direct.url}/events?namespace=shop`, { headers: headersOf(token) });
    expect(stream.status).toBe(200);
    // The text is complete when the gateway has ended the stream.
    const ended = stream.text();
    await remove(
      cluster.controlPlane,
      '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/leaving-summary',
    );
    await eventually('it is refused', async () => (await report(direct, token)).status === 403, endsWithinMs);
    expect(await ended).toMatch(/\n\n: closed: your right to read this was withdrawn\n\n$/);
    expect(await ended).not.toMatch(/^data:/m);
    const again = await fetch(`${direct.url}/sse?namespace=shop`, { headers: headersOf(token) });
    expect(again.status).toBe(403);
  });

  test('a caller whom nobody can vouch for any more gets 503, and answers once the API server is back', async () => {
    const staying = await cluster.controlPlane.serviceAccountToken('callers', 'staying');
    const unknown = await cluster.controlPlane.serviceAccountToken('callers', 'detailed');
    expect((await report(behindProxy, staying)).status).toBe(200);
    await proxy.refuse(true);
    proxy.cut();
    expect(await report(behindProxy, staying)).toEqual({ status: 200, code: undefined });
    const unavailable = { status: 503, code: 'REVIEW_UNAVAILABLE' };
    expect(await report(behindProxy, unknown)).toEqual(unavailable);
    await eventually(
      'its yes has run out',
      async () => (await report(behindProxy, staying)).status !== 200,
      endsWithinMs,
    );
    expect(await report(behindProxy, staying)).toEqual(unavailable);
    await proxy.refuse(false);
    await eventually('it is let in again', async () => (await report(behindProxy, staying)).status === 200);
  });
});
