/**
 * What no honest client sends to the proxy, byte by byte, and what it then sends on with the person's credentials.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { head, talk } from '../testing/raw-connection.ts';
import { createUpstream } from '../upstream.ts';
import { startProxy } from './proxy.ts';
import { fixedToken } from './token.ts';

const twoBytes = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';

/** A proxy to a gateway under a path, which writes down all that reaches it and answers each connection once. */
async function start(answer = twoBytes) {
  let seen = '';
  const gateway = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      seen += bytes.toString('latin1');
      if (seen.endsWith('\r\n\r\n')) socket.write(answer);
    });
  }).listen(0, '127.0.0.1');
  await once(gateway, 'listening');
  const address = gateway.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const server = new URL(`http://127.0.0.1:${address.port}/potoo`);
  const upstream = createUpstream(server, { connectionsMax: 2 });
  const proxy = await startProxy({ server, upstream, token: fixedToken('own'), port: 0, say: () => {} });
  onTestFinished(async () => {
    await proxy[Symbol.asyncDispose]();
    upstream[Symbol.dispose]();
    gateway.close();
  });
  return { ask: async (bytes: string) => talk(proxy.port, bytes), seen: () => seen };
}

const inner = 'GET /smuggled HTTP/1.1\r\nHost: inner\r\n\r\n';

test.each([
  [
    'in one piece',
    head('GET /mcp HTTP/1.1', 'Host: localhost', 'Connection: close', `Content-Length: ${inner.length}`) + inner,
  ],
  [
    'of a length that is said to be about one connection alone',
    head(
      'GET /mcp HTTP/1.1',
      'Host: localhost',
      'Connection: close, content-length',
      `Content-Length: ${inner.length}`,
    ) + inner,
  ],
  [
    'in pieces',
    `${head('GET /mcp HTTP/1.1', 'Host: localhost', 'Connection: close', 'Transfer-Encoding: chunked')}${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`,
  ],
])('the body of a GET %s is no second request', async (_what, bytes) => {
  const { ask, seen } = await start();
  expect(await ask(bytes)).toMatch(/^HTTP\/1\.1 200 /);
  const [headers = '', ...body] = seen().split('\r\n\r\n');
  expect(headers).toMatch(/^(content-length: 39|transfer-encoding: chunked)$/m);
  expect(body.join('\r\n\r\n')).toContain(inner);
});

test.each([
  ['/../admin', 400],
  ['/mcp/../../admin', 400],
  ['/%2e%2E/admin', 400],
  ['/..%2fadmin', 400],
  ['/.\\..\\admin', 400],
  ['/..;/admin', 400],
  ['http://localhost/mcp', 400],
  ['http://evil.example/mcp', 400],
  ['*', 400],
  ['/resources/reports/shop?from=/../', 200],
  ['//evil.example/mcp', 200],
])('the path %s stays below that of the gateway', async (path, status) => {
  const { ask, seen } = await start();
  expect(await ask(head(`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close'))).toMatch(
    new RegExp(`^HTTP/1\\.1 ${status} `),
  );
  if (status === 200) expect(seen()).toMatch(/^GET \/potoo\//);
  else expect(seen()).toBe('');
});

test.each([
  ['what would send the credentials back', 'TRACE /mcp HTTP/1.1', [], 405],
  ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1', [], 405],
  ['an image of another site', 'GET /resources/reports/shop HTTP/1.1', ['Sec-Fetch-Site: cross-site'], 403],
  ['a page of another site that sends text', 'POST /mcp HTTP/1.1', ['Origin: https://evil.example'], 403],
  ['a name that only the cluster has', 'GET /mcp HTTP/1.1', ['Host: potoo.potoo-system.svc'], 403],
])('%s is refused, and nothing is sent on', async (_what, line, lines, status) => {
  const { ask, seen } = await start();
  const host = lines.some((each) => each.startsWith('Host:')) ? [] : ['Host: localhost'];
  expect(await ask(head(line, ...host, ...lines, 'Connection: close'))).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(seen()).toBe('');
});

test('a gateway that changes the protocol, which nobody asked for, has not answered', async () => {
  const { ask } = await start('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n');
  const lines = ['Host: localhost', 'Connection: upgrade, close', 'Upgrade: websocket'];
  expect(await ask(head('GET /mcp HTTP/1.1', ...lines))).toMatch(/^HTTP\/1\.1 502 [^]*GATEWAY_UNREACHABLE/);
});
