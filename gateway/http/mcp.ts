/**
 * `/mcp`: every revision of MCP over Streamable HTTP, without a session. Who asks, how often, how large and how deep is
 * decided here, as for any other call; what a message means is the SDK's to read, and what it gets is a tool's to answer.
 *
 * Older clients are told a session id, because some wait for one; nothing depends on it.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
import { createMcpHandler, type McpServerFactory } from '@modelcontextprotocol/server';
import type { Clock, Random } from '../../kube/clock.ts';
import type { Caller } from '../auth/identity.ts';
import { type Answer, type Refusal, refusal } from '../errors.ts';
import type { Log } from '../log.ts';
import { AskingInfo } from '../mcp/asking.ts';
import { mayUseMcp } from '../mcp/admission.ts';
import { createMcpServer } from '../mcp/server.ts';
import type { Surface } from '../mcp/surface.ts';
import { readJsonBody } from './body.ts';
import type { Calls } from './calls.ts';
import { withinDeadline } from './deadline.ts';
import { refusalHeaders, refusalOf, statusOf } from './errors.ts';
import { bytesOf, jsonResponse } from './json.ts';
import { type Message, messagesOf, recordName, reportsItself } from './mcp-messages.ts';

/** Messages in one request: revision 2025-03-26 allows several. */
const batchMax = 20;
/** Of the id of a message, which comes back with the answer. */
const idLengthMax = 1_024;
/** Events of a stream that says nothing else keep connections open. */
const keepAliveMs = 15_000;

export interface McpRouteOptions {
  readonly surface: Surface;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Answers requests for `/mcp`, of whatever method. */
export function createMcpRoute(options: McpRouteOptions): (request: Request) => Promise<Response> {
  const { surface, calls, clock, random, log } = options;
  const factory: McpServerFactory = ({ era }) => createMcpServer(surface, { era });
  const handler = createMcpHandler(factory, {
    keepAliveMs,
    onerror: (error) => log.debug({ err: error }, 'a message of MCP was not served'),
  });

  /** Everything that is known before a message is looked at: who sends it, and that it may be read. */
  async function admitted(request: Request): Promise<Answer<{ caller: Caller; body: unknown }>> {
    const known = await calls.callerOf(request);
    if (!known.ok) return known;
    const body = await readJsonBody(request);
    return body.ok ? { ok: true, value: { caller: known.value, body: body.value } } : body;
  }

  /** Why these messages of the caller are not served. */
  async function refusedMessages(messages: readonly Message[], caller: Caller): Promise<Refusal | undefined> {
    if (messages.length > batchMax) return refusal('INVALID_REQUEST', `At most ${batchMax} messages at once.`);
    if (messages.some(hasLongId)) return refusal('INVALID_REQUEST', `id: at most ${idLengthMax} characters`);
    for (const _ of messages.slice(1)) {
      const limited = calls.limited(caller);
      if (!limited.ok) return limited;
    }
    return mayUseMcp(caller, messages);
  }

  return async (request) => {
    const startedAt = clock.monotonic();
    const refuse = (refused: Refusal, caller: Caller | undefined, message: Message | undefined): Response => {
      const response = rpcRefusal(refused, message);
      const [outcome, { status }] = [refused.code, response];
      calls.note({ name: recordName(message), caller, outcome, status, bytes: bytesOf(response), startedAt });
      return response;
    };
    if (request.method !== 'POST') {
      return rpcRefusal(
        refusal('METHOD_NOT_ALLOWED', 'Send messages here by POST; there is no stream to GET.'),
        undefined,
        {
          allow: 'POST',
        },
      );
    }
    const outcome = await withinDeadline(clock, admitted(request)).catch((error: unknown) => refusalOf(error, log));
    if (!outcome.ok) return refuse(outcome, undefined, undefined);
    const { caller, body } = outcome.value;
    const messages = messagesOf(body);
    const [first] = messages;
    const refused = await withinDeadline(clock, refusedMessages(messages, caller)).catch((error: unknown) =>
      refusalOf(error, log),
    );
    if (refused !== undefined) return refuse(refused, caller, first);

    const authInfo = new AskingInfo(calls.asking(caller));
    const response = await handler.fetch(acceptable(request), { authInfo, parsedBody: body });
    for (const message of messages) {
      if (response.status < 400 && reportsItself(message)) continue;
      const { status } = response;
      const code = status < 400 ? 'OK' : status < 500 ? 'INVALID_REQUEST' : 'INTERNAL';
      const bytes = Number(response.headers.get('content-length') ?? 0);
      calls.note({ name: recordName(message), caller, outcome: code, status, bytes, startedAt });
    }
    if (messages.some(({ method }) => method === 'initialize') && response.ok) {
      response.headers.set('mcp-session-id', sessionId(random));
    }
    return response;
  };
}

function hasLongId({ id }: Message): boolean {
  return typeof id === 'string' && id.length > idLengthMax;
}

/** The SDK refuses older clients that do not name both types, and bodies of no type; both are common. */
function acceptable(request: Request): Request {
  const accept = request.headers.get('accept') ?? '';
  const hasBoth = accept.includes('application/json') && accept.includes('text/event-stream');
  if (hasBoth && request.headers.get('content-type') === 'application/json') return request;
  const headers = new Headers(request.headers);
  headers.set('accept', 'application/json, text/event-stream');
  headers.set('content-type', 'application/json');
  return new Request(request.url, { method: 'POST', headers, signal: request.signal });
}

function sessionId(random: Random): string {
  return Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
}

/** A refusal as HTTP with a body of JSON-RPC, for readers of either. */
export function rpcRefusal(
  refused: Refusal,
  message: Message | undefined,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const { code, error } = refused;
  const rpcCode = code === 'INVALID_REQUEST' ? -32_600 : -32_000;
  const body = {
    jsonrpc: '2.0',
    id: message === undefined || hasLongId(message) ? null : (message.id ?? null),
    error: { code: rpcCode, message: error, data: { code } },
  };
  return jsonResponse(body, statusOf(code), { ...refusalHeaders(refused), ...headers });
}
