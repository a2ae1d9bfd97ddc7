/**
 * Requests that wait on one connection behind others, with the connection going away meanwhile.
 */
import { once } from 'node:events';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { type Clock, systemClock } from '../../kube/clock.ts';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import { createGateway } from '../testing/fixture.ts';
import { entryOf, networkConstraint, reportObject } from '../testing/objects.ts';
import { head, openConnection } from '../testing/raw-connection.ts';
import { listen } from './server.ts';
import { readerMsMax } from './slow-readers.ts';
import { untakenBytesMax } from './untaken.ts';

async function serve(
  clock: Clock = systemClock,
  objects = [reportObject('shop', [entryOf(networkConstraint('shop', 'db-in'))])],
) {
  const gateway = createGateway({
    objects,
    rights: { reader: ['get constraintreports shop'] },
  });
  const log = pino({ level: 'silent' });
  const server = await listen({ fetch: gateway.fetch, host: '127.0.0.1', port: 0, clock, log });
  onTestFinished(async () => {
    gateway.streams.close();
    await server[Symbol.asyncDispose]();
  });
  return { gateway, server };
}

const get = (path: string) => head(`GET ${path} HTTP/1.1`, 'Host: localhost', 'Authorization: Bearer reader');

test('answers that wait behind a stream are gone with its connection', async () => {
  const { gateway, server } = await serve();
  const { socket, said } = openConnection(server.port);
  socket.write(get('/events') + get('/resources/reports/shop').repeat(20) + get('/events').repeat(3));
  await expect.poll(said).toContain('\n: ');
  await expect.poll(() => gateway.records.length).toBe(20);
  expect(server.state().inFlight).toBe(24);
  socket.destroy();
  await once(socket, 'close');
  await expect.poll(() => server.state()).toMatchObject({ connections: 0, inFlight: 0 });
  // The streams are over, too, and count no more.
  await expect.poll(() => gateway.records.filter(({ name }) => name === 'events').length).toBe(4);
});

test('answers that wait behind a stream are not kept for as long as it lasts', async () => {
  const clock = createVirtualClock();
  const { gateway, server } = await serve(clock);
  const { socket, said } = openConnection(server.port);
  socket.write(get('/events') + get('/resources/reports/shop'));
  await expect.poll(said).toContain('\n: ');
  await expect.poll(() => gateway.records.length).toBe(1);
  const closed = once(socket, 'close');
  await clock.advance(readerMsMax + 10_000);
  await closed;
  await expect.poll(() => server.state().inFlight).toBe(0);
});

test('who asks for very much and reads nothing is answered no more until it has, and others are', async () => {
  const size = 2_000_000;
  const entry = entryOf(networkConstraint('shop', 'db-in'), { message: 'x'.repeat(size) });
  const { gateway, server } = await serve(systemClock, [reportObject('shop', [entry])]);
  const count = Math.ceil(untakenBytesMax / size);
  const { socket } = openConnection(server.port);
  socket.pause();
  socket.write(get('/resources/reports/shop').repeat(count + 40));
  await expect.poll(() => gateway.records.length).toBe(count + 40);
  const outcomes = Map.groupBy(gateway.records, ({ outcome }) => outcome);
  expect([...outcomes.keys()].toSorted()).toEqual(['OK', 'RATE_LIMITED']);
  // What the buffers of the two sockets have taken is taken.
  expect(outcomes.get('OK')?.length).toBeLessThan(count + 20);
  const ask = async (user: string) =>
    fetch(`http://127.0.0.1:${server.port}/resources/reports/shop`, { headers: { authorization: `Bearer ${user}` } });
  gateway.reviews.rights['other'] = ['get constraintreports shop'];
  expect((await ask('other')).status).toBe(200);
  socket.resume();
  await expect.poll(async () => (await ask('reader')).status).toBe(200);
  socket.destroy();
});
