/**
 * What no honest client sends, byte by byte, to a gateway that listens.
 */
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../kube/clock.ts';
import { createGateway, type Gateway, rightsOf } from '../testing/fixture.ts';
import { clusterReportObject, detailObject, entryOf, networkConstraint, reportObject } from '../testing/objects.ts';
import { answersIn, head, openConnection, type RawAnswer, talk } from '../testing/raw-connection.ts';
import { pino } from 'pino';
import { listen } from './server.ts';

const [ours, theirs] = [networkConstraint('shop', 'db-in'), networkConstraint('bank', 'vault-in')];
const objects = [
  reportObject('shop', [entryOf(ours)]),
  detailObject('shop', 'constraints', [ours]),
  reportObject('bank', [entryOf(theirs)]),
  detailObject('bank', 'constraints', [theirs]),
  clusterReportObject(),
];
const log = pino({ level: 'silent' });

async function start(): Promise<{ gateway: Gateway; port: number }> {
  const gateway = createGateway({ objects, rights: rightsOf('shop') });
  const server = await listen({ fetch: gateway.fetch, host: '127.0.0.1', port: 0, clock: systemClock, log });
  onTestFinished(async () => server[Symbol.asyncDispose]());
  return { gateway, port: server.port };
}

async function ask(bytes: string): Promise<RawAnswer> {
  const { port } = await start();
  const [answer] = answersIn(await talk(port, bytes));
  if (answer === undefined) throw new Error('the server said nothing');
  return answer;
}

const codeOf = ({ body }: RawAnswer): unknown => {
  const parsed: unknown = body === '' ? {} : JSON.parse(body);
  return typeof parsed === 'object' && parsed !== null && 'code' in parsed ? parsed.code : undefined;
};
/** Reads the report of `shop` over MCP; the Host is of the lines. */
const mcpOf = (...lines: readonly string[]) => {
  const params = { uri: 'potoo://reports/shop' };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'resources/read', params });
  const own = ['Content-Type: application/json', `Content-Length: ${body.length}`, 'Connection: close'];
  return head('POST /mcp HTTP/1.1', ...lines, ...own) + body;
};
const healthz = (...lines: readonly string[]) => head('GET /healthz HTTP/1.1', ...lines, 'Connection: close');

test.each([
  ['a foreign Host behind a forged X-Forwarded-Host', ['Host: evil.example', 'X-Forwarded-Host: localhost'], 403],
  ['a foreign Host behind a forged Forwarded', ['Host: evil.example', 'Forwarded: host=localhost'], 403],
  ['a Host with a name before it', ['Host: localhost@evil.example'], 400],
  ['a Host with a port that is none', ['Host: localhost:port'], 400],
  ['a Host with two ports', ['Host: localhost:80:80'], 400],
  ['a Host that goes on with a path', ['Host: localhost/evil.example'], 400],
  ['a Host that is a number', ['Host: 2130706433'], 403],
  ['an IPv6 Host that is not ours', ['Host: [2001:db8::1]:8090'], 403],
  ['two Hosts', ['Host: localhost', 'Host: evil.example'], 400],
  ['two Hosts, the other way round', ['Host: evil.example', 'host: localhost'], 400],
  ['an opaque Origin', ['Host: localhost', 'Origin: null'], 403],
  ['a foreign Origin with our name in it', ['Host: localhost', 'Origin: http://localhost.evil.example'], 403],
  ['an Origin with our name before it', ['Host: localhost', 'Origin: http://localhost:80@evil.example'], 403],
  ['two Origins', ['Host: localhost', 'Origin: http://localhost', 'Origin: http://evil.example'], 400],
  ['two Origins in one', ['Host: localhost', 'Origin: http://localhost, http://evil.example'], 403],
  ['two tokens', ['Host: localhost', 'Authorization: Bearer a', 'authorization: Bearer b'], 400],
  ['a header name with a blank', ['Host: localhost', 'Origin : http://localhost'], 400],
  ['a header over two lines', ['Host: localhost', 'X: a', ' Host: evil.example'], 400],
])('%s is refused', async (_what, lines, status) => {
  const answer = await ask(healthz(...lines));
  expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/json']);
  expect(codeOf(answer)).toMatch(/^(HOST_NOT_ALLOWED|ORIGIN_NOT_ALLOWED|INVALID_REQUEST)$/);
  const overMcp = await ask(mcpOf('Authorization: Bearer reader', ...lines));
  expect([overMcp.status, overMcp.headers.get('content-type')]).toEqual([status, 'application/json']);
});

test.each([
  ['a name in capital letters with the dot at its end', ['Host: LOCALHOST.:8090']],
  ['IPv6 loopback', ['Host: [::1]']],
  ['a forged X-Forwarded-Host that nobody reads', ['Host: localhost', 'X-Forwarded-Host: evil.example']],
  ['a forged method that nobody reads', ['Host: localhost', 'X-HTTP-Method-Override: DELETE']],
])('%s is answered', async (_what, lines) => {
  const answer = await ask(healthz(...lines));
  expect(answer.status).toBe(200);
  expect(answer.headers.get('x-trace-id')).toMatch(/^[0-9a-f]{32}$/);
});

test.each([
  ['a target that names our host', 'GET http://localhost/healthz HTTP/1.1', 200],
  ['a target that names another host', 'GET http://evil.example/healthz HTTP/1.1', 400],
  ['a target that names our host after another', 'GET http://evil.example@localhost/healthz HTTP/1.1', 400],
  ['a target of another kind', 'GET ftp://localhost/healthz HTTP/1.1', 400],
  ['the server itself', 'OPTIONS * HTTP/1.1', 400],
  ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1', 405],
  ['TRACE', 'TRACE /healthz HTTP/1.1', 405],
  ['a method that nobody knows', 'BREW /healthz HTTP/1.1', 400],
  ['HTTP/1.0 with a Host', 'GET /healthz HTTP/1.0', 200],
  ['HTTP/2 without asking', 'PRI * HTTP/2.0', 400],
  ['a version that there is not', 'GET /healthz HTTP/9.9', 400],
])('%s: %s', async (_what, line, status) => {
  expect((await ask(head(line, 'Host: localhost', 'Connection: close'))).status).toBe(status);
});

test('HTTP/1.0 without a Host is refused', async () => {
  expect((await ask(head('GET /healthz HTTP/1.0'))).status).toBe(400);
});

test.each(['websocket', 'h2c', 'TLS/1.0'])('a connection does not become %s', async (protocol) => {
  const lines = ['Host: localhost', 'Connection: upgrade, close', `Upgrade: ${protocol}`];
  const socketKey = ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13'];
  const answer = await ask(head('GET /resources/reports/shop HTTP/1.1', ...lines, ...socketKey));
  expect([answer.status, codeOf(answer)]).toEqual([401, 'UNAUTHENTICATED']);
});

test.each(['https://evil.example', 'http://localhost:3000'])(
  'a browser that asks for leave on behalf of %s gets none',
  async (origin) => {
    const lines = ['Host: localhost', `Origin: ${origin}`, 'Access-Control-Request-Method: POST', 'Connection: close'];
    const answer = await ask(head('OPTIONS /tools/potoo_query HTTP/1.1', ...lines));
    expect(answer.status).toBe(origin.includes('evil') ? 403 : 405);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  },
);

const post = (...lines: readonly string[]) =>
  head('POST /tools/potoo_query HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', ...lines);
const smuggled = 'GET /resources/reports/bank HTTP/1.1\r\nHost: localhost\r\n\r\n';

test.each([
  ['two lengths', post('Content-Length: 2', 'Content-Length: 40') + '{}' + smuggled],
  ['a length that is none', post('Content-Length: +2') + '{}' + smuggled],
  ['a length and chunks', post('Content-Length: 2', 'Transfer-Encoding: chunked') + '0\r\n\r\n' + smuggled],
  ['chunks that are not the last coding', post('Transfer-Encoding: chunked, identity') + '0\r\n\r\n' + smuggled],
  ['chunks of a body in another coding', post('Transfer-Encoding: gzip, chunked') + '0\r\n\r\n' + smuggled],
  ['chunks behind a blank', post('Transfer-Encoding : chunked') + '0\r\n\r\n' + smuggled],
  ['a size of a chunk that is none', post('Transfer-Encoding: chunked') + '0x2\r\n{}\r\n0\r\n\r\n' + smuggled],
])('%s: the connection ends, and what follows is no request', async (_what, bytes) => {
  const { gateway, port } = await start();
  const answers = answersIn(await talk(port, bytes));
  expect(answers.at(-1)?.status).toBe(400);
  expect(answers.filter(({ status }) => status < 400)).toEqual([]);
  expect(gateway.records.filter(({ name }) => name === 'reports')).toEqual([]);
});

test('requests that come without waiting for answers are answered in order', async () => {
  const paths = ['/healthz', '/none', '/resources/reports/shop', '/readyz'];
  const { port } = await start();
  const requests = paths.map((path, index) =>
    head(`GET ${path} HTTP/1.1`, 'Host: localhost', ...(index === paths.length - 1 ? ['Connection: close'] : [])),
  );
  expect(answersIn(await talk(port, requests.join(''))).map(({ status }) => status)).toEqual([200, 404, 401, 200]);
});

/** What the report of `shop` is answered with over REST and over MCP, where a right that is missing is said in the answer. */
async function statusesOf(...lines: readonly string[]): Promise<number[]> {
  const rest = await ask(
    head('GET /resources/reports/shop HTTP/1.1', 'Host: localhost', 'Connection: close', ...lines),
  );
  const { port } = await start();
  const mcp = await talk(port, mcpOf('Host: localhost', ...lines));
  return [rest.status, mcp.includes('"code":"FORBIDDEN"') ? 403 : Number(mcp.split(' ', 2)[1])];
}

test.each([
  ['small letters', 'bearer reader', 200],
  ['capital letters', 'BEARER reader', 200],
  ['blanks around the token', 'Bearer   reader  ', 200],
  ['a tab', 'Bearer\treader', 401],
  ['two tokens in one header', 'Bearer reader, Bearer owner', 401],
  ['another scheme before it', 'Basic reader, Bearer reader', 401],
  ['no token', 'Bearer', 401],
  ['nothing at all', '', 401],
  ['no scheme', 'reader', 401],
  ['a letter beyond ASCII', 'Bearer r\u00e9ader', 401],
  ['a token that is too long', `Bearer ${'a'.repeat(8_190)}`, 401],
  ['a user name that is written as limits write it', 'Bearer ["reader",""]', 403],
  ['the name of callers without a token', 'Bearer anonymous', 403],
])('credentials with %s', async (_what, authorization, status) => {
  expect(await statusesOf(`Authorization: ${authorization}`)).toEqual([status, status]);
});

test.each([
  ['nobody', ['Authorization: Bearer nobody'], 403],
  ['no token', [], 401],
])('headers that name another user mean nothing beside %s', async (_what, lines, status) => {
  const names = ['Impersonate-User', 'X-Remote-User', 'X-Forwarded-User', 'X-Original-User', 'Proxy-Authorization'];
  const forged = names.map((name) => `${name}: ${name.startsWith('Proxy') ? 'Bearer ' : ''}owner`);
  expect(await statusesOf(...lines, ...forged, 'Impersonate-Group: system:masters')).toEqual([status, status]);
});

test('a token in the query, in a cookie or behind the body means nothing', async () => {
  const query = 'access_token=owner&token=owner&authorization=Bearer%20owner';
  const lines = ['Host: localhost', 'Cookie: token=owner; authorization=Bearer owner', 'Connection: close'];
  expect((await ask(head(`GET /resources/reports/shop?${query} HTTP/1.1`, ...lines))).status).toBe(401);
  const trailer = '14\r\n{"namespace":"shop"}\r\n0\r\nAuthorization: Bearer owner\r\n\r\n';
  const chunked = post('Transfer-Encoding: chunked', 'Trailer: Authorization', 'Connection: close');
  expect((await ask(chunked + trailer)).status).toBe(401);
});

test('who has the tag of an answer learns nothing by it of what it may not read', async () => {
  const answer = await ask(
    head(
      'GET /resources/reports/bank HTTP/1.1',
      'Host: localhost',
      'Authorization: Bearer owner',
      'If-None-Match: *',
      'Connection: close',
    ),
  );
  expect(answer.status).toBe(403);
});

test('who waits for leave to send a body is given it, and other expectations are not met', async () => {
  const { port } = await start();
  const { socket, said, closed } = openConnection(port);
  socket.write(post('Authorization: Bearer reader', 'Content-Length: 20', 'Expect: 100-continue', 'Connection: close'));
  await expect.poll(said).toContain('HTTP/1.1 100 ');
  socket.write('{"namespace":"shop"}');
  expect(answersIn(await closed()).map(({ status }) => status)).toEqual([100, 200]);
  const answer = await ask(post('Content-Length: 20', 'Expect: tea', 'Connection: close'));
  expect([answer.status, codeOf(answer)]).toEqual([417, 'INVALID_REQUEST']);
});

test.each([
  ['more bytes of headers than are read', Array.from({ length: 3_000 }, (_, index) => `X-${index}: 1`), 431],
  ['one header that is too large', [`X: ${'a'.repeat(20_000)}`], 431],
  // Node by itself leaves out what comes after 2,000 headers.
  ['a foreign Origin behind very many headers', [...Array<string>(2_500).fill('a:'), 'Origin: null'], 403],
])('%s', async (_what, lines, status) => {
  const answer = await ask(healthz('Host: localhost', ...lines));
  expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/json']);
});

test.each([
  ['a path that is too long', `/resources/reports/${'a'.repeat(20_000)}`, 431],
  ['a name that is too long', `/resources/reports/${'a'.repeat(5_000)}`, 400],
  ['a query of very many parameters', `/resources/reports/shop?${'a=1&'.repeat(3_000)}`, 200],
  [
    'a query of very many names',
    `/resources/reports/shop?${Array.from({ length: 2_000 }, (_, i) => i).join('&')}`,
    200,
  ],
  ['a query that names what objects have', '/resources/reports/shop?__proto__=1&constructor=2&toString=3', 200],
  ['a parameter twice, of which the first is right', '/resources/reports/shop?limit=1&limit=many', 200],
  ['a parameter twice, of which the first is wrong', '/resources/reports/shop?limit=many&limit=1', 400],
  ['a parameter in the query that stands in the path', '/resources/reports/shop?namespace=bank', 200],
])('%s', async (_what, path, status) => {
  const lines = ['Host: localhost', 'Authorization: Bearer reader', 'Connection: close'];
  const answer = await ask(head(`GET ${path} HTTP/1.1`, ...lines));
  expect(answer.status).toBe(status);
  expect(answer.body).not.toContain('vault');
});

/** `shop` may be read by this caller; `bank` exists, `none` does not. */
const tricks = [
  '/resources/reports/shop/../NAME',
  '/resources/reports/shop/%2e%2e/NAME',
  '/resources/reports/shop/..%2fNAME',
  '/resources/reports/shop%2f..%2fNAME',
  '/resources/reports/shop%252f..%252fNAME',
  '/resources/reports/%2e%2e%2freports%2fNAME',
  '/resources/reports/NAME%00',
  '/resources/reports/shop%00NAME',
  '/resources/reports/NAME%0d%0aX:1',
  '/resources/reports/NAME/',
  '/resources/reports//NAME',
  '//resources/reports/NAME',
  '/resources//reports/NAME',
  '/resources/./reports/NAME',
  '/resources/reports/NAME;shop',
  '/resources/reports/NAME%20',
  '/resources/reports/NAME%2e',
  '/resources/reports/%c0%aeNAME',
  '/resources/reports/%ff',
  '/resources/reports/%',
  '/resources/reports/\\NAME',
  '/RESOURCES/reports/NAME',
  '/resources/constraints/shop/../NAME/vault-in',
  '/resources/constraints/shop/..%2f..%2fNAME%2fvault-in',
  '/resources/constraints/NAME/%2e%2e',
  '/resources/constraints/NAME/vault-in%00',
  '/resources/constraints/NAME//vault-in',
  '/tools/../resources/reports/NAME',
  '/tools/potoo_query/../../resources/reports/NAME',
];

test.each(tricks)('GET %s says nothing of a namespace that the caller may not read', async (trick) => {
  const { port } = await start();
  const about = async (name: string) => {
    const lines = ['Host: localhost', 'Authorization: Bearer owner', 'Connection: close'];
    const [answer] = answersIn(await talk(port, head(`GET ${trick.replace('NAME', name)} HTTP/1.1`, ...lines)));
    return answer ?? { status: 0, body: '' };
  };
  const [existing, missing] = [await about('bank'), await about('none')];
  expect([400, 403, 404]).toContain(existing.status);
  expect([existing.status, existing.body]).toEqual([missing.status, missing.body]);
});
