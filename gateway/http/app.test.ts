import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { clusterReportObject, detailObject, entryOf, networkConstraint, reportObject } from '../testing/objects.ts';
import { createGateway, rightsOf } from '../testing/fixture.ts';

const policy = networkConstraint('shop', 'db-in');
const objects = [
  reportObject('shop', [entryOf(policy)]),
  detailObject('shop', 'constraints', [policy]),
  clusterReportObject(),
];
const gatewayOf = (rights: Record<string, readonly string[]> = rightsOf('shop')) => createGateway({ objects, rights });

type Route = readonly [method: string, path: string, body: ((namespace: string) => object) | undefined];

/** Every route that needs a right in a namespace, as a request for that namespace. */
const namespaced: readonly Route[] = [
  ['POST', '/tools/potoo_query', (namespace: string) => ({ namespace })],
  ['POST', '/resources', (namespace: string) => ({ resource: 'reports', params: { namespace } })],
  ['POST', '/resources', (namespace: string) => ({ resource: 'constraints', params: { namespace, name: 'db-in' } })],
  ['GET', '/resources/reports/:namespace', undefined],
  ['GET', '/resources/constraints/:namespace/db-in', undefined],
];
type Gateway = ReturnType<typeof createGateway>;

async function ask(gateway: Gateway, route: Route, namespace: string, user?: string) {
  const [, path, body] = route;
  return body === undefined
    ? gateway.get(path.replace(':namespace', namespace), user)
    : gateway.post(path, body(namespace), user);
}

const ErrorBody = z.strictObject({ error: z.string(), code: z.string() });

async function errorOf(response: Response) {
  const { code } = ErrorBody.parse(await response.json());
  return [response.status, code];
}

describe.each(namespaced)('%s %s', (...route) => {
  test('a caller with the right gets an answer that nobody in between keeps', async () => {
    const response = await ask(gatewayOf(), route, 'shop', 'reader');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('cache-control')).toBe(route[0] === 'GET' ? 'private, no-cache' : 'no-store');
  });

  test('a token without the right is refused in the same bytes whether the namespace exists or not', async () => {
    const gateway = gatewayOf({ nobody: [], reader: ['get constraintreports other'] });
    for (const user of ['nobody', 'reader']) {
      const [existing, missing] = [
        await ask(gateway, route, 'shop', user),
        await ask(gateway, route, 'no-such-thing', user),
      ];
      expect([existing.status, missing.status]).toEqual([403, 403]);
      expect([...existing.headers]).toEqual([...missing.headers]);
      const text = await existing.text();
      expect(text).toBe(await missing.text());
      expect(JSON.parse(text)).toEqual({
        error:
          'You may not do this here. Ask an administrator for the right to get constraintreports.potoo.io in the namespace. Or is its name misspelt?',
        code: 'FORBIDDEN',
      });
    }
  });

  test('without a token, and without a right for such callers, a token is asked for', async () => {
    const response = await ask(gatewayOf(), route, 'shop');
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="potoo"');
    expect(await errorOf(response)).toEqual([401, 'UNAUTHENTICATED']);
  });

  test('without a token, but with a right that RBAC gives such callers, the answer comes', async () => {
    const gateway = gatewayOf({ 'system:anonymous': ['get constraintreports'] });
    expect((await ask(gateway, route, 'shop')).status).toBe(200);
  });

  test('a token that the API server does not take is refused, also where anonymous callers have rights', async () => {
    const gateway = gatewayOf({ 'system:anonymous': ['get constraintreports'] });
    expect(await errorOf(await ask(gateway, route, 'shop', 'stranger'))).toEqual([401, 'UNAUTHENTICATED']);
  });

  test('when nobody can tell what a caller may, the answer is neither yes nor no', async () => {
    const gateway = gatewayOf();
    gateway.reviews.up = false;
    for (const user of ['reader', undefined]) {
      expect(await errorOf(await ask(gateway, route, 'shop', user))).toEqual([503, 'REVIEW_UNAVAILABLE']);
    }
  });

  test('before everything was read there is no answer', async () => {
    const gateway = gatewayOf();
    gateway.facts.synced = false;
    expect(await errorOf(await ask(gateway, route, 'shop', 'reader'))).toEqual([503, 'NOT_SYNCED']);
  });

  test('what is no name of a namespace is refused', async () => {
    for (const name of ['UPPER', 'a.b', '..%2fetc', 'a'.repeat(64), '-a', 'sh%00op']) {
      const decoded = route[0] === 'GET' ? name : decodeURIComponent(name);
      expect(await errorOf(await ask(gatewayOf(), route, decoded, 'reader'))).toEqual([400, 'INVALID_REQUEST']);
    }
  });
});

describe('requests that no route takes', () => {
  test.each([
    ['GET', '/'],
    ['POST', '/tools/potoo_unknown'],
    ['GET', '/resources/unknown'],
    ['GET', '/tools'],
    ['GET', '/metrics'],
  ])('%s %s is not found', async (method, path) => {
    expect(await errorOf(await gatewayOf().request(path, { method }))).toEqual([404, 'NOT_FOUND']);
  });

  test.each([
    ['GET', '/tools/potoo_query', 'POST'],
    ['DELETE', '/resources/reports/shop', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
    ['GET', '/resources', 'POST'],
  ])('%s %s: only %s is possible', async (method, path, allow) => {
    const response = await gatewayOf().request(path, { method });
    expect(response.headers.get('allow')).toBe(allow);
    expect(await errorOf(response)).toEqual([405, 'METHOD_NOT_ALLOWED']);
  });

  test('HEAD is GET without the body', async () => {
    const response = await gatewayOf().request('/healthz', { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });
});

describe('bodies', () => {
  const send = async (body: RequestInit['body'], headers: Record<string, string> = {}) =>
    gatewayOf().request('/tools/potoo_query', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer reader', ...headers },
      body: body ?? null,
    });

  test('other content types than JSON are refused: a form can be sent from any page', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      expect(await errorOf(await send('{"namespace":"shop"}', { 'content-type': type }))).toEqual([
        415,
        'UNSUPPORTED_MEDIA_TYPE',
      ]);
    }
  });

  test('JSON may say its charset, or be a kind of JSON', async () => {
    for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/vnd.x+json']) {
      expect((await send('{"namespace":"shop"}', { 'content-type': type })).status).toBe(200);
    }
  });

  test('what is too large is refused, announced or not', async () => {
    const large = `{"namespace":"shop","x":"${'y'.repeat(262_144)}"}`;
    expect(await errorOf(await send(large))).toEqual([413, 'BODY_TOO_LARGE']);
    expect(await errorOf(await send('{}', { 'content-length': '262145' }))).toEqual([413, 'BODY_TOO_LARGE']);
    const fits = `{"namespace":"shop","x":"${'y'.repeat(262_144 - 29)}"}`;
    expect((await send(fits)).status).toBe(200);
  });

  test.each(['{', '[]', '"shop"', 'null', '7', '{"namespace":"shop"} x', '['.repeat(100_000)])(
    'what is no JSON object is refused: %.20j',
    async (body) => {
      expect(await errorOf(await send(body))).toEqual([400, 'INVALID_REQUEST']);
    },
  );

  test('text that is not UTF-8 is refused', async () => {
    const bytes = new Uint8Array([...new TextEncoder().encode('{"namespace":"shop","x":"'), 0xff, 0x22, 0x7d]);
    expect(await errorOf(await send(bytes))).toEqual([400, 'INVALID_REQUEST']);
  });

  test('numbers in strings, null for absent and unknown keys are taken as they are meant', async () => {
    const response = await send(
      '{"namespace":"shop","limit":"1","severity":null,"cursor":null,"unknown":{"a":[1]},"__proto__":{"severity":"Info"}}',
    );
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ total: 1, returned: 1 });
  });

  test('a refusal names each field that is wrong, and what would be right', async () => {
    const response = await send('{"namespace":7,"limit":"many","severity":"Grave","constraint_type":""}');
    expect(response.status).toBe(400);
    const { error } = ErrorBody.parse(await response.json());
    for (const part of ['namespace: ', 'limit: ', 'severity: ', 'Critical', 'constraint_type: ', 'Admission']) {
      expect(error).toContain(part);
    }
  });

  test.each([0, 1_001, -1, 1.5, '1.5', true, [1]])('a limit of %j is refused', async (limit) => {
    expect(await errorOf(await send(JSON.stringify({ namespace: 'shop', limit })))).toEqual([400, 'INVALID_REQUEST']);
  });

  test.each(['50', ' 50 ', '50.0', '50.00', '', null])('a limit of %j is taken as it is meant', async (limit) => {
    expect((await send(JSON.stringify({ namespace: 'shop', limit }))).status).toBe(200);
  });

  test('a label that cannot be looked for is refused rather than left out of the question', async () => {
    const response = await send('{"namespace":"shop","workload_labels":{"__proto__":"x"}}');
    expect(await errorOf(response)).toEqual([400, 'INVALID_REQUEST']);
  });

  test('POST /resources wants a resource that exists', async () => {
    const gateway = gatewayOf();
    for (const body of [{}, { resource: 'secrets' }, { resource: 'reports', params: 7 }]) {
      expect(await errorOf(await gateway.post('/resources', body, 'reader'))).toEqual([400, 'INVALID_REQUEST']);
    }
    expect((await gateway.post('/resources', { resource: 'health', params: null }, 'reader')).status).toBe(200);
  });
});

describe('hosts and origins', () => {
  test.each([
    'localhost:8090',
    'LOCALHOST',
    '127.0.0.1:1',
    '127.1.2.3',
    '[::1]:8090',
    'potoo',
    'potoo:8090',
    'potoo-controller.potoo-system',
    'potoo-controller.potoo-system.svc:8090',
    'potoo.potoo-system.svc.cluster.local',
    'potoo.potoo-system.svc.cluster.local.',
    'potoo.example.com',
  ])('Host %s is a name of the gateway', async (host) => {
    expect((await gatewayOf().request('/healthz', { headers: { host } })).status).toBe(200);
  });

  test.each([
    'evil.example',
    'localhost.evil.example',
    'potoo.evil.example',
    'potoo.other.svc',
    '127.0.0.1.evil.example',
    '127.evil.example',
    'evil.example#localhost',
    'evil@localhost',
    'localhost:8090:1',
    '10.0.0.7',
    '[::2]',
    'localhost..',
  ])('Host %s is refused', async (host) => {
    expect(await errorOf(await gatewayOf().request('/healthz', { headers: { host } }))).toEqual([
      403,
      'HOST_NOT_ALLOWED',
    ]);
  });

  test.each([
    'https://evil.example',
    'null',
    'file://',
    'http://localhost.evil.example',
    'http://localhost@evil.example',
  ])('a page of %s is refused', async (origin) => {
    expect(await errorOf(await gatewayOf().request('/healthz', { headers: { origin } }))).toEqual([
      403,
      'ORIGIN_NOT_ALLOWED',
    ]);
  });

  test.each(['http://localhost:3000', 'https://potoo.example.com', 'http://[::1]:8090'])(
    'a page of %s may ask',
    async (origin) => {
      expect((await gatewayOf().request('/healthz', { headers: { origin } })).status).toBe(200);
    },
  );
});

describe('what needs no caller', () => {
  test('/healthz tells that the process lives, whatever it has read', async () => {
    const gateway = gatewayOf();
    gateway.facts.synced = false;
    expect(await (await gateway.get('/healthz')).json()).toEqual({ status: 'healthy', version: '1.2.3' });
  });

  test('/readyz tells whether it can answer', async () => {
    const gateway = gatewayOf();
    expect((await gateway.get('/readyz')).status).toBe(200);
    gateway.facts.synced = false;
    expect(await errorOf(await gateway.get('/readyz'))).toEqual([503, 'NOT_SYNCED']);
  });

  test('nobody is asked about callers of public routes', async () => {
    const gateway = gatewayOf();
    for (const path of ['/healthz', '/readyz', '/mcp/tools', '/mcp/resources']) {
      expect((await gateway.get(path, 'stranger')).status).toBe(200);
    }
    expect(gateway.reviews.asked).toEqual([]);
  });

  test('/mcp/resources lists the resources by URI', async () => {
    const { resources } = z
      .object({ resources: z.array(z.object({ uri: z.string() })) })
      .parse(await (await gatewayOf().get('/mcp/resources')).json());
    expect(resources.map(({ uri }) => uri)).toEqual([
      'potoo://capabilities',
      'potoo://constraints/{namespace}/{name}',
      'potoo://health',
      'potoo://reports/{namespace}',
    ]);
  });
});

test('a caller is told within four seconds that the answer takes too long', async () => {
  const gateway = gatewayOf();
  gateway.reviews.authenticate = async () => new Promise(() => {});
  const response = gateway.get('/resources/reports/shop', 'reader');
  await gateway.clock.advance(3_600);
  expect(await errorOf(await response)).toEqual([503, 'DEADLINE_EXCEEDED']);
});

describe('a body', () => {
  const send = async (gateway: Gateway, body: ReadableStream<Uint8Array>, user?: string) =>
    gateway.request('/tools/potoo_query', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(user === undefined ? {} : { authorization: `Bearer ${user}` }),
      },
      body,
      duplex: 'half',
    });

  test('is not read before it is known who sends it', async () => {
    let read = 0;
    const body = new ReadableStream<Uint8Array>({ pull: () => void (read += 1) }, { highWaterMark: 0 });
    expect(await errorOf(await send(gatewayOf(), body, 'stranger'))).toEqual([401, 'UNAUTHENTICATED']);
    expect(read).toBe(0);
  });

  test('that does not end is given up within four seconds', async () => {
    const gateway = gatewayOf();
    const response = send(gateway, new ReadableStream<Uint8Array>(), 'reader');
    await gateway.clock.advance(3_600);
    expect(await errorOf(await response)).toEqual([503, 'DEADLINE_EXCEEDED']);
  });

  test('whose sender goes away is no error of the gateway', async () => {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error('aborted')),
    });
    expect(await errorOf(await send(gatewayOf(), body, 'reader'))).toEqual([400, 'INVALID_REQUEST']);
  });
});

test('what goes wrong inside is not told to callers', async () => {
  const gateway = gatewayOf();
  gateway.reviews.authorize = async () => Promise.reject(new Error('secret detail at /src/file.ts:7'));
  const response = await gateway.get('/resources/reports/shop', 'reader');
  const text = await response.text();
  expect(response.status).toBe(500);
  expect(text).not.toContain('secret');
  expect(JSON.parse(text)).toMatchObject({ code: 'INTERNAL' });
});
