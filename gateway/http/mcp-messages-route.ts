/**
 * `/messages`: where clients of the HTTP+SSE transport send what they have to say. Each POST is a call of its own: its sender is
 * known by its own token, and is asked about, limited and recorded as any other. The reply comes on the stream of the session.
 */
import {
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
  type JSONRPCMessage,
} from '@modelcontextprotocol/server';
import { refusal } from '../errors.ts';
import { AskingInfo } from '../mcp/asking.ts';
import type { McpSessions } from '../mcp/sessions.ts';
import type { Arrivals } from './arrival.ts';
import type { Calls } from './calls.ts';
import type { McpPost } from './mcp-posts.ts';

const accepted = 'Accepted';

/** The same for what never was, what has ended, what is another's and what lives in another replica. */
const noSession = refusal(
  'NOT_FOUND',
  'There is no such session of yours in this replica of the gateway: connect to /sse again. Where there are several replicas, their Service needs sessionAffinity: ClientIP.',
);

/** Answers POST requests for `/messages`. */
export function createMessagesRoute(options: {
  readonly sessions: McpSessions;
  readonly calls: Calls;
  readonly arrivals: Arrivals;
  readonly posts: (request: Request) => Promise<McpPost | Response>;
}): (request: Request, sessionId: string | undefined) => Promise<Response> {
  const { sessions, calls, arrivals, posts } = options;

  return async (request, sessionId) => {
    const post = await posts(request);
    if (post instanceof Response) return post;
    const { caller, body } = post;
    const session = sessionId === undefined ? undefined : sessions.find(sessionId, caller);
    if (session === undefined) return post.refuse(noSession);
    const messages = readMessages(body);
    if (messages === undefined) {
      return post.refuse(refusal('INVALID_REQUEST', 'The body is no message of JSON-RPC 2.0, and no list of them.'));
    }
    const sender = { authInfo: new AskingInfo(calls.asking(caller)), request };
    const receive = () => {
      for (const message of messages) session.receive(message, sender);
    };
    const arrival = arrivals.current();
    // The reply does not go where this request is answered; what waits to be read of it, the session counts by itself.
    if (arrival === undefined) receive();
    else arrivals.run({ ...arrival, outgoing: undefined }, receive);
    const headers = { 'cache-control': 'no-store', 'content-length': String(accepted.length) };
    const response = new Response(accepted, { status: 202, headers });
    post.note(response);
    return response;
  };
}

function readMessages(body: unknown): readonly JSONRPCMessage[] | undefined {
  const all: readonly unknown[] = Array.isArray(body) ? body : [body];
  return all.every(isMessage) ? all : undefined;
}

function isMessage(value: unknown): value is JSONRPCMessage {
  return isJSONRPCRequest(value) || isJSONRPCNotification(value) || isJSONRPCResponse(value);
}
