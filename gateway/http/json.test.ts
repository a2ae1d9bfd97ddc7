import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import { detailObject, entryOf, networkConstraint, reportObject } from '../testing/objects.ts';

const policies = Array.from({ length: 10 }, (_, index) => networkConstraint('shop', `db-in-${index}`));
const objects = [
  reportObject(
    'shop',
    policies.map((policy) => entryOf(policy)),
  ),
  detailObject('shop', 'constraints', policies),
  reportObject('tiny', []),
];
const rights = {
  ...rightsOf('shop'),
  second: rightsOf('shop').reader,
  reader: [...rightsOf('shop').reader, 'get constraintreports tiny'],
};
const gatewayOf = () => createGateway({ objects, rights: { ...rights } });
const path = '/resources/reports/shop';

async function get(
  gateway: ReturnType<typeof gatewayOf>,
  headers: Record<string, string> = {},
  user = 'reader',
  method = 'GET',
) {
  return gateway.request(path, { method, headers: { authorization: `Bearer ${user}`, ...headers } });
}
const tagOf = async (gateway: ReturnType<typeof gatewayOf>, user = 'reader') =>
  (await get(gateway, {}, user)).headers.get('etag') ?? '';

describe('the ETag of a resource', () => {
  test('spares who has it the answer', async () => {
    const gateway = gatewayOf();
    const etag = await tagOf(gateway);
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    for (const value of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const response = await get(gateway, { 'if-none-match': value });
      expect([response.status, await response.text()]).toEqual([304, '']);
      expect(response.headers.get('etag')).toBe(etag);
      expect(response.headers.get('cache-control')).toBe('private, no-cache');
      expect(response.headers.get('vary')).toBe('authorization, accept-encoding');
    }
    expect((await get(gateway, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('is the same for who sees the same, in every replica, and another for who sees more', async () => {
    const tag = await tagOf(gatewayOf());
    expect(await tagOf(gatewayOf(), 'second')).toBe(tag);
    expect(await tagOf(gatewayOf(), 'owner')).not.toBe(tag);
  });

  test('changes with the answer', async () => {
    const gateway = gatewayOf();
    const before = await tagOf(gateway);
    gateway.store.removeDetail('shop', 'constraints');
    expect(await tagOf(gateway, 'owner')).not.toBe(await tagOf(gatewayOf(), 'owner'));
    gateway.store.removeReport('shop');
    expect((await get(gateway, { 'if-none-match': before })).status).toBe(404);
  });

  test('is worth nothing without the right, not even *', async () => {
    const gateway = gatewayOf();
    const etag = await tagOf(gateway);
    for (const value of [etag, '*']) {
      expect((await get(gateway, { 'if-none-match': value }, 'nobody')).status).toBe(403);
      expect((await get(gateway, { 'if-none-match': value }, 'stranger')).status).toBe(401);
    }
    gateway.reviews.rights['reader'] = [];
    await gateway.clock.advance(60_000);
    expect((await get(gateway, { 'if-none-match': etag })).status).toBe(403);
  });

  test('is not given to tools: nobody keeps the answer to a POST', async () => {
    const response = await gatewayOf().post('/tools/potoo_query', { namespace: 'shop' }, 'reader');
    expect(response.headers.get('etag')).toBeNull();
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});

describe('gzip', () => {
  const gunzip = async (response: Response) => gunzipSync(await response.arrayBuffer()).toString();

  test('is used for who takes it, with a tag of its own', async () => {
    const gateway = gatewayOf();
    const plain = await get(gateway);
    const zipped = await get(gateway, { 'accept-encoding': 'gzip' });
    expect(zipped.headers.get('content-encoding')).toBe('gzip');
    expect(Number(zipped.headers.get('content-length'))).toBeLessThan(Number(plain.headers.get('content-length')));
    expect(zipped.headers.get('etag')).toBe(plain.headers.get('etag')?.replace(/"$/, '-gzip"'));
    expect(await gunzip(zipped)).toBe(await plain.text());
    const etag = zipped.headers.get('etag') ?? '';
    expect((await get(gateway, { 'accept-encoding': 'gzip', 'if-none-match': etag })).status).toBe(304);
    expect((await get(gateway, { 'if-none-match': etag })).status).toBe(200);
  });

  test('is used for tools, too', async () => {
    const response = await gatewayOf().request('/tools/potoo_query', {
      method: 'POST',
      headers: { authorization: 'Bearer owner', 'content-type': 'application/json', 'accept-encoding': 'gzip' },
      body: '{"namespace":"shop"}',
    });
    expect(response.headers.get('vary')).toBe('accept-encoding');
    expect(JSON.parse(await gunzip(response))).toMatchObject({ returned: 10 });
  });

  test('is not used where it gains nothing', async () => {
    const response = await gatewayOf().request('/resources/reports/tiny', {
      headers: { authorization: 'Bearer reader', 'accept-encoding': 'gzip' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-encoding')).toBeNull();
  });
});

test('HEAD has the headers of GET, and no body', async () => {
  for (const headers of [{}, { 'accept-encoding': 'gzip' }]) {
    const [head, full] = [await get(gatewayOf(), headers, 'reader', 'HEAD'), await get(gatewayOf(), headers)];
    expect([...head.headers]).toEqual([...full.headers]);
    expect([head.status, await head.text()]).toEqual([200, '']);
  }
});

test.each(['/mcp/tools', '/mcp/resources'])('%s is public, and kept by its tag', async (list) => {
  const gateway = gatewayOf();
  const response = await gateway.get(list);
  expect(response.headers.get('cache-control')).toBe('no-cache');
  const etag = response.headers.get('etag') ?? '';
  expect((await gateway.request(list, { headers: { 'if-none-match': etag } })).status).toBe(304);
});
