/**
 * Answers of a gateway over REST. The token goes to the address that was given and nowhere else: redirects are not followed.
 */
import { type IncomingMessage, request as httpRequest, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import * as z from 'zod';
import type { Clock } from '../../../kube/clock.ts';
import { type Answer, type ErrorCode, errorCodes, refusal, type Refusal } from '../../errors.ts';
import type { Source } from '../source.ts';
import { serverUrl } from './server-url.ts';

export interface GatewaySourceOptions {
  readonly server: string;
  readonly token: string | undefined;
  /** PEM. */
  readonly certificates: string | undefined;
  readonly namespace: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly userAgent: string;
}

const bytesMax = 64 * 1_048_576;
/** Calls answer within 4 s. */
const silenceMsMax = 20_000;
/** A gateway that says when to come back is asked again, this often and if it is soon. */
const retriesMax = 8;
const retryAfterSecondsMax = 20;

/** A source that asks the gateway at `server`. */
export function createGatewaySource(options: GatewaySourceOptions): Source {
  const { token, certificates, namespace, clock, signal, userAgent } = options;
  const url = serverUrl(options.server);
  const base = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  const isSecure = url.protocol === 'https:';
  const agentOptions = { keepAlive: true, maxSockets: 8 };
  const agent = isSecure
    ? new HttpsAgent({ ...agentOptions, ...(certificates === undefined ? {} : { ca: certificates }) })
    : new HttpAgent(agentOptions);

  async function send(method: 'GET' | 'POST', path: string, body?: object): Promise<Reply> {
    const json = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(json === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(json)) }),
    };
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const requested = { method, headers, agent, signal, timeout: silenceMsMax };
    const sent = (isSecure ? httpsRequest : httpRequest)(`${base}${path}`, requested, resolve);
    sent.on('timeout', () => sent.destroy(new Error(`it was silent for ${silenceMsMax / 1_000} s`)));
    sent.on('error', reject);
    sent.end(json);
    const response = await promise;
    return { status: response.statusCode ?? 0, headers: response.headers, text: await textOf(response) };
  }

  async function answer(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer<object>> {
    for (let retries = 0; ; retries += 1) {
      let reply: Reply;
      try {
        reply = await send(method, path, body);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        return refusal('INTERNAL', `${url.origin} cannot be asked: ${reasonOf(error)}`);
      }
      const answered = answerOf(reply, { origin: url.origin, hasToken: token !== undefined });
      const seconds = answered.ok ? undefined : answered.retryAfterSeconds;
      if (seconds === undefined || seconds > retryAfterSecondsMax || retries >= retriesMax) return answered;
      await clock.sleep(seconds * 1_000, signal);
    }
  }

  return {
    namespace,
    ask: async (tool, input) => answer('POST', `/tools/${encodeURIComponent(tool)}`, input),
    unread: async () => Promise.resolve([]),
    read: async (resource, params) => answer('POST', '/resources', { resource, params }),
    async close() {
      agent.destroy();
      await Promise.resolve();
    },
  };
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

const Refused = z.object({ error: z.string(), code: z.string().optional() });

/** What a reply says, also that of something in between which is no gateway. */
export function answerOf(
  { status, headers, text }: Reply,
  { origin, hasToken }: { readonly origin: string; readonly hasToken: boolean },
): Answer<object> {
  const json = jsonOf(text);
  if (status === 200 && typeof json === 'object' && json !== null) return { ok: true, value: json };
  if (status >= 300 && status < 400) {
    const to = typeof headers.location === 'string' ? headers.location : 'another address';
    return refusal(
      'INTERNAL',
      `${origin} sends on to ${to}. Give that as --server if it is right; nothing was sent there.`,
    );
  }
  if (status === 200) return refusal('INTERNAL', `What ${origin} answers is no JSON: is it a Potoo gateway?`);
  const said = Refused.safeParse(json);
  if (!said.success)
    return withRetry(refusal(codeOf(status), `${origin} answers ${status}: is it a Potoo gateway?`), headers);
  const code = errorCodes.find((each) => each === said.data.code) ?? codeOf(status);
  return withRetry(refusal(code, `${said.data.error}${helpOn(code, hasToken)}`), headers);
}

function withRetry(refused: Refusal, headers: IncomingMessage['headers']): Refusal {
  const seconds = /^\d{1,6}$/.test(headers['retry-after'] ?? '') ? Number(headers['retry-after']) : undefined;
  return seconds === undefined ? refused : { ...refused, retryAfterSeconds: seconds };
}

function codeOf(status: number): ErrorCode {
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 403) return 'FORBIDDEN';
  if (status === 404) return 'NOT_FOUND';
  if (status === 429) return 'RATE_LIMITED';
  if (status === 503 || status === 502) return 'NOT_SYNCED';
  return status === 504 ? 'DEADLINE_EXCEEDED' : 'INTERNAL';
}

function helpOn(code: ErrorCode, hasToken: boolean): string {
  if (code !== 'UNAUTHENTICATED') return '';
  return hasToken
    ? ' "kubectl create token" makes another.'
    : ' No token was sent: set POTOO_TOKEN, or use a kubeconfig whose user has one.';
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Error(`the answer is longer than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Of all addresses of a host, where each has failed for its own reason. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}
