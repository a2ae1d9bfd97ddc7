import { once } from 'node:events';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { head, openConnection } from '../testing/raw-connection.ts';
import { listen } from './server.ts';

/** More than the buffers of two sockets take. */
const answerBytes = 32 * 1_048_576;

async function start(answer: () => Response) {
  const clock = createVirtualClock();
  const server = await listen({ fetch: answer, host: '127.0.0.1', port: 0, clock, log: pino({ level: 'silent' }) });
  onTestFinished(async () => server[Symbol.asyncDispose]());
  const connection = openConnection(server.port);
  connection.socket.write(head('GET / HTTP/1.1', 'Host: localhost'));
  return { clock, server, connection };
}

test('a reader that does not take its answer is cut off, and what waited for it is gone', async () => {
  const { clock, server, connection } = await start(() => new Response('x'.repeat(answerBytes)));
  await once(connection.socket, 'readable');
  connection.socket.pause();
  await clock.advance(30_000);
  expect(server.state()).toMatchObject({ connections: 1, inFlight: 1 });
  await clock.advance(5_000);
  await expect.poll(() => server.state()).toMatchObject({ connections: 0, inFlight: 0 });
});

test('an answer that is still being made is not cut off, however long it takes', async () => {
  const made = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode('first'));
      await made.promise;
      controller.enqueue(new TextEncoder().encode('last'));
      controller.close();
    },
  });
  const { clock, connection } = await start(() => new Response(body));
  await expect.poll(() => connection.said()).toContain('first');
  await clock.advance(3_600_000);
  made.resolve();
  await expect.poll(() => connection.said()).toContain('last');
});

test('a connection that has taken its answer may be used again', async () => {
  const { clock, server, connection } = await start(() => new Response('done'));
  await expect.poll(() => connection.said()).toContain('done');
  await clock.advance(60_000);
  connection.socket.write(head('GET / HTTP/1.1', 'Host: localhost'));
  await expect.poll(() => connection.said()).toMatch(/done[^]*done/);
  expect(server.state()).toMatchObject({ connections: 1, refused: 0 });
});
