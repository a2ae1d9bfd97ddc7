/**
 * Answers to what never becomes a request that the routes could answer: bytes that are no HTTP, CONNECT, expectations.
 */
import { Buffer } from 'node:buffer';
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../errors.ts';

export const headerBytesMax = 16_384;

interface Unrequested {
  readonly status: number;
  readonly error: string;
  readonly code: ErrorCode;
}

const badRequest: Unrequested = { status: 400, error: 'This is no HTTP request.', code: 'INVALID_REQUEST' };

/** By the code of the error of Node's HTTP parser or of its timers; everything else is a bad request. */
const byErrorCode: Readonly<Record<string, Unrequested>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { ...badRequest, status: 408, error: 'The request took too long to arrive.' },
  HPE_HEADER_OVERFLOW: {
    ...badRequest,
    status: 431,
    error: `The request line and the headers are larger than ${headerBytesMax} bytes.`,
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { ...badRequest, status: 413, error: 'The extensions of a chunk are too large.' },
};

/** What is said to a peer whose bytes ended in this error. */
export function unrequestedOf(errorCode: string | undefined): Unrequested {
  return byErrorCode[errorCode ?? ''] ?? badRequest;
}

export const noTunnel: Unrequested = { status: 405, error: 'This is no proxy.', code: 'METHOD_NOT_ALLOWED' };
export const noExpectation: Unrequested = {
  status: 417,
  error: 'Of what a client may expect, 100-continue is all there is.',
  code: 'INVALID_REQUEST',
};

function partsOf({ error, code }: Unrequested) {
  const body = Buffer.from(JSON.stringify({ error, code }));
  const headers = {
    Connection: 'close',
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': String(body.length),
  };
  return { body, headers };
}

/** Says it on a connection that has no response of its own, and ends it. */
export function endConnectionWith(socket: Duplex, said: Unrequested): void {
  const { body, headers } = partsOf(said);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${said.status} ${STATUS_CODES[said.status] ?? ''}\r\n${lines.join('')}\r\n${body.toString()}`);
}

/** Says it as the answer to a request that is not passed on; the connection ends with it. */
export function refuse(outgoing: ServerResponse, said: Unrequested): void {
  const { body, headers } = partsOf(said);
  outgoing.writeHead(said.status, headers).end(body);
}

/** Says what is wrong with the request itself. */
export function refuseRequest(outgoing: ServerResponse, error: string): void {
  refuse(outgoing, { ...badRequest, error });
}
