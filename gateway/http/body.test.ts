import { systemClock } from '../../kube/clock.ts';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import { entryOf, networkConstraint, reportObject } from '../testing/objects.ts';
import { answersIn, head, openConnection, talk } from '../testing/raw-connection.ts';
import { bodyBytesMax, bodyDepthMax } from './body.ts';
import { listen } from './server.ts';

const objects = [reportObject('shop', [entryOf(networkConstraint('shop', 'db-in'))])];
const gatewayOf = () => createGateway({ objects, rights: rightsOf('shop') });

async function send(body: string | ReadableStream<Uint8Array>): Promise<[status: number, code: unknown]> {
  const response = await gatewayOf().request('/tools/potoo_query', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer reader' },
    body,
    duplex: 'half',
  });
  const parsed: unknown = await response.json();
  return [response.status, typeof parsed === 'object' && parsed !== null && 'code' in parsed ? parsed.code : undefined];
}

const nested = (depth: number, open = '[', close = ']') =>
  `{"namespace":"shop","x":${open.repeat(depth)}${open.endsWith(':') ? 'null' : ''}${close.repeat(depth)}}`;

test('a body may be as deep as the limit and no deeper', async () => {
  expect(await send(nested(bodyDepthMax - 1))).toEqual([200, undefined]);
  expect(await send(nested(bodyDepthMax))).toEqual([400, 'INVALID_REQUEST']);
  expect(await send(nested(bodyDepthMax - 1, '{"a":', '}'))).toEqual([200, undefined]);
  expect(await send(nested(bodyDepthMax, '{"a":', '}'))).toEqual([400, 'INVALID_REQUEST']);
});

test.each([
  ['arrays', nested(130_000)],
  ['objects', nested(40_000, '{"a":', '}')],
  ['arrays that do not end', '['.repeat(bodyBytesMax)],
  ['what ends before it begins', `${']'.repeat(100_000)}${'['.repeat(100_000)}`],
])('as deep as a body can be: %s', async (_what, body) => {
  expect(await send(body)).toEqual([400, 'INVALID_REQUEST']);
});

test('brackets in strings are text', async () => {
  const text = JSON.stringify(`\\"${'[{'.repeat(1_000)}\\`);
  expect(await send(`{"namespace":"shop","${'['.repeat(1_000)}":${text},"y":[]}`)).toEqual([200, undefined]);
});

test('of a body without a length no more is read than the limit', async () => {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        sent += 1_024;
        controller.enqueue(new Uint8Array(1_024).fill(0x20));
      },
    },
    { highWaterMark: 0 },
  );
  expect(await send(body)).toEqual([413, 'BODY_TOO_LARGE']);
  expect(sent).toBe(bodyBytesMax + 1_024);
});

async function start() {
  const gateway = gatewayOf();
  const log = pino({ level: 'silent' });
  const server = await listen({ fetch: gateway.fetch, host: '127.0.0.1', port: 0, clock: systemClock, log });
  onTestFinished(async () => server[Symbol.asyncDispose]());
  return { gateway, port: server.port };
}
const post = (...lines: readonly string[]) =>
  head(
    'POST /tools/potoo_query HTTP/1.1',
    'Host: localhost',
    'Authorization: Bearer reader',
    'Content-Type: application/json',
    ...lines,
  );
const megabyte = 'x'.repeat(1_048_576);

test.each([
  ['announced', 'Content-Length: 10485760', megabyte],
  ['in chunks', 'Transfer-Encoding: chunked', `100000\r\n${megabyte}\r\n`],
])('ten megabytes, %s, are refused while they are sent', async (_what, line, part) => {
  const { port } = await start();
  const { socket, said, closed } = openConnection(port);
  socket.write(post(line, 'Connection: close'));
  for (let sent = 0; sent < 9; sent += 1) socket.write(part);
  // The last tenth is never sent.
  await expect.poll(said).toContain('BODY_TOO_LARGE');
  expect(answersIn(await closed())[0]?.status).toBe(413);
});

test('a body that comes too slowly ends the call, and the connection with it', async () => {
  const { gateway, port } = await start();
  const { socket, closed } = openConnection(port);
  socket.write(`${post('Content-Length: 20')}{"na`);
  await expect.poll(() => gateway.reviews.asked).toContain('token');
  await gateway.clock.advance(3_600);
  const [answer] = answersIn(await closed());
  expect([answer?.status, gateway.records.map(({ outcome }) => outcome)]).toEqual([503, ['DEADLINE_EXCEEDED']]);
});

test('a sender that goes away in the middle of a body leaves nothing behind', async () => {
  const { gateway, port } = await start();
  const { socket } = openConnection(port);
  socket.write(`${post('Content-Length: 20')}{"na`);
  await expect.poll(() => gateway.reviews.asked).toContain('token');
  socket.destroy();
  await expect.poll(() => gateway.records.map(({ outcome }) => outcome)).toEqual(['INVALID_REQUEST']);
  expect((await talk(port, head('GET /healthz HTTP/1.1', 'Host: localhost', 'Connection: close'))).slice(9, 12)).toBe(
    '200',
  );
});

test.each(['gzip', 'GZIP', 'br', 'deflate, gzip', 'identity, gzip'])(
  'a body in the coding %s is not read',
  async (coding) => {
    const response = await gatewayOf().request('/tools/potoo_query', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer reader', 'content-encoding': coding },
      body: '{"namespace":"shop"}',
    });
    expect([response.status, await response.json()]).toMatchObject([415, { code: 'UNSUPPORTED_MEDIA_TYPE' }]);
  },
);
