import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { gatherMs } from '../catalog/changes.ts';
import { eventsIn } from '../testing/event-reader.ts';
import { createGateway, type Gateway } from '../testing/fixture.ts';
import { entryOf, networkConstraint, reportObject } from '../testing/objects.ts';
import type { CallRecord } from './calls.ts';
import { listen } from './server.ts';

const many = Array.from({ length: 400 }, (_, index) =>
  entryOf(networkConstraint('shop', `policy-${index}-${'x'.repeat(200)}`)),
);

async function serve() {
  const records: CallRecord[] = [];
  const gateway = createGateway({
    objects: [reportObject('shop', [])],
    rights: { reader: ['get constraintreports shop'] },
    onCall: (record) => records.push(record),
  });
  const { clock } = gateway;
  const server = await listen({
    fetch: gateway.fetch,
    host: '127.0.0.1',
    port: 0,
    clock,
    log: pino({ level: 'silent' }),
  });
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    gateway.streams.close();
    stopped ??= Promise.resolve(server[Symbol.asyncDispose]());
    await stopped;
  };
  onTestFinished(async () => {
    const stopping = stop();
    await clock.advance(5_000);
    await stopping;
  });
  return { gateway, records, stop, port: server.port };
}

async function ask(port: number, path: string, method = 'GET'): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer reader\r\n\r\n`);
  return socket;
}

/** Everything of the report comes or goes, again and again, until it holds. */
async function changeUntil(gateway: Gateway, holds: () => boolean): Promise<void> {
  for (let round = 0; !holds(); round += 1) {
    if (round > 2_000) throw new Error('what was waited for did not happen');
    gateway.put(reportObject('shop', round % 2 === 0 ? many : []));
    await gateway.clock.advance(gatherMs);
    await gateway.clock.settle();
  }
}

test('headers and a first comment come before anything has happened', async () => {
  const { port } = await serve();
  const socket = await ask(port, '/sse');
  const [bytes] = await once(socket, 'data');
  const text = String(bytes);
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(text).toMatch(/\r\ncontent-type: text\/event-stream\r\n/i);
  expect(text).toMatch(/\r\nx-accel-buffering: no\r\n/i);
  expect(text).toMatch(/\r\n\r\n[\da-f]+\r\n: [^\n]+\n\n\r\n$/);
});

test('a reader that reads gets every event, however many there are', async () => {
  const { port, gateway } = await serve();
  const response = await fetch(`http://127.0.0.1:${port}/events`, { headers: { authorization: 'Bearer reader' } });
  const reader = response.body?.getReader();
  let text = '';
  const events = async () => {
    const part = await reader?.read();
    text += Buffer.from(part?.value ?? []).toString();
    return text.match(/^data: /gm)?.length ?? 0;
  };
  gateway.put(reportObject('shop', many));
  await gateway.clock.advance(gatherMs);
  while ((await events()) < many.length) await gateway.clock.advance(1);
  await reader?.cancel();
  expect(new Set(eventsIn(text).map(({ data }) => data.constraintName))).toEqual(new Set(many.map(({ name }) => name)));
});

test('a reader that takes nothing is cut off', async () => {
  const { port, gateway, records } = await serve();
  const socket = await ask(port, '/events?namespace=shop');
  socket.pause();
  const closed = once(socket, 'close');
  await changeUntil(gateway, () => records.length > 0);
  expect(records).toMatchObject([{ name: 'events', outcome: 'DEADLINE_EXCEEDED', status: 200, namespace: 'shop' }]);
  await gateway.clock.advance(2_000);
  socket.resume();
  await closed;
});

test('a reader that goes leaves nothing behind', async () => {
  const { port, gateway, records } = await serve();
  const { waiting } = gateway.clock;
  const socket = await ask(port, '/events');
  await once(socket, 'data');
  socket.resetAndDestroy();
  while (records.length === 0) await gateway.clock.settle();
  expect(records).toMatchObject([{ name: 'events', outcome: 'OK' }]);
  // One turn still finds that nobody is left.
  await gateway.clock.advance(1_000);
  expect(gateway.clock.waiting).toBe(waiting);
});

test('streams end at once when the gateway stops, with a word of why, and the server waits for none', async () => {
  const { port, stop } = await serve();
  const response = await fetch(`http://127.0.0.1:${port}/sse`, { headers: { authorization: 'Bearer reader' } });
  await stop();
  expect(await response.text()).toMatch(/\n\n: closed: the gateway stops\n\n$/);
});

test('HEAD opens no stream, and the connection serves on', async () => {
  const { port } = await serve();
  const socket = await ask(port, '/sse', 'HEAD');
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
  socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
});
