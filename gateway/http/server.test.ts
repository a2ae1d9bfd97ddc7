import { connect } from 'node:net';
import { once } from 'node:events';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock as clock } from '../../kube/clock.ts';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { listen } from './server.ts';

const log = pino({ level: 'silent' });

test('requests in flight end before the server has stopped, and no new ones are taken', async () => {
  const asked = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const server = await listen({
    fetch: async () => {
      asked.resolve();
      await finish.promise;
      return new Response('done');
    },
    host: '127.0.0.1',
    port: 0,
    clock,
    log,
  });
  const answer = fetch(`http://127.0.0.1:${server.port}/`);
  await asked.promise;
  const stopped = server[Symbol.asyncDispose]();
  await expect(fetch(`http://127.0.0.1:${server.port}/`)).rejects.toThrow('fetch failed');
  finish.resolve();
  expect(await (await answer).text()).toBe('done');
  await stopped;
});

test('headers without end are refused', async () => {
  const server = await listen({ fetch: () => new Response('done'), host: '127.0.0.1', port: 0, clock, log });
  const socket = connect(server.port, '127.0.0.1');
  socket.setEncoding('utf8');
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(40_000)}\r\n`);
  await once(socket, 'close');
  expect(text).toMatch(/^HTTP\/1\.1 431 /);
  await server[Symbol.asyncDispose]();
});

test('a port that is taken is said at once', async () => {
  const server = await listen({ fetch: () => new Response(), host: '127.0.0.1', port: 0, clock, log });
  const second = listen({ fetch: () => new Response(), host: '127.0.0.1', port: server.port, clock, log });
  await expect(second).rejects.toThrow('EADDRINUSE');
  await server[Symbol.asyncDispose]();
});

/** All that the server says to these bytes, until it closes the connection. */
async function talk(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('utf8');
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.write(bytes);
  await once(socket, 'close');
  return text;
}

test.each([
  ['no Host header', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  ['a Host that is none', 'GET / HTTP/1.1\r\nHost: local host/x\r\nConnection: close\r\n\r\n', 400],
  ['a question about the server itself', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 400],
  ['what is no HTTP', 'hello\r\n\r\n', 400],
  ['headers that are too large', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
])('%s is refused as the contract says', async (_what, bytes, status) => {
  const server = await listen({ fetch: () => new Response('done'), host: '127.0.0.1', port: 0, clock, log });
  onTestFinished(async () => server[Symbol.asyncDispose]());
  const text = await talk(server.port, bytes);
  const [head = '', body = ''] = text.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(head.toLowerCase()).toContain('content-type: application/json');
  expect(JSON.parse(body)).toEqual({ error: expect.any(String), code: 'INVALID_REQUEST' });
});

test('what goes wrong in an answer is told to the log alone', async () => {
  const lines: string[] = [];
  const server = await listen({
    fetch: async () => Promise.reject(new Error('secret detail')),
    host: '127.0.0.1',
    port: 0,
    clock,
    log: pino({ level: 'error' }, { write: (line: string) => void lines.push(line) }),
  });
  onTestFinished(async () => server[Symbol.asyncDispose]());
  const response = await fetch(`http://127.0.0.1:${server.port}/`);
  expect([response.status, await response.json()]).toMatchObject([500, { code: 'INTERNAL' }]);
  expect(lines.join('')).toContain('secret detail');
});

test.each(['', 'GET / HTTP/1.1\r\nHost: local'])('a connection that says %j is not waited for', async (said) => {
  // No time passes on this clock, so that the server cannot have waited for the end of its patience.
  const server = await listen({
    fetch: () => new Response('done'),
    host: '127.0.0.1',
    port: 0,
    clock: createVirtualClock(),
    log,
  });
  const [socket, other] = [connect(server.port, '127.0.0.1'), connect(server.port, '127.0.0.1')];
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  socket.write(said);
  // Served after the silent one has been taken.
  other.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(other, 'data');
  await server[Symbol.asyncDispose]();
  await closed;
  expect(socket.closed).toBe(true);
});
