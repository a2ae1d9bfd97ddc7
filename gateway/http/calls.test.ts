import { expect, test } from 'vitest';
import { seededRandom } from '../../kube/testing/virtual-clock.ts';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import { entryOf, networkConstraint, reportObject } from '../testing/objects.ts';
import { createArrivals } from './arrival.ts';
import { childHeaders } from './trace.ts';

const objects = [reportObject('shop', [entryOf(networkConstraint('shop', 'db-in'))])];
const gatewayOf = (perMinute: number) => createGateway({ objects, rights: rightsOf('shop'), perMinute });
const path = '/resources/reports/shop';

test('a caller that asks too often is told when to come back, whatever it asks, and others are not', async () => {
  const gateway = gatewayOf(3);
  const statusOf = async (user: string) => (await gateway.get(path, user)).status;
  expect(await statusOf('reader')).toBe(200);
  expect((await gateway.post('/tools/potoo_query', { namespace: 'shop' }, 'reader')).status).toBe(200);
  expect((await gateway.post('/tools/potoo_query', { namespace: 7 }, 'reader')).status).toBe(400);
  const refused = await gateway.get(path, 'reader');
  expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toEqual([
    429,
    '20',
    { error: 'You ask too often; wait a moment.', code: 'RATE_LIMITED' },
  ]);
  expect(await statusOf('owner')).toBe(200);
  await gateway.clock.advance(20_000);
  expect(await statusOf('reader')).toBe(200);
  expect(gateway.records.map(({ outcome, caller }) => [caller?.user.username, outcome])).toEqual([
    ['reader', 'OK'],
    ['reader', 'OK'],
    ['reader', 'INVALID_REQUEST'],
    ['reader', 'RATE_LIMITED'],
    ['owner', 'OK'],
    ['reader', 'OK'],
  ]);
});

test('a call over the limit asks the API server nothing about rights', async () => {
  const gateway = gatewayOf(1);
  await gateway.get(path, 'reader');
  const asked = gateway.reviews.asked.length;
  await gateway.clock.advance(6_000);
  for (let call = 0; call < 50; call += 1) await gateway.get('/resources/reports/other', 'reader');
  expect(gateway.reviews.asked).toHaveLength(asked);
});

test('the record of a call names the resource, however it was asked for', async () => {
  const gateway = gatewayOf(0);
  await gateway.get(path, 'reader');
  for (const resource of ['reports', 'health', 'nothing', undefined]) {
    await gateway.post('/resources', { resource, params: { namespace: 'shop' } }, 'reader');
  }
  await gateway.post('/resources', { resource: 'reports', params: { namespace: 'other' } }, 'reader');
  expect(gateway.records.map(({ name, namespace, outcome }) => [name, namespace, outcome])).toEqual([
    ['reports', 'shop', 'OK'],
    ['reports', 'shop', 'OK'],
    ['health', undefined, 'OK'],
    ['resources', undefined, 'INVALID_REQUEST'],
    ['resources', undefined, 'INVALID_REQUEST'],
    ['reports', 'other', 'FORBIDDEN'],
  ]);
});

test('the record of a call has status and length of what was sent, and how long that took', async () => {
  const entries = ['a', 'b', 'c'].map((name) => entryOf(networkConstraint('shop', name)));
  const gateway = createGateway({ objects: [reportObject('shop', entries)], rights: rightsOf('shop') });
  const sent: number[] = [];
  for (const headers of [{}, { 'accept-encoding': 'gzip' }, { 'if-none-match': '*' }]) {
    const response = await gateway.request(path, { headers: { authorization: 'Bearer reader', ...headers } });
    sent.push((await response.arrayBuffer()).byteLength);
  }
  sent.push((await (await gateway.get('/resources/reports/other', 'reader')).arrayBuffer()).byteLength);
  expect(gateway.records.map(({ status, bytes, ms }) => [status, bytes, ms])).toEqual([
    [200, sent[0], 0],
    [200, sent[1], 0],
    [304, 0, 0],
    [403, sent[3], 0],
  ]);
  expect(sent[1]).toBeLessThan(sent[0] ?? 0);
  gateway.reviews.authenticate = async () => new Promise(() => {});
  const late = gateway.get(path, 'somebody');
  await gateway.clock.advance(3_600);
  await late;
  expect(gateway.records.at(-1)).toMatchObject({ status: 503, outcome: 'DEADLINE_EXCEEDED', ms: 3_600 });
});

test('what needs no caller is not limited', async () => {
  const gateway = gatewayOf(1);
  for (let call = 0; call < 5; call += 1) {
    for (const open of ['/healthz', '/readyz', '/mcp/tools', '/mcp/resources']) {
      expect((await gateway.get(open, 'reader')).status).toBe(200);
    }
  }
});

test('callers without a token are limited by where they ask from', async () => {
  const gateway = gatewayOf(1);
  gateway.reviews.rights['system:anonymous'] = ['get constraintreports'];
  const statusFrom = async (remoteAddress: string) => {
    const request = new Request(`http://localhost${path}`);
    const response = await gateway.fetch(request, { incoming: { socket: { remoteAddress } } });
    return response.status;
  };
  expect(await statusFrom('192.0.2.1')).toBe(200);
  expect(await statusFrom('::ffff:192.0.2.1')).toBe(429);
  expect(await statusFrom('192.0.2.2')).toBe(200);
  expect(await statusFrom('2001:db8::1')).toBe(200);
  expect(await statusFrom('2001:db8::2')).toBe(429);
});

const id = '0af7651916cd43dd8448eb211c80319c';

test('the record of a call and its answer hold the trace that the caller named', async () => {
  const gateway = gatewayOf(0);
  const traceparent = `00-${id}-b7ad6b7169203331-01`;
  const response = await gateway.request(path, { headers: { authorization: 'Bearer reader', traceparent } });
  expect(response.headers.get('x-trace-id')).toBe(id);
  expect(gateway.records).toMatchObject([{ traceId: id, peer: 'unknown', namespace: 'shop' }]);
});

test.each(['/healthz', '/none', path])('an answer of %s names a trace, also when it is a refusal', async (asked) => {
  const response = await gatewayOf(0).get(asked);
  expect(response.headers.get('x-trace-id')).toMatch(/^[0-9a-f]{32}$/);
});

test('what is asked upstream on account of a call belongs to its trace, of whoever asked first', async () => {
  const arrivals = createArrivals();
  const asked: (string | undefined)[] = [];
  const gateway = createGateway({ objects, rights: rightsOf('shop'), arrivals });
  gateway.reviews.authenticate = async (token) => {
    await Promise.resolve();
    asked.push(childHeaders(arrivals.current()?.trace, seededRandom(1)).traceparent?.slice(0, 36));
    return { username: token };
  };
  const traced = async (trace: string) =>
    gateway.request(path, {
      headers: { authorization: 'Bearer reader', traceparent: `00-${trace}-${'b'.repeat(16)}-01` },
    });
  await Promise.all([traced(id), traced('c'.repeat(32))]);
  expect(asked).toEqual([`00-${id}-`]);
  expect(arrivals.current()).toBeUndefined();
});
