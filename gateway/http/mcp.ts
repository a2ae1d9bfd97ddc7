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
import { type Answer, type Refusal, refusal } from '../errors.ts';
import type { Log } from '../log.ts';
import { endings } from '../events/following.ts';
import { AskingInfo } from '../mcp/asking.ts';
import { rpcCodeOf } from '../mcp/resources.ts';
import { createMcpServer } from '../mcp/server.ts';
import type { Subscriptions } from '../mcp/subject.ts';
import type { Surface } from '../mcp/surface.ts';
import type { ResourceWatches } from '../mcp/watch.ts';
import type { Arrivals } from './arrival.ts';
import { type Calls, limitKeyOf } from './calls.ts';
import { jsonResponse } from './json.ts';
import { type Listened, listenedTo, type ListenRequest, listenToResources } from './mcp-listen.ts';
import { type Message, recordName } from './mcp-messages.ts';
import { type McpPost, rpcRefusal } from './mcp-posts.ts';

/** Events of a stream that says nothing else keep connections open. */
const keepAliveMs = 15_000;
const listenRecord = recordName({ method: 'subscriptions/listen' });

export interface McpRouteOptions {
  readonly surface: Surface;
  readonly calls: Calls;
  readonly posts: (request: Request) => Promise<McpPost | Response>;
  readonly watches: ResourceWatches;
  readonly arrivals: Arrivals;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Answers requests for `/mcp`, of whatever method. */
export function createMcpRoute(options: McpRouteOptions): (request: Request) => Promise<Response> {
  const { surface, calls, posts, watches, arrivals, clock, random, log } = options;
  const told: Subscriptions = {
    isTold: watches.isTold,
    add: async (subject, caller) => watches.refused(subject, caller),
    remove: () => {},
  };
  // Without a stream there is nobody to tell: who asks is told whether it may, and promised nothing.
  const untold: Subscriptions = { ...told, isTold: false };
  const factory: McpServerFactory = ({ era }) =>
    createMcpServer(surface, { era, subscriptions: era === 'modern' ? told : untold });
  const listening = { resources: surface.resources, factory, watches, clock, log };
  const handler = createMcpHandler(factory, {
    keepAliveMs,
    ...(surface.bus === undefined ? {} : { bus: surface.bus }),
    onerror: (error) => log.debug({ err: error }, 'a message of MCP was not served'),
  });

  async function listen(
    request: Request,
    { startedAt, ...asked }: Pick<ListenRequest, 'body' | 'uris' | 'caller'> & { readonly startedAt: number },
  ): Promise<Answer<Listened>> {
    const { caller } = asked;
    const { peer, outgoing } = arrivals.current() ?? {};
    return listenToResources(listening, {
      ...asked,
      request: acceptable(request),
      owner: limitKeyOf(caller, peer),
      authorization: request.headers.get('authorization') ?? undefined,
      outgoing,
      onEnd(ending, bytes) {
        const { outcome } = endings[ending];
        calls.note({ name: listenRecord, caller, outcome, status: 200, bytes, startedAt });
      },
    });
  }

  return async (request) => {
    if (request.method !== 'POST') {
      return rpcRefusal(
        refusal('METHOD_NOT_ALLOWED', 'Send messages here by POST; there is no stream to GET.'),
        undefined,
        {
          allow: 'POST',
        },
      );
    }
    const post = await posts(request);
    if (post instanceof Response) return post;
    const { caller, body, messages, startedAt } = post;

    const uris = listenedTo(body);
    if (uris !== undefined) {
      const listened = await listen(request, { body, uris, caller, startedAt });
      if (!listened.ok) return post.refuse(listened, resourceRefusal);
      if (!listened.value.began) post.note(listened.value.response);
      return listened.value.response;
    }
    const authInfo = new AskingInfo(calls.asking(caller));
    const response = await handler.fetch(acceptable(request), { authInfo, parsedBody: body });
    // The connection is the server's: a client that asks for its end, and a gateway that stops, would wait for it in vain.
    response.headers.delete('connection');
    post.note(response);
    if (messages.some(({ method }) => method === 'initialize') && response.ok) {
      response.headers.set('mcp-session-id', sessionId(random));
    }
    return response;
  };
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

/** The refusal of an address: in the protocol's own words, as when it is read. Of what concerns the caller HTTP tells, too. */
function resourceRefusal(refused: Refusal, message: Message | undefined): Response {
  const { code, error } = refused;
  if (code !== 'INVALID_REQUEST' && code !== 'FORBIDDEN') return rpcRefusal(refused, message);
  const said = { code: rpcCodeOf(code), message: error, data: { code } };
  return jsonResponse({ jsonrpc: '2.0', id: message?.id ?? null, error: said });
}
