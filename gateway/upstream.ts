/**
 * Requests to a gateway from a program beside it or on a person's machine. Straight from Node: bodies go through as they come,
 * and a stream that says nothing for minutes is not cut off.
 */
import { Agent, type IncomingMessage, request as requestHttp, type RequestOptions } from 'node:http';
import { Agent as TlsAgent, request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';

/** Whom to believe that it is the gateway. */
export interface Trust {
  /** PEM of authorities instead of those that Node knows, or of the certificate itself. */
  readonly ca: string;
  /** True where the certificate itself is known, so that the name in it does not matter. */
  readonly pinned?: boolean | undefined;
}

export interface UpstreamRequest {
  readonly method: string;
  /** Path with query; begins with '/'. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Readable | undefined;
  readonly signal: AbortSignal;
}

export interface Upstream extends Disposable {
  /** Resolves with the head of the answer. Rejects when there is none, with the signal's reason when aborted. */
  send(request: UpstreamRequest): Promise<IncomingMessage>;
}

/** @param options.connectionsMax Requests beyond that wait for their turn. */
export function createUpstream(
  url: URL,
  options: { readonly trust?: Trust | undefined; readonly connectionsMax: number },
): Upstream {
  const { trust, connectionsMax } = options;
  const isTls = url.protocol === 'https:';
  const pooled = { keepAlive: true, maxSockets: connectionsMax };
  const pinned = { allowPartialTrustChain: true, checkServerIdentity: () => undefined };
  const agent = isTls
    ? new TlsAgent({ ...pooled, ...(trust === undefined ? {} : { ca: trust.ca, ...(trust.pinned ? pinned : {}) }) })
    : new Agent(pooled);
  const to: RequestOptions = {
    protocol: url.protocol,
    hostname: url.hostname.replaceAll(/[[\]]/g, ''),
    port: url.port,
    agent,
  };

  return {
    async send({ method, path, headers, body, signal }) {
      signal.throwIfAborted();
      const answer = Promise.withResolvers<IncomingMessage>();
      const outgoing = (isTls ? requestHttps : requestHttp)({ ...to, method, path, headers: { ...headers }, signal });
      outgoing.once('response', answer.resolve);
      // No answer will come: it was one that nobody asked for, like a change of the protocol, which Node tells of in no other way.
      outgoing.once('close', () => answer.reject(new Error('it gave no answer of HTTP')));
      // After the answer has begun its reader is told of it, too.
      outgoing.on('error', (error) => answer.reject(signal.aborted ? signal.reason : error));
      if (body === undefined || typeof body === 'string') outgoing.end(body);
      else body.on('error', (error) => outgoing.destroy(error)).pipe(outgoing);
      return answer.promise;
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

/** What went wrong on the way to a gateway, for whoever started the program. */
export function failureOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its name is not known';
  if (code === 'ECONNRESET') return 'the connection was cut';
  if (code.startsWith('ERR_TLS') || code.includes('CERT') || code.includes('SIGNATURE')) {
    return `its certificate is not trusted (${code})`;
  }
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}
