/**
 * Listening sockets with the limits that keep slow or hostile peers from holding them.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Clock } from '../../kube/clock.ts';

const limits = {
  maxHeaderSize: 16_384,
  headersTimeout: 5_000,
  /** For the request with its body; the answer has its own deadline. */
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 65_000,
  highWaterMark: 65_536,
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
}): Promise<Listening> {
  const { fetch, host, clock } = options;
  const handle = getRequestListener(fetch);
  const inFlight = new Set<ServerResponse>();
  let closing = false;
  const server = createServer(limits, (incoming, outgoing) => {
    inFlight.add(outgoing);
    outgoing.once('close', () => inFlight.delete(outgoing));
    if (closing) endConnection(outgoing);
    // The listener answers errors of its own with a response, so nothing is left to handle here.
    void handle(incoming, outgoing);
  });
  server.maxConnections = connectionsMax;
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
      await close(server, clock);
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

/** Takes no new connections, lets requests in flight end, and cuts what does not end in time. */
async function close(server: Server, clock: Clock): Promise<void> {
  const cancel = clock.after(drainMs, () => server.closeAllConnections());
  await new Promise<void>((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeIdleConnections();
  });
  cancel();
}
