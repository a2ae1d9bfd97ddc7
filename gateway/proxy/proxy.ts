/**
 * A listener on loopback that passes requests to a gateway and adds a person's credentials, for clients that cannot send
 * headers. Whoever reaches it speaks for that person: so it listens on 127.0.0.1 alone, and pages of other sites, under
 * whatever name they reach it, are refused as the gateway refuses them.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { ambiguityOf } from '../http/ambiguity.ts';
import { endConnectionWith, headerBytesMax, noTunnel } from '../http/unrequested.ts';
import { createLoopbackPolicy } from '../person/loopback.ts';
import { failureOf, type Upstream } from '../upstream.ts';
import { backHeaders, forwardHeaders, hasBody } from './headers.ts';
import type { TokenSource } from './token.ts';

const limits = {
  maxHeaderSize: headerBytesMax,
  headersTimeout: 5_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
  requireHostHeader: false,
};
export const connectionsMax = 256;
/** Of a request: more than the gateway takes of any. */
export const bodyBytesMax = 8 * 1_048_576;

export interface ProxyOptions {
  /** The gateway; may have a path. */
  readonly server: URL;
  readonly upstream: Upstream;
  readonly token: TokenSource;
  /** Of 127.0.0.1; 0 for a free one. */
  readonly port: number;
  /** Says something to the person who started it. */
  readonly say: (sentence: string) => void;
}

export interface Proxy extends AsyncDisposable {
  readonly port: number;
}

/** Begins to listen. Rejects when the port is taken. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const { server: gateway, upstream, token, say } = options;
  const hosts = createLoopbackPolicy({ pages: 'of this machine' });
  const basePath = gateway.pathname.replace(/\/$/, '');

  function refusedRequest(incoming: IncomingMessage): { status: number; error: string; code: string } | undefined {
    const error = ambiguityOf(incoming);
    if (error !== undefined) return { status: 400, error, code: 'INVALID_REQUEST' };
    if (incoming.url?.startsWith('/') !== true) {
      return { status: 400, error: 'Ask here for paths, as of any server.', code: 'INVALID_REQUEST' };
    }
    if (leavesItsPath(incoming.url)) {
      return { status: 400, error: 'Ask here for paths without . and .. in them.', code: 'INVALID_REQUEST' };
    }
    // Its answer is the request itself, with the credentials that were added to it.
    if (incoming.method === 'TRACE') {
      return { status: 405, error: 'This proxy passes no TRACE on.', code: 'METHOD_NOT_ALLOWED' };
    }
    const { host = '', origin, 'sec-fetch-site': site, 'content-length': length } = incoming.headers;
    const fetchSite = typeof site === 'string' ? site : undefined;
    const refused = hosts.refused({ host, origin, fetchSite, localAddress: incoming.socket.localAddress });
    if (refused !== undefined) return { status: 403, ...refused };
    if (Number(length ?? 0) <= bodyBytesMax) return undefined;
    return { status: 413, error: `The body is larger than ${bodyBytesMax} bytes.`, code: 'BODY_TOO_LARGE' };
  }

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const gone = new AbortController();
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) gone.abort(new Error('the client has gone'));
    });
    let authorization: string;
    try {
      authorization = await token.authorization();
    } catch (error) {
      return answerWith(outgoing, 502, sentenceOf(error), 'UNAUTHENTICATED');
    }
    let bytes = 0;
    incoming.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes > bodyBytesMax) incoming.destroy();
    });
    incoming.pause();
    let answer: IncomingMessage;
    try {
      answer = await upstream.send({
        method: incoming.method ?? 'GET',
        path: `${basePath}${incoming.url ?? '/'}`,
        headers: forwardHeaders(incoming.headers, authorization),
        body: hasBody(incoming.headers) ? incoming : undefined,
        signal: gone.signal,
      });
    } catch (error) {
      if (gone.signal.aborted) return;
      const why = `The gateway at ${gateway.href} does not answer: ${failureOf(error)}.`;
      say(why);
      return answerWith(outgoing, 502, why, 'GATEWAY_UNREACHABLE');
    }
    if (answer.statusCode === 401) await token.refused().catch((error: unknown) => say(sentenceOf(error)));
    outgoing.writeHead(answer.statusCode ?? 502, backHeaders(answer.headers));
    // A stream that has said nothing yet has begun all the same.
    outgoing.flushHeaders();
    // Either side may end it: the other one is ended with it, and nobody is left to be told.
    await pipeline(answer, outgoing).catch(() => outgoing.destroy());
  }

  const listener = createServer(limits, (incoming, outgoing) => {
    const refused = refusedRequest(incoming);
    if (refused !== undefined) return answerWith(outgoing, refused.status, refused.error, refused.code);
    pass(incoming, outgoing).catch((error: unknown) => {
      say(`a request failed: ${sentenceOf(error)}`);
      outgoing.destroy();
    });
  });
  listener.maxConnections = connectionsMax;
  listener.on('connect', (_request, socket) => endConnectionWith(socket, noTunnel));
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(options.port, '127.0.0.1', () => {
      listener.off('error', reject);
      resolve();
    });
  });
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy listens on no port');
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => {
        listener.close(() => resolve());
      });
      listener.closeAllConnections();
      await closed;
    },
  };
}

/** Whether a server could take a path for one beside the path of the gateway, where somebody else may answer. */
function leavesItsPath(target: string): boolean {
  const [path = ''] = target.split('?', 1);
  return path.split(/[/\\;]|%2f|%5c/i).some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment));
}

/** In the form that errors of the gateway have. The rest of the request is not read. */
function answerWith(outgoing: ServerResponse, status: number, error: string, code: string): void {
  outgoing.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  outgoing.end(JSON.stringify({ error, code }));
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
