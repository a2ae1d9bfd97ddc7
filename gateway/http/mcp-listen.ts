/**
 * `subscriptions/listen` of MCP: one request whose answer is a stream of updates. What the messages look like is the SDK's to
 * say; who may have which of them, and for how long, is decided here, as for every other stream.
 *
 * Each stream has an SDK handler of its own. So an update can reach the one stream for whose caller it was proven, and to end
 * the handler ends that stream in good order.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/utilities/subscriptions
 */
import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import {
  createMcpHandler,
  InMemoryServerEventBus,
  type McpHttpHandler,
  type McpServerFactory,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { Clock } from '../../kube/clock.ts';
import type { Caller } from '../auth/identity.ts';
import { type Answer, refusal } from '../errors.ts';
import type { Ending } from '../events/following.ts';
import type { Sink } from '../events/sink.ts';
import { farewell, heartbeat } from '../events/stream.ts';
import type { Log } from '../log.ts';
import type { Subject } from '../mcp/subject.ts';
import type { McpResources } from '../mcp/surface.ts';
import type { ResourceWatch, ResourceWatches, UpdateReader } from '../mcp/watch.ts';
import { subjectsMax, tooManySubjects } from '../mcp/watched-list.ts';
import { withinDeadline } from './deadline.ts';
import { refusalOf } from './errors.ts';
import { streamResponse } from './streams.ts';

/** A message that asks for updates of resources. Lists do not change, so who asks for those alone has nothing to wait for. */
const ListenMessage = z.object({
  method: z.literal('subscriptions/listen'),
  params: z.object({ notifications: z.object({ resourceSubscriptions: z.array(z.unknown()).min(1) }) }),
});

/** The addresses that a body asks to listen to, whatever they are; undefined where it asks for none. */
export function listenedTo(body: unknown): readonly unknown[] | undefined {
  return ListenMessage.safeParse(body).data?.params.notifications.resourceSubscriptions;
}

export interface ListenRequest {
  readonly request: Request;
  readonly body: unknown;
  /** As `listenedTo` gives them. */
  readonly uris: readonly unknown[];
  readonly caller: Caller;
  /** Whose streams it is counted among. */
  readonly owner: string;
  readonly authorization: string | undefined;
  /** Undefined without a socket. */
  readonly outgoing: ServerResponse | undefined;
  /** Once, if a stream begins. */
  readonly onEnd: (ending: Ending, bytes: number) => void;
}

/** What answers the request: a stream that began, or what the SDK says of a message that is not as it should be. */
export interface Listened {
  readonly response: Response;
  readonly began: boolean;
}

/** Answers one request for updates, or says why not. */
export async function listenToResources(
  options: {
    readonly resources: McpResources;
    readonly factory: McpServerFactory;
    readonly watches: ResourceWatches;
    readonly clock: Clock;
    readonly log: Log;
  },
  { request, body, uris, caller, owner, authorization, outgoing, onEnd }: ListenRequest,
): Promise<Answer<Listened>> {
  const { resources, factory, watches, clock, log } = options;
  const subjects = subjectsOf(uris, resources);
  if (!subjects.ok) return subjects;
  const prepared = await withinDeadline(clock, watches.prepare(subjects.value, caller)).catch((error: unknown) =>
    refusalOf(error, log),
  );
  if (!prepared.ok) return prepared;

  const bus = new InMemoryServerEventBus();
  // What keeps other connections open is written by the stream itself.
  const handler = createMcpHandler(factory, { bus, keepAliveMs: 0 });
  const said = await handler.fetch(request, { parsedBody: body });
  if (bus.listenerCount === 0 || said.body === null) return { ok: true, value: { response: said, began: false } };

  const messages = said.body.getReader();
  const { openSink, response } = streamResponse(outgoing, clock);
  const onError = (error: unknown) => log.error({ err: error }, 'a stream of updates failed');
  let stream: ListenStream | undefined;
  const openReader = () => (stream = createListenStream({ sink: openSink(), messages, handler, onError }));
  const watch = watches.open({ owner, authorization, openReader, onEnd }, prepared.value);
  if (watch.ok) stream?.begin(watch.value);
  else await handler.close();
  return watch.ok ? { ok: true, value: { response, began: true } } : watch;
}

function subjectsOf(uris: readonly unknown[], resources: McpResources): Answer<readonly Subject[]> {
  if (uris.length > subjectsMax) return tooManySubjects;
  const subjects: Subject[] = [];
  for (const uri of uris) {
    const subject = typeof uri === 'string' ? resources.subjectOf?.(uri) : undefined;
    if (subject === undefined) {
      return refusal('INVALID_REQUEST', 'resourceSubscriptions: addresses of resources, like potoo://reports/default');
    }
    subjects.push(subject);
  }
  return { ok: true, value: subjects };
}

interface ListenStream extends UpdateReader {
  begin(watch: ResourceWatch): void;
}

/** Copies what the SDK says to where the caller reads it, so that it is known whether it is read. */
function createListenStream(options: {
  readonly sink: Sink;
  readonly messages: ReadableStreamDefaultReader<Uint8Array>;
  readonly handler: Pick<McpHttpHandler, 'notify' | 'close'>;
  readonly onError: (error: unknown) => void;
}): ListenStream {
  const { sink, messages, handler, onError } = options;
  let written = 0;
  let onCopied: (() => void) | undefined;

  function write(bytes: Uint8Array): void {
    written += bytes.length;
    sink.write(bytes);
  }

  async function copy(): Promise<void> {
    for (let next = await messages.read(); !next.done; next = await messages.read()) write(next.value);
  }

  return {
    get written() {
      return written;
    },
    get unsent() {
      return sink.unsent;
    },
    updated: (uri) => handler.notify.resourceUpdated(uri),
    keepAlive: () => write(heartbeat),
    begin(watch) {
      sink.listen({ drained: () => watch.drained(), closed: () => watch.end('left') });
      const copied = () => (onCopied === undefined ? watch.end('left') : onCopied());
      copy().then(copied, (error: unknown) => {
        onError(error);
        copied();
      });
    },
    end(ending, closed) {
      if (ending === 'left') {
        messages.cancel().catch(onError);
        closed();
        return;
      }
      write(farewell(ending));
      onCopied = () => {
        sink.end(Buffer.alloc(0));
        closed();
      };
      // Says in the words of the protocol that the subscription is over.
      handler.close().catch(onError);
    },
  };
}
