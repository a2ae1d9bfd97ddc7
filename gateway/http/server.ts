/**
 * Listening sockets with the limits that keep slow or hostile peers from holding them.
 */
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { Clock } from '../../kube/clock.ts';
import { createCounts } from '../counts.ts';
import type { Log } from '../log.ts';
import { ambiguityOf } from './ambiguity.ts';
import { errorResponse, refusalOf } from './errors.ts';
import { peerOf } from './peers.ts';
import { cutSlowReaders } from './slow-readers.ts';
import { type CertificateFiles, type CertificatePair, followCertificate, readCertificate } from './tls.ts';
import {
  endConnectionWith,
  headerBytesMax,
  noExpectation,
  noTunnel,
  refuse,
  refuseRequest,
  unrequestedOf,
} from './unrequested.ts';

const limits = {
  maxHeaderSize: headerBytesMax,
  headersTimeout: 5_000,
  /** For the request with its body; the answer has its own deadline. */
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 65_000,
  highWaterMark: 65_536,
  /** Node would refuse it with an empty body; the listener refuses it as it does every error. */
  requireHostHeader: false,
};
const tlsLimits = { minVersion: 'TLSv1.2', handshakeTimeout: 5_000 } as const;
const connectionsMax = 10_000;
/** Of one address. Behind a proxy all callers share one, with their streams: hence many, but not enough to shut out others. */
const connectionsOfPeerMax = 2_500;
/** How long requests in flight may take once the server stops. */
const drainMs = 5_000;

export interface ServerState {
  readonly connections: number;
  readonly inFlight: number;
  /** Connections that were cut at once, since the start. */
  readonly refused: number;
  /** Milliseconds since the epoch; undefined without TLS. */
  readonly certificateExpiresAt: number | undefined;
}

export interface Listening extends AsyncDisposable {
  readonly port: number;
  state(): ServerState;
}

type Fetch = Parameters<typeof getRequestListener>[0];

/**
 * @param options.port 0 for a free one.
 * @param options.tls HTTPS with the certificate in these files; plain HTTP when absent.
 */
export async function listen(options: {
  readonly fetch: Fetch;
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly tls?: CertificateFiles | undefined;
}): Promise<Listening> {
  const { fetch, host, clock, log, tls } = options;
  const handle = getRequestListener(fetch, {
    errorHandler: (error) =>
      error instanceof RequestError
        ? errorResponse({ code: 'INVALID_REQUEST', error: 'The request line or its Host header cannot be read.' })
        : errorResponse(refusalOf(error, log)),
  });
  const inFlight = new Set<ServerResponse>();
  const idle = Promise.withResolvers<void>();
  /** Connections that end with the answer to such a request: what has come behind it may be a part of it. */
  const ambiguous = new WeakSet<Socket>();
  let closing = false;
  const onRequest: RequestListener = (incoming, outgoing) => {
    if (ambiguous.has(incoming.socket)) return;
    const ambiguity = ambiguityOf(incoming);
    if (ambiguity !== undefined) {
      ambiguous.add(incoming.socket);
      return refuseRequest(outgoing, ambiguity);
    }
    inFlight.add(outgoing);
    outgoing.on('close', () => {
      inFlight.delete(outgoing);
      if (closing && inFlight.size === 0) idle.resolve();
    });
    if (closing) endConnection(outgoing);
    // The listener answers errors of its own with a response, so nothing is left to handle here.
    void handle(incoming, outgoing);
  };

  await using started = new AsyncDisposableStack();
  let certificate: CertificatePair | undefined;
  let server: Server | TlsServer;
  if (tls === undefined) {
    server = createServer(limits, onRequest);
  } else {
    certificate = await readCertificate(tls);
    const secure = createTlsServer(
      { ...limits, ...tlsLimits, cert: certificate.cert, key: certificate.key },
      onRequest,
    );
    const onChange = (pair: CertificatePair) => {
      secure.setSecureContext({ ...tlsLimits, cert: pair.cert, key: pair.key });
      certificate = pair;
    };
    started.use(followCertificate(tls, { initial: certificate, clock, log, onChange }));
    server = secure;
  }
  // Node leaves out what is more than so many, and says nothing; their size is bounded anyway.
  server.maxHeadersCount = 0;
  server.maxConnections = connectionsMax;
  const connections = countConnections(server);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const answered = inFlight.values().some((outgoing) => outgoing.socket === socket && outgoing.headersSent);
    const { code = '' } = error;
    const speaks = code !== 'ECONNRESET' && !code.startsWith('ERR_SSL_') && !code.startsWith('ERR_TLS_');
    if (socket.writable && !answered && speaks) endConnectionWith(socket, unrequestedOf(code));
    else socket.destroy();
  });
  server.on('connect', (_request, socket) => endConnectionWith(socket, noTunnel));
  server.on('checkExpectation', (_request, outgoing) => refuse(outgoing, noExpectation));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  started.use(cutSlowReaders(inFlight, clock));
  const followers = started.move();
  return {
    port: portOf(server),
    state: () => ({
      ...connections(),
      inFlight: inFlight.size,
      certificateExpiresAt: certificate?.expiresAt,
    }),
    async [Symbol.asyncDispose]() {
      closing = true;
      await followers.disposeAsync();
      for (const outgoing of inFlight) endConnection(outgoing);
      if (inFlight.size === 0) idle.resolve();
      await close(server, idle, clock);
    },
  };
}

function portOf(server: Server | TlsServer): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return address.port;
}

/** Cuts those of an address that has too many. @returns How many there are, and how many were cut. */
function countConnections(server: Server | TlsServer): () => Pick<ServerState, 'connections' | 'refused'> {
  const ofPeer = createCounts(connectionsOfPeerMax);
  let connections = 0;
  let refused = 0;
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket.remoteAddress);
    if (!ofPeer.add(peer)) {
      refused += 1;
      socket.destroy();
      return;
    }
    connections += 1;
    socket.once('close', () => {
      connections -= 1;
      ofPeer.remove(peer);
    });
  });
  server.on('drop', () => {
    refused += 1;
  });
  return () => ({ connections, refused });
}

/** Tells the client not to send more on this connection, which would otherwise stay open after its answer. */
function endConnection(outgoing: ServerResponse): void {
  if (!outgoing.headersSent) outgoing.setHeader('connection', 'close');
}

/**
 * Takes no new connections, and lets requests in flight end. Then cuts the connections that are left: a peer that says
 * nothing, or has not said all, is not waited for.
 */
async function close(server: Server | TlsServer, idle: PromiseWithResolvers<void>, clock: Clock): Promise<void> {
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
