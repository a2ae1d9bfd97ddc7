import type { Dispatcher } from 'undici';
import { createAgents, type Lane } from './agents.ts';
import type { Clock } from './clock.ts';
import type { Credentials, Identity } from './credentials.ts';
import { KubeError } from './errors.ts';
import { requestLabel } from './request-label.ts';
import { errorOfStatus, retryAfterMsOf } from './status.ts';

export type { Lane } from './agents.ts';

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Begins with '/', already escaped: see resourcePath. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
  /** 'request' unless told. */
  readonly lane?: Lane | undefined;
  /** A request that its caller aborts rejects with the signal's reason, which is no KubeError. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called in the turn in which the first byte is handed to an open connection, and again if the request is repeated. What
   * it throws rejects the request, and nothing is sent: a request may wait for its connection longer than it may be sent.
   */
  readonly beforeSending?: (() => void) | undefined;
}

export interface Transport {
  /** The parsed JSON body. Throws KubeError for every status from 300 on and for every failure to get an answer. */
  request(request: KubeRequest): Promise<unknown>;
  /** Raw chunks of a 2xx answer. Throws as `request` does; a later break throws KubeError from the iterator. */
  stream(request: KubeRequest): Promise<AsyncIterable<Uint8Array>>;
  /** Cuts whatever still runs. */
  close(): Promise<void>;
}

/** What one request did, for metrics: nothing in it grows with the number of objects. */
export interface RequestObservation {
  readonly method: KubeRequest['method'];
  /** `pods`, `constraintreports.potoo.io/status`, `discovery` or `other`: never a name or a namespace. */
  readonly resource: string;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** Until the answer was read; for a stream until its headers came. */
  readonly ms: number;
}

export interface TransportOptions {
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly userAgent: string;
  /** Connections of the lane 'request'; 32 unless told. */
  readonly requestConnectionsMax?: number | undefined;
  readonly onRequest?: ((observation: RequestObservation) => void) | undefined;
  /** Further headers, asked for before each request is sent: the trace that it belongs to. */
  readonly headers?: (() => Readonly<Record<string, string>>) | undefined;
}

/**
 * Of an answer, which takes up several times as much memory while it is read. A page of 500 usual objects fits many times;
 * lists ask for smaller pages where it does not.
 */
const bodyBytesMax = 64 * 1024 * 1024;
const refusalBytesMax = 1024 * 1024;

type Answer = Dispatcher.ResponseData;

/**
 * Requests over pooled connections. Not client-node's own: it opens a TLS connection for each request (measured: 2,000
 * requests, 2,000 handshakes, a fifth of the throughput) and builds every answer twice.
 *
 * Nothing is sent twice on its own account, with one exception: when the server refuses the credentials, they are read
 * again at once, and if they have changed the request is repeated once. Retrying is up to the callers, who know what for.
 */
export function createTransport(options: TransportOptions): Transport {
  const { credentials, clock } = options;
  const agents = createAgents({ requestConnectionsMax: options.requestConnectionsMax ?? 32 });
  const server = new URL(credentials.server);
  const basePath = server.pathname === '/' ? '' : server.pathname.replace(/\/$/, '');

  async function exchange(request: KubeRequest, identity: Identity, lane: Lane): Promise<Answer> {
    const query = new URLSearchParams(request.query).toString();
    const agent = agents.agentFor(lane, identity);
    let withheld: { readonly reason: unknown } | undefined;
    const { beforeSending } = request;
    const asking = (): void => {
      try {
        beforeSending?.();
      } catch (reason) {
        withheld = { reason };
        throw reason;
      }
    };
    try {
      const answer = await (beforeSending === undefined ? agent : agent.compose(asksFirst(asking))).request({
        origin: server.origin,
        path: `${basePath}${request.path}${query === '' ? '' : `?${query}`}`,
        method: request.method,
        headers: {
          ...options.headers?.(),
          ...identity.headers,
          'user-agent': options.userAgent,
          accept: request.accept ?? 'application/json',
          ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
        },
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal: request.signal ?? null,
      });
      // A body that is destroyed while nobody reads it emits an error that would end the process. Whoever reads it, before
      // or after, gets the same error from the iterator.
      answer.body.on('error', () => {});
      return answer;
    } catch (error) {
      throw withheld === undefined ? errorOfFailure(error, request) : withheld.reason;
    }
  }

  /** An answer with headers, from whichever credentials are accepted. */
  async function send(request: KubeRequest, lane: Lane): Promise<Answer> {
    request.signal?.throwIfAborted();
    const identity = await credentials.current();
    let answer: Answer;
    try {
      answer = await exchange(request, identity, lane);
    } catch (error) {
      if (!isCertificateProblem(error)) throw error;
      const renewed = await renew(identity);
      if (renewed === undefined) throw error;
      return exchange(request, renewed, lane);
    }
    if (answer.statusCode !== 401) return answer;
    const renewed = await renew(identity).catch((error: unknown) => {
      answer.body.destroy();
      throw error;
    });
    if (renewed === undefined) return answer;
    // Read to its end, so that the connection can be used again.
    await readBody(answer, request, refusalBytesMax);
    return exchange(request, renewed, lane);
  }

  /** Other credentials than those refused, if there are any. */
  async function renew(refused: Identity): Promise<Identity | undefined> {
    const known = await credentials.current();
    if (!sameIdentity(known, refused)) return known;
    await credentials.refresh();
    const read = await credentials.current();
    return sameIdentity(read, refused) ? undefined : read;
  }

  async function observed<T>(request: KubeRequest, run: (status: (code: number) => void) => Promise<T>): Promise<T> {
    const startedAt = clock.monotonic();
    let status = 0;
    try {
      return await run((code) => {
        status = code;
      });
    } finally {
      const { method, path } = request;
      options.onRequest?.({ method, resource: requestLabel(path), status, ms: clock.monotonic() - startedAt });
    }
  }

  async function accepted(request: KubeRequest, lane: Lane, status: (code: number) => void): Promise<Answer> {
    const answer = await send(request, lane);
    status(answer.statusCode);
    if (answer.statusCode < 300) return answer;
    const text = await readBody(answer, request, refusalBytesMax);
    throw errorOfStatus(answer.statusCode, parseRefusal(text), {
      request: described(request),
      retryAfterMs: retryAfterMsOf(firstOf(answer.headers['retry-after']), clock.now()),
    });
  }

  return {
    request: (request) =>
      observed(request, async (status) => {
        const answer = await accepted(request, request.lane ?? 'request', status);
        const text = await readBody(answer, request, bodyBytesMax);
        try {
          const parsed: unknown = JSON.parse(text);
          return parsed;
        } catch (cause) {
          throw unreadable(request, answer.statusCode, 'the answer is not JSON', cause);
        }
      }),
    stream: (request) =>
      observed(request, async (status) => {
        const answer = await accepted(request, request.lane ?? 'watch', status);
        return chunksOf(answer, request);
      }),
    close: () => agents.destroy(),
  };
}

/** A request begins when a connection is there for it, right before its head is written. */
function asksFirst(ask: () => void): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) =>
    dispatch(options, {
      onRequestStart(controller, context) {
        ask();
        handler.onRequestStart?.(controller, context);
      },
      onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
      onResponseStart: (...args) => handler.onResponseStart?.(...args),
      onResponseData: (...args) => handler.onResponseData?.(...args),
      onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
      onResponseError: (...args) => handler.onResponseError?.(...args),
    });
}

async function* chunksOf(answer: Answer, request: KubeRequest): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of answer.body) yield bytesOf(chunk);
  } catch (error) {
    throw errorOfFailure(error, request);
  }
}

async function readBody(answer: Answer, request: KubeRequest, bytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(answer, request)) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw unreadable(request, answer.statusCode, `the answer is longer than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Bodies are typed as streams of anything; without an encoding undici hands out bytes. */
function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError('a response body handed out something other than bytes');
}

/** A Status object; or what a proxy in between said, as the message of one. */
function parseRefusal(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.slice(0, 200) };
  }
}

const timeoutCodes: ReadonlySet<unknown> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

/** What a request or its body ended with, when there was no answer to it: a KubeError, or the caller's own reason. */
function errorOfFailure(error: unknown, request: KubeRequest): unknown {
  if (request.signal?.aborted) return request.signal.reason;
  if (error instanceof KubeError) return error;
  return new KubeError(timeoutCodes.has(systemCodeOf(error)) ? 'KUBE_TIMEOUT' : 'KUBE_UNREACHABLE', {
    status: 0,
    request: described(request),
    said: error instanceof Error ? error.message : String(error),
    cause: error,
  });
}

function unreadable(request: KubeRequest, status: number, said: string, cause?: unknown): KubeError {
  return new KubeError('KUBE_UNREADABLE', { status, request: described(request), said, cause });
}

/** OpenSSL's names for a peer that cannot be verified, and Node's for a handshake that the peer refused. */
function isCertificateProblem(error: unknown): boolean {
  const code = error instanceof KubeError ? systemCodeOf(error.cause) : undefined;
  if (typeof code !== 'string') return false;
  return ['CERT', 'ISSUER', 'LEAF_SIGNATURE', 'SELF_SIGNED', 'ERR_TLS', 'ERR_SSL'].some((part) => code.includes(part));
}

function systemCodeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function described(request: KubeRequest): string {
  return `${request.method} ${request.path}`;
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function sameIdentity(a: Identity, b: Identity): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
