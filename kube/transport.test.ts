import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterEach, describe, expect, test } from 'vitest';
import { loadCredentials } from './credentials.ts';
import { type Certificate, selfSignedCertificate } from './testing/certificate.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';
import { createTransport, type RequestObservation, type TransportOptions } from './transport.ts';

const disposals: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0).toReversed()) await dispose();
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

interface TestServer {
  readonly url: string;
  /** TLS connections opened since the start. */
  readonly connections: number;
  readonly server: Server;
}

async function serve(certificate: Certificate, handler: Handler): Promise<TestServer> {
  let connections = 0;
  const server = createServer({ ...certificate }, handler);
  server.on('secureConnection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  disposals.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `https://127.0.0.1:${port}`,
    server,
    get connections() {
      return connections;
    },
  };
}

/** A kubeconfig with its CA and token in files of their own, so that each can be replaced. */
async function kubeconfig(url: string, certificate: Certificate, token = 'first') {
  const folder = await mkdtemp(join(tmpdir(), 'potoo-kube-'));
  disposals.push(() => rm(folder, { recursive: true }));
  const files = { config: join(folder, 'config'), ca: join(folder, 'ca.crt'), token: join(folder, 'token') };
  await writeFile(files.ca, certificate.cert);
  await writeFile(files.token, `${token}\n`);
  const config = {
    clusters: [{ name: 'c', cluster: { server: url, 'certificate-authority': 'ca.crt' } }],
    users: [{ name: 'u', user: { tokenFile: 'token' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  await writeFile(files.config, stringify(config));
  return files;
}

async function connected(handler: Handler, more: Partial<TransportOptions> = {}) {
  const certificate = selfSignedCertificate('first');
  const server = await serve(certificate, handler);
  const files = await kubeconfig(server.url, certificate);
  const clock = createVirtualClock();
  const credentials = loadCredentials({ kubeconfig: files.config, clock });
  const transport = createTransport({ credentials, clock, userAgent: 'potoo-test/1', ...more });
  disposals.push(() => transport.close());
  return { server, files, clock, credentials, transport };
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

const path = '/api/v1/namespaces/shop/pods';

test('further headers are asked for before each request, and take the place of none of its own', async () => {
  const received: unknown[] = [];
  let sent = 0;
  const { transport } = await connected(
    ({ headers: { traceparent, authorization, accept } }, response) => {
      received.push([traceparent, authorization, accept]);
      json(response, 200, {});
    },
    { headers: () => ({ traceparent: `trace-${(sent += 1)}`, authorization: 'Bearer other', accept: 'text/html' }) },
  );
  await transport.request({ method: 'GET', path });
  await transport.request({ method: 'GET', path });
  expect(received).toEqual([
    ['trace-1', 'Bearer first', 'application/json'],
    ['trace-2', 'Bearer first', 'application/json'],
  ]);
});

test('asks once more when the connection is there, and sends nothing that may not be sent any more', async () => {
  let requests = 0;
  const { server, transport } = await connected((request, response) => {
    requests += 1;
    request.resume();
    json(response, 200, { ok: true });
  });
  const tooLate = new Error('too late');
  // The server's end of the TLS handshake comes after the client's.
  let accepted = 0;
  server.server.on('connection', () => void (accepted += 1));
  const connections: number[] = [];
  const create = { method: 'POST', path, body: { x: 1 } } as const;
  const refusing = () => {
    connections.push(accepted);
    throw tooLate;
  };
  await expect(transport.request({ ...create, beforeSending: refusing })).rejects.toBe(tooLate);
  await transport.request({ ...create, beforeSending: () => void connections.push(accepted) });
  await expect(transport.request({ ...create, beforeSending: refusing })).rejects.toBe(tooLate);
  await transport.request(create);
  expect(connections.every((count) => count > 0)).toBe(true);
  expect(requests).toBe(2);
});

test('sends method, query, body, user agent and token, and hands out parsed JSON', async () => {
  const seen: unknown[] = [];
  const { transport } = await connected((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { authorization, accept, 'user-agent': agent, 'content-type': type } = request.headers;
      seen.push([request.method, request.url, Buffer.concat(chunks).toString(), authorization, accept, agent, type]);
      json(response, 200, { ok: true });
    });
  });
  await expect(
    transport.request({ method: 'GET', path, query: { limit: '5', labelSelector: 'a=b,c' } }),
  ).resolves.toEqual({
    ok: true,
  });
  await transport.request({ method: 'PATCH', path, body: { x: 1 }, contentType: 'application/merge-patch+json' });
  expect(seen).toEqual([
    [
      'GET',
      `${path}?limit=5&labelSelector=a%3Db%2Cc`,
      '',
      'Bearer first',
      'application/json',
      'potoo-test/1',
      undefined,
    ],
    ['PATCH', path, '{"x":1}', 'Bearer first', 'application/json', 'potoo-test/1', 'application/merge-patch+json'],
  ]);
});

test('hundreds of requests share a few connections', async () => {
  const { transport, server } = await connected((_request, response) => json(response, 200, {}), {
    requestConnectionsMax: 4,
  });
  await Promise.all(Array.from({ length: 300 }, () => transport.request({ method: 'GET', path })));
  expect(server.connections).toBeLessThanOrEqual(4);
});

test('watches and the lease do not wait for a full lane of requests', async () => {
  const held: ServerResponse[] = [];
  const { transport } = await connected(
    (request, response) => {
      if (request.url === '/slow') held.push(response);
      else json(response, 200, {});
    },
    { requestConnectionsMax: 1 },
  );
  const slow = transport.request({ method: 'GET', path: '/slow' });
  await transport.request({ method: 'GET', path, lane: 'lease' });
  for await (const chunk of await transport.stream({ method: 'GET', path })) expect(chunk.length).toBeGreaterThan(0);
  for (const response of held) json(response, 200, {});
  await slow;
});

describe('a refusal', () => {
  test.each<[number, unknown, string, string]>([
    [400, { message: 'bad' }, 'KUBE_BAD_REQUEST', 'bad'],
    [403, { message: 'pods is forbidden' }, 'KUBE_FORBIDDEN', 'pods is forbidden'],
    [404, { message: 'not found' }, 'KUBE_NOT_FOUND', 'not found'],
    [409, { message: 'modified', reason: 'Conflict' }, 'KUBE_CONFLICT', 'modified'],
    [409, { message: 'exists', reason: 'AlreadyExists' }, 'KUBE_ALREADY_EXISTS', 'exists'],
    [410, { message: 'expired', reason: 'Expired' }, 'KUBE_GONE', 'expired'],
    [415, {}, 'KUBE_BAD_REQUEST', ''],
    [422, { message: 'invalid' }, 'KUBE_INVALID', 'invalid'],
    [429, { message: 'slow down' }, 'KUBE_THROTTLED', 'slow down'],
    [500, { message: 'webhook "x" is down' }, 'KUBE_SERVER_ERROR', 'webhook "x" is down'],
    [504, { message: 'late' }, 'KUBE_TIMEOUT', 'late'],
    [302, {}, 'KUBE_SERVER_ERROR', ''],
  ])('%d %j is %s', async (status, body, code, said) => {
    const { transport } = await connected((_request, response) => json(response, status, body));
    const expected = { name: 'KubeError', code, status, said, request: `GET ${path}` };
    await expect(transport.request({ method: 'GET', path })).rejects.toMatchObject(expected);
    await expect(transport.stream({ method: 'GET', path })).rejects.toMatchObject(expected);
  });

  test('says how long to wait', async () => {
    const { transport } = await connected((_request, response) => json(response, 429, {}, { 'retry-after': '7' }));
    await expect(transport.request({ method: 'GET', path })).rejects.toMatchObject({ retryAfterMs: 7_000 });
  });

  test('that is no JSON is told in short', async () => {
    const { transport } = await connected((_request, response) => response.writeHead(502).end('<h1>proxy</h1>'));
    await expect(transport.request({ method: 'GET', path })).rejects.toMatchObject({
      code: 'KUBE_SERVER_ERROR',
      said: '<h1>proxy</h1>',
    });
  });
});

test('an answer that is no JSON is unreadable', async () => {
  const { transport } = await connected((_request, response) => response.end('hello'));
  await expect(transport.request({ method: 'GET', path })).rejects.toMatchObject({ code: 'KUBE_UNREADABLE' });
});

test('a server that is not there is unreachable', async () => {
  const { transport, server } = await connected((_request, response) => response.end('{}'));
  server.server.close();
  await expect(transport.request({ method: 'GET', path })).rejects.toMatchObject({
    code: 'KUBE_UNREACHABLE',
    status: 0,
  });
});

test('a body that is cut in the middle throws from the iterator, after what came before it', async () => {
  const { transport } = await connected((_request, response) => {
    response.writeHead(200);
    response.write('{"type":"ADDED"}\n', () => setImmediate(() => response.destroy()));
  });
  const seen: string[] = [];
  const read = async () => {
    for await (const chunk of await transport.stream({ method: 'GET', path })) seen.push(Buffer.from(chunk).toString());
  };
  await expect(read()).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
  expect(seen).toEqual(['{"type":"ADDED"}\n']);
  await expect(transport.request({ method: 'GET', path })).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
});

test('whoever aborts gets the own reason back, before, during and after the headers', async () => {
  const { transport } = await connected((_request, response) => {
    response.writeHead(200);
    response.write('x');
  });
  const reason = new Error('enough');
  await expect(transport.request({ method: 'GET', path, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const later = new AbortController();
  const chunks = await transport.stream({ method: 'GET', path, signal: later.signal });
  const read = async () => {
    for await (const _chunk of chunks) later.abort(reason);
  };
  await expect(read()).rejects.toBe(reason);
});

test('a stream that nobody reads, or that somebody leaves, ends without harm', async () => {
  let closed = 0;
  const { transport } = await connected((_request, response) => {
    response.on('close', () => {
      closed += 1;
    });
    response.writeHead(200);
    response.write('x');
  });
  const unread = new AbortController();
  await transport.stream({ method: 'GET', path, signal: unread.signal });
  unread.abort();
  for await (const _chunk of await transport.stream({ method: 'GET', path })) break;
  await expect.poll(() => closed).toBe(2);
});

test('closing cuts what still runs', async () => {
  const { transport } = await connected((_request, response) => {
    response.writeHead(200);
    response.write('x');
  });
  const chunks = await transport.stream({ method: 'GET', path });
  const read = async () => {
    for await (const _chunk of chunks) await transport.close();
  };
  await expect(read()).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
});

test('each request is told to whoever counts, without names', async () => {
  const observations: RequestObservation[] = [];
  const { transport } = await connected((_request, response) => json(response, 403, {}), {
    onRequest: (observation) => observations.push(observation),
  });
  await expect(transport.request({ method: 'GET', path: `${path}/web-1` })).rejects.toThrow('KUBE_FORBIDDEN');
  expect(observations).toEqual([{ method: 'GET', resource: 'pods', status: 403, ms: 0 }]);
});

describe('credentials', () => {
  /** Accepts one token, which the test changes. */
  async function guarded() {
    const state = { token: 'first', seen: [] as (string | undefined)[] };
    const connection = await connected((request, response) => {
      state.seen.push(request.headers.authorization);
      json(response, request.headers.authorization === `Bearer ${state.token}` ? 200 : 401, {});
    });
    return { state, ...connection };
  }

  test('a refused token is read again at once, and the request repeated once', async () => {
    const { state, files, transport } = await guarded();
    await transport.request({ method: 'GET', path });
    state.token = 'second';
    await writeFile(files.token, 'second');
    await transport.request({ method: 'PUT', path, body: {} });
    expect(state.seen).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
  });

  test('a token that is refused and has not changed is not sent again', async () => {
    const { state, transport } = await guarded();
    state.token = 'another';
    await expect(transport.request({ method: 'GET', path })).rejects.toMatchObject({ code: 'KUBE_UNAUTHORIZED' });
    expect(state.seen).toEqual(['Bearer first']);
  });

  test('a token is read again after a minute, whatever the server says', async () => {
    const { state, files, clock, transport } = await guarded();
    await transport.request({ method: 'GET', path });
    await writeFile(files.token, 'second');
    state.token = 'second';
    await clock.advance(60_000);
    await transport.request({ method: 'GET', path });
    expect(state.seen).toEqual(['Bearer first', 'Bearer second']);
  });

  test('while files cannot be read the last credentials serve; when refused, the reason is told', async () => {
    const { state, files, clock, transport } = await guarded();
    await transport.request({ method: 'GET', path });
    await rm(files.token);
    await clock.advance(61_000);
    await transport.request({ method: 'GET', path });
    state.token = 'second';
    await expect(transport.request({ method: 'GET', path })).rejects.toMatchObject({
      code: 'KUBE_UNAUTHORIZED',
      said: expect.stringContaining('cannot be read'),
    });
  });

  test('a server with a new certificate is trusted as soon as the CA file says so, and not before', async () => {
    const { server, files, clock, transport } = await connected((_request, response) => json(response, 200, {}));
    await transport.request({ method: 'GET', path });
    const renewed = selfSignedCertificate('second');
    server.server.setSecureContext(renewed);
    server.server.closeAllConnections();
    await expect(transport.request({ method: 'GET', path })).rejects.toMatchObject({ code: 'KUBE_UNREACHABLE' });
    await writeFile(files.ca, renewed.cert);
    // Not the minute after which everything is read again: the failed handshake is the occasion.
    await clock.advance(1_000);
    await expect(transport.request({ method: 'GET', path })).resolves.toEqual({});
  });

  test('a running watch survives a change of the CA, and new requests use new connections', async () => {
    const watches: ServerResponse[] = [];
    const { server, files, clock, transport } = await connected((request, response) => {
      if (request.url !== '/watch') return json(response, 200, {});
      response.writeHead(200).write('one');
      watches.push(response);
    });
    const chunks = (await transport.stream({ method: 'GET', path: '/watch' }))[Symbol.asyncIterator]();
    const next = async () => Buffer.from((await chunks.next()).value ?? []).toString();
    expect(await next()).toBe('one');
    await transport.request({ method: 'GET', path });
    expect(server.connections).toBe(2);
    await writeFile(files.ca, `${await readFile(files.ca, 'utf8')}${selfSignedCertificate('more').cert}`);
    await clock.advance(60_000);
    await transport.request({ method: 'GET', path });
    expect(server.connections).toBe(3);
    watches[0]?.end('two');
    expect(await next()).toBe('two');
    expect((await chunks.next()).done).toBe(true);
  });
});

describe('a kubeconfig', () => {
  const clock = createVirtualClock();

  test('that is missing is told with its path', () => {
    expect(() => loadCredentials({ kubeconfig: '/nowhere/config', clock })).toThrow('/nowhere/config');
  });

  test('without the context that is asked for is refused', async () => {
    const { config } = await kubeconfig('https://127.0.0.1:1', selfSignedCertificate('x'));
    expect(() => loadCredentials({ kubeconfig: config, context: 'other', clock })).toThrow('context "other"');
  });

  test('with a client certificate, a user name or no credentials at all is read as it is', async () => {
    const { cert, key } = selfSignedCertificate('admin');
    const { config } = await kubeconfig('https://127.0.0.1:1/base/', selfSignedCertificate('x'));
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const users = [
      { name: 'cert', user: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) } },
      { name: 'basic', user: { username: 'a', password: 'b' } },
      { name: 'nobody', user: {} },
    ];
    const cluster = {
      server: 'https://127.0.0.1:1/base/',
      'tls-server-name': 'kube',
      'insecure-skip-tls-verify': true,
    };
    const contexts = users.map(({ name }) => ({ name, context: { cluster: 'c', user: name } }));
    await writeFile(config, stringify({ clusters: [{ name: 'c', cluster }], users, contexts }));
    const identityOf = (context: string) => loadCredentials({ kubeconfig: config, context, clock }).current();
    const tls = { servername: 'kube', rejectUnauthorized: false };
    expect(await identityOf('cert')).toMatchObject({ cert, key, headers: {}, ...tls });
    expect(await identityOf('basic')).toMatchObject({ headers: { authorization: 'Basic YTpi' } });
    expect((await identityOf('nobody')).headers).toEqual({});
  });
});
