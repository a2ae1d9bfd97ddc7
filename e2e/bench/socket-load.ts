/**
 * The same HTTP request over a few connections that stay open, each with one request at a time. It does no more than it must,
 * on plain sockets: it shares the machine with what it measures, and a full HTTP client would take more than the server.
 */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Clock } from '../../kube/clock.ts';

export interface Load {
  readonly requests: number;
  readonly ms: number;
  /** Of each request, from the write to the last byte of its answer. */
  readonly latenciesMs: readonly number[];
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const endOfHead = Buffer.from('\r\n\r\n');
/** Of an answer in chunks: the last one, which is empty. */
const endOfChunks = '\r\n0\r\n\r\n';

/** The bytes of a POST with a JSON body. */
export function postBytes(url: URL, headers: Readonly<Record<string, string>>, body: string): Buffer {
  const lines = [
    `POST ${url.pathname} HTTP/1.1`,
    `Host: ${url.host}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** One request and its answer in full. */
export async function askOnce(url: URL, request: Buffer): Promise<Answered> {
  const connection = await open(url);
  try {
    const { head, body } = await exchange(connection, request);
    const [statusLine = '', ...lines] = head.split('\r\n');
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    return { status: Number(statusLine.split(' ')[1]), headers: Object.fromEntries(headers), body: body.toString() };
  } finally {
    connection.destroy();
  }
}

/** Sends the request again and again for so long. Throws when an answer is no 200. */
export async function hammer(
  url: URL,
  request: Buffer,
  options: { readonly connections: number; readonly ms: number; readonly clock: Clock },
): Promise<Load> {
  const { clock } = options;
  const connections = await Promise.all(Array.from({ length: options.connections }, () => open(url)));
  const latenciesMs: number[] = [];
  const startedAt = clock.monotonic();
  try {
    await Promise.all(
      connections.map(async (connection) => {
        while (clock.monotonic() - startedAt < options.ms) {
          const sentAt = clock.monotonic();
          const { head } = await exchange(connection, request);
          latenciesMs.push(clock.monotonic() - sentAt);
          if (!head.startsWith('HTTP/1.1 200 ')) throw new Error(`${url.href} answered ${head.slice(0, 200)}`);
        }
      }),
    );
  } finally {
    for (const connection of connections) connection.destroy();
  }
  return { requests: latenciesMs.length, ms: clock.monotonic() - startedAt, latenciesMs };
}

async function open(url: URL): Promise<Socket> {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** Writes a request and reads its answer, which has a Content-Length or comes in chunks; those are left as they are. */
async function exchange(socket: Socket, request: Buffer): Promise<{ readonly head: string; readonly body: Buffer }> {
  const answer = Promise.withResolvers<{ readonly head: string; readonly body: Buffer }>();
  const chunks: Buffer[] = [];
  let length = 0;
  let head: string | undefined;
  let bodyStart = 0;
  let total: number | undefined;
  const onData = (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (head === undefined) {
      const bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks);
      const end = bytes.indexOf(endOfHead);
      if (end < 0) return;
      head = bytes.toString('latin1', 0, end);
      const announced = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
      if (announced === undefined && !/\r\ntransfer-encoding: chunked/i.test(head)) {
        return answer.reject(new Error(`an answer without a length: ${head}`));
      }
      bodyStart = end + endOfHead.length;
      total = announced === undefined ? undefined : bodyStart + Number(announced);
    }
    const isWhole =
      total === undefined ? Buffer.concat(chunks.slice(-2)).toString('latin1').endsWith(endOfChunks) : length >= total;
    if (isWhole) answer.resolve({ head, body: Buffer.concat(chunks).subarray(bodyStart) });
  };
  const onEnd = () => answer.reject(new Error('the server closed the connection'));
  socket.on('data', onData).on('error', answer.reject).on('close', onEnd);
  socket.write(request);
  try {
    return await answer.promise;
  } finally {
    socket.off('data', onData).off('error', answer.reject).off('close', onEnd);
  }
}
