import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { systemClock as clock } from '../../kube/clock.ts';
import { listen } from './server.ts';

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
  const server = await listen({ fetch: () => new Response('done'), host: '127.0.0.1', port: 0, clock });
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
  const server = await listen({ fetch: () => new Response(), host: '127.0.0.1', port: 0, clock });
  const second = listen({ fetch: () => new Response(), host: '127.0.0.1', port: server.port, clock });
  await expect(second).rejects.toThrow('EADDRINUSE');
  await server[Symbol.asyncDispose]();
});
