/**
 * Listening sockets with the limits that keep slow or hostile peers from holding them.
 */
import { Buffer } from 'node:buffer';
import { createServer, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { Clock } from '../../kube/clock.ts';
import type { Log } from '../log.ts';
import { errorResponse, refusalOf } from './errors.ts';

const limits = {
  maxHeaderSize: 16_384,
  headersTimeout: 5_000,
  /** For the request with its body; the answer has its own deadline. */
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 65_000,
  highWaterMark: 65_536,
  /** Node would refuse it with an empty body; the listener refuses it as it does every error. */
  requireHostHeader: false,
};
const connectionsMax = 10_000;
/** How long requests in flight may take once the server stops. */
const drainMs = 5_000;

export interface Listening extends AsyncDisposable {
  readonly port: number;
}

type Fetch = Parameters<typeof getRequestListener>[0];

/** @param options.port 0 for a free one. */
export async function listen(options: {
  readonly fetch: Fetch;
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<Listening> {
  const { fetch, host, clock, log } = options;
  const handle = getRequestListener(fetch, {
    errorHandler: (error) =>
      error instanceof RequestError
        ? errorResponse({ code: 'INVALID_REQUEST', error: 'The request line or its Host header cannot be read.' })
        : errorResponse(refusalOf(error, log)),
  });
  const inFlight = new Set<ServerResponse>();
  const idle = Promise.withResolvers<void>();
  let closing = false;
  const server = createServer(limits, (incoming, outgoing) => {
    inFlight.add(outgoing);
    outgoing.once('close', () => {
      inFlight.delete(outgoing);
      if (closing && inFlight.size === 0) idle.resolve();
    });
    if (closing) endConnection(outgoing);
    // The listener answers errors of its own with a response, so nothing is left to handle here.
    void handle(incoming, outgoing);
  });
  server.maxConnections = connectionsMax;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const answered = [...inFlight].some((outgoing) => outgoing.socket === socket && outgoing.headersSent);
    if (socket.writable && !answered && error.code !== 'ECONNRESET') refuseConnection(socket, error.code);
    else socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: portOf(server),
    async [Symbol.asyncDispose]() {
      closing = true;
      for (const outgoing of inFlight) endConnection(outgoing);
      if (inFlight.size === 0) idle.resolve();
      await close(server, idle, clock);
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return address.port;
}

/** Tells the client not to send more on this connection, which would otherwise stay open after its answer. */
function endConnection(outgoing: ServerResponse): void {
  if (!outgoing.headersSent) outgoing.setHeader('connection', 'close');
}

/** What Node's HTTP parser and its timers do not take, by the code of their error; everything else is a bad request. */
const refusals: Readonly<Record<string, readonly [status: number, error: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long to arrive.'],
  HPE_HEADER_OVERFLOW: [431, `The headers are larger than ${limits.maxHeaderSize} bytes.`],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The extensions of a chunk are too large.'],
};

/** An error of the contract for what never became a request. */
function refuseConnection(socket: Duplex, code: string | undefined): void {
  const [status, error] = refusals[code ?? ''] ?? [400, 'This is no HTTP request.'];
  const body = Buffer.from(JSON.stringify({ error, code: 'INVALID_REQUEST' }));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json',
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    `Content-Length: ${body.length}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body.toString()}`);
}

/**
 * Takes no new connections, and lets requests in flight end. Then cuts the connections that are left: a peer that says
 * nothing, or has not said all, is not waited for.
 */
async function close(server: Server, idle: PromiseWithResolvers<void>, clock: Clock): Promise<void> {
  const cancel = clock.after(drainMs, () => idle.resolve());
  const closed = new Promise<void>((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
  });
  server.closeIdleConnections();
  await idle.promise;
  cancel();
  server.closeAllConnections();
  await closed;
}
