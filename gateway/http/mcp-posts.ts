/** What holds for every request that brings messages of MCP, before any of them is handed to the SDK. */
import type { Clock } from '../../kube/clock.ts';
import type { Caller } from '../auth/identity.ts';
import { type Answer, type Refusal, refusal } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Tool } from '../tools/define.ts';
import { refusedMcp } from '../mcp/admission.ts';
import { bodyBytesMax, bodyTooLarge, noJson, readSizedJsonBody } from './body.ts';
import type { Calls } from './calls.ts';
import { withinDeadline } from './deadline.ts';
import { refusalHeaders, refusalOf, statusOf } from './errors.ts';
import { bytesOf, jsonResponse } from './json.ts';
import { type Message, messagesOf, recordName } from './mcp-messages.ts';

/** Messages in one request: revision 2025-03-26 allows several. */
const batchMax = 20;
/** Of the id of a message, which comes back with the answer. */
const idLengthMax = 1_024;

/** Messages whose sender is known and may send them. */
export interface McpPost {
  readonly caller: Caller;
  readonly body: unknown;
  readonly messages: readonly Message[];
  /** clock.monotonic() when they arrived. */
  readonly startedAt: number;
  /** Refuses them after all, and records it. @param responseOf `rpcRefusal` unless told. */
  refuse(refused: Refusal, responseOf?: typeof rpcRefusal): Response;
  /** Records those that do not record themselves. */
  note(answer: Response): void;
}

interface Admitted {
  readonly caller: Caller;
  readonly body: unknown;
  readonly messages: readonly Message[];
}

/** From a request to its messages, or to the response that refuses them, which is recorded then. */
export function createMcpPosts(options: {
  readonly calls: Calls;
  readonly clock: Clock;
  readonly log: Log;
  readonly tools: readonly Pick<Tool, 'name' | 'bodyBytesMax'>[];
}): (request: Request) => Promise<McpPost | Response> {
  const { calls, clock, log } = options;
  const bytesMaxOf = new Map(options.tools.map(({ name, bodyBytesMax: more = bodyBytesMax }) => [name, more]));
  const largest = Math.max(bodyBytesMax, ...bytesMaxOf.values());

  /** Everything that is known before a message is looked at: who sends it, and that it may be read. */
  async function admitted(request: Request): Promise<Answer<Admitted>> {
    const known = await calls.callerOf(request);
    if (!known.ok) return known;
    const body = await readSizedJsonBody(request, largest);
    if (!body.ok) return body;
    const { json, bytes } = body.value;
    const messages = messagesOf(json);
    // Which tool is called is known only now. What calls none of those that take more may be no larger than any request.
    const bytesMax = messages.length === 0 ? bodyBytesMax : Math.min(...messages.map(bytesMaxOfMessage));
    if (bytes > bytesMax) return bodyTooLarge(bytesMax);
    return { ok: true, value: { caller: known.value, body: json, messages } };
  }

  function bytesMaxOfMessage({ method, params }: Message): number {
    return (method === 'tools/call' ? bytesMaxOf.get(params?.name ?? '') : undefined) ?? bodyBytesMax;
  }

  /** Why these messages of the caller are not served. */
  async function refusedMessages(messages: readonly Message[], caller: Caller): Promise<Refusal | undefined> {
    if (messages.length > batchMax) return refusal('INVALID_REQUEST', `At most ${batchMax} messages at once.`);
    if (messages.some(hasLongId)) return refusal('INVALID_REQUEST', `id: at most ${idLengthMax} characters`);
    for (const _ of messages.slice(1)) {
      const limited = calls.limited(caller);
      if (!limited.ok) return limited;
    }
    return refusedMcp(caller, messages);
  }

  return async (request) => {
    const startedAt = clock.monotonic();
    const refuse = (
      refused: Refusal,
      caller: Caller | undefined,
      message: Message | undefined,
      responseOf = rpcRefusal,
    ): Response => {
      const response = responseOf(refused, message);
      const [outcome, { status }] = [refused.code, response];
      calls.note({ name: recordName(message), caller, outcome, status, bytes: bytesOf(response), startedAt });
      return response;
    };
    const outcome = await withinDeadline(clock, admitted(request)).catch((error: unknown) => refusalOf(error, log));
    if (!outcome.ok) return refuse(outcome, undefined, undefined);
    const { caller, body, messages } = outcome.value;
    const refused = await withinDeadline(clock, refusedMessages(messages, caller)).catch((error: unknown) =>
      refusalOf(error, log),
    );
    if (refused !== undefined) return refuse(refused, caller, messages[0]);
    return {
      caller,
      body,
      messages,
      startedAt,
      refuse: (why, responseOf) => refuse(why, caller, messages[0], responseOf),
      note({ status, headers }) {
        const bytes = Number(headers.get('content-length') ?? 0);
        const code = status < 400 ? 'OK' : status < 500 ? 'INVALID_REQUEST' : 'INTERNAL';
        // No message at all is a call, too.
        for (const message of messages.length === 0 ? [undefined] : messages) {
          if (status < 400 && message?.record === 'own') continue;
          const came = message?.record === 'unread' && code === 'OK' ? 'INVALID_REQUEST' : code;
          calls.note({ name: recordName(message), caller, outcome: came, status, bytes, startedAt });
        }
      },
    };
  };
}

function hasLongId({ id }: Message): boolean {
  return typeof id === 'string' && id.length > idLengthMax;
}

/** A refusal as HTTP with a body of JSON-RPC, for readers of either. */
export function rpcRefusal(
  refused: Refusal,
  message: Message | undefined,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const { code, error } = refused;
  const rpcCode = refused === noJson ? -32_700 : code === 'INVALID_REQUEST' ? -32_600 : -32_000;
  const body = {
    jsonrpc: '2.0',
    id: message === undefined || hasLongId(message) ? null : (message.id ?? null),
    error: { code: rpcCode, message: error, data: { code } },
  };
  return jsonResponse(body, statusOf(code), { ...refusalHeaders(refused), ...headers });
}
