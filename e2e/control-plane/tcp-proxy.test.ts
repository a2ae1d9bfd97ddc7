import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

let echo: Server;
let echoPort: number;
let received: string;
let proxy: TcpProxy;
const sockets: Socket[] = [];

beforeEach(async () => {
  received = '';
  echo = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {}); // a cut is a reset here too
    socket.on('data', (data) => {
      received += data;
      socket.write(data);
    });
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const address = echo.address();
  echoPort = typeof address === 'object' && address !== null ? address.port : 0;
  proxy = await startTcpProxy({ host: '127.0.0.1', port: echoPort });
});
afterEach(async () => {
  await proxy.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  echo.close();
});

async function client(): Promise<{ socket: Socket; said: () => string }> {
  const socket = connect(proxy.port, '127.0.0.1').setEncoding('utf8');
  let said = '';
  socket.on('data', (text: string) => {
    said += text;
  });
  socket.on('error', () => {}); // `cut` resets; the tests look at 'close'
  sockets.push(socket);
  await once(socket, 'connect');
  return { socket, said: () => said };
}

/** Unlike `once`, this takes an error before the close for what it is here: a reset. */
const closing = (socket: Socket) => new Promise((resolve) => void socket.once('close', resolve));

test('moves bytes both ways, and an end on one side is an end on the other', async () => {
  const { socket, said } = await client();
  socket.write('hello');
  await expect.poll(() => said()).toBe('hello');
  expect(proxy.connections).toBe(1);
  socket.end();
  await once(socket, 'close');
  await expect.poll(() => proxy.connections).toBe(0);
});

test('a stalled proxy keeps old and new connections and moves nothing until it flows again', async () => {
  const old = await client();
  old.socket.write('1');
  await expect.poll(() => old.said()).toBe('1');
  proxy.stall();
  old.socket.write('2');
  const late = await client();
  late.socket.write('3');
  // A connection past the proxy makes sure that the target had its chance to receive.
  const direct = connect(echoPort, '127.0.0.1');
  sockets.push(direct);
  direct.write('direct');
  await once(direct, 'data');
  expect(received).toBe('1direct');
  expect(proxy.connections).toBe(2);
  proxy.flow();
  await expect.poll(() => [old.said(), late.said()]).toEqual(['12', '3']);
});

test('a cut closes every connection, stalled or not, and new ones are welcome', async () => {
  const first = await client();
  proxy.stall();
  const closed = closing(first.socket);
  proxy.cut();
  await closed;
  expect(proxy.connections).toBe(0);
  proxy.flow();
  const second = await client();
  second.socket.write('again');
  await expect.poll(() => second.said()).toBe('again');
});

test('refuses new connections on demand while the current ones live on', async () => {
  const current = await client();
  await proxy.refuse(true);
  const refused = connect(proxy.port, '127.0.0.1');
  await expect(once(refused, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  current.socket.write('still here');
  await expect.poll(() => current.said()).toBe('still here');
  await proxy.refuse(false);
  const { socket, said } = await client();
  socket.write('back');
  await expect.poll(() => said()).toBe('back');
});

test('a client learns that the target is gone', async () => {
  echo.close();
  const { socket, said } = await client();
  await closing(socket);
  expect(said()).toBe('');
});
