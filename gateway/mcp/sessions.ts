/**
 * Sessions of the HTTP+SSE transport of revision 2024-11-05: replies go on a stream that stays open, messages come by POST and
 * name the session of that stream. A session belongs to one identity and lives in one replica. Beside its subscriptions it
 * holds nothing, so a client whose replica is gone connects again and goes on.
 *
 * @see https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse
 */
import { Buffer } from 'node:buffer';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/server';
import type { Clock } from '../../kube/clock.ts';
import type { Caller } from '../auth/identity.ts';
import type { Refusal } from '../errors.ts';
import { type Ending, idleMsMax } from '../events/following.ts';
import { refusedStream } from '../events/rights.ts';
import { type Sink, unsentBytesMax } from '../events/sink.ts';
import { farewell, heartbeat, type StreamOpening } from '../events/stream.ts';
import type { Log } from '../log.ts';
import type { AskingInfo } from './asking.ts';
import { createMcpServer } from './server.ts';
import type { Subscriptions } from './subject.ts';
import type { Surface } from './surface.ts';
import type { ResourceWatch, ResourceWatches, UpdateReader } from './watch.ts';

/** Replies that one reader has not taken: some twenty of the largest, so that calls may be made side by side. */
const unreadBytesMax = 1_048_576;
/** Of all sessions together; then whoever has left most is ended. */
const unreadBytesOfAllMax = 64 * 1_048_576;

/** Who sends a message, and with which request. */
export interface Sender {
  readonly authInfo: AskingInfo;
  readonly request: Request;
}

export interface McpSession {
  /** Hands a message to the server of this session, which replies on its stream. */
  receive(message: JSONRPCMessage, sender: Sender): void;
}

export interface McpSessions {
  /** Begins a session for a caller who may have it, or says why not. It counts as one of the caller's streams. */
  readonly open: (opening: StreamOpening) => Promise<Refusal | undefined>;
  /** The open session of this id, if it is one of this caller's. */
  find(id: string, caller: Caller): McpSession | undefined;
}

export interface McpSessionsOptions {
  readonly surface: Surface;
  readonly watches: ResourceWatches;
  readonly clock: Clock;
  readonly log: Log;
  /** Not to be guessed: among callers without a token it is all that tells one from another. */
  readonly newSessionId: () => string;
}

interface OpenSession extends McpSession {
  readonly identity: string;
  readonly stream: MessageStream;
  readonly end: (ending: Ending) => void;
}

/** No sessions, to begin with. @param path Where messages are to be sent; the id of the session comes behind it. */
export function createMcpSessions(path: string, options: McpSessionsOptions): McpSessions {
  const { surface, watches, clock, log, newSessionId } = options;
  const sessions = new Map<string, OpenSession>();

  /** Ends the sessions whose readers leave too much; looked at only when somebody leaves much. */
  function endUnread(): void {
    const all = [...sessions.values()];
    let unread = all.reduce((sum, { stream }) => sum + stream.unsent, 0);
    for (const { stream, end } of all.toSorted((a, b) => b.stream.unsent - a.stream.unsent)) {
      const { unsent } = stream;
      if (unsent <= unreadBytesMax && unread <= unreadBytesOfAllMax) return;
      unread -= unsent;
      end('unread');
    }
  }

  /** The server of a session whose stream has begun. */
  function serve(id: string, identity: string, stream: MessageStream, watch: ResourceWatch): Transport {
    let messageAt = clock.monotonic();
    const uris = new Set<string>();
    const subscriptions: Subscriptions = {
      isTold: watch.isTold,
      async add(subject, caller) {
        const no = await watch.add(subject, caller);
        if (no === undefined && watch.isTold) uris.add(subject.uri);
        return no;
      },
      remove(uri) {
        uris.delete(uri);
        watch.remove(uri);
      },
    };
    // Who has subscribed waits, however long it takes.
    stream.isIdle = () => uris.size === 0 && clock.monotonic() - messageAt >= idleMsMax;
    const transport: Transport = {
      start: async () => Promise.resolve(),
      async send(message) {
        stream.send(message);
        if (stream.unsent > unsentBytesMax) endUnread();
        return Promise.resolve();
      },
      close: async () => Promise.resolve(watch.end('stopping')),
    };
    const { server } = createMcpServer(surface, { era: 'legacy', subscriptions });
    const onerror = (error: Error) => log.debug({ err: error }, 'a message of MCP was not served');
    Object.assign(server, { onerror });
    server.connect(transport).catch((error: unknown) => {
      log.error({ err: error }, 'a session of MCP failed');
      watch.end('failed');
    });
    sessions.set(id, {
      identity,
      stream,
      end: (ending) => watch.end(ending),
      receive(message, sender) {
        messageAt = clock.monotonic();
        transport.onmessage?.(message, sender);
      },
    });
    return transport;
  }

  return {
    async open({ caller, owner, namespace, authorization, openSink, onEnd }) {
      const prepared = await watches.prepare([], caller);
      if (!prepared.ok) return prepared;
      const id = newSessionId();
      let begun: { readonly sink: Sink; readonly stream: MessageStream } | undefined;
      let transport: Transport | undefined;
      const opened = watches.open(
        {
          owner,
          authorization,
          openReader() {
            const sink = openSink();
            const stream = createMessageStream(sink, `${path}?sessionId=${encodeURIComponent(id)}`);
            begun = { sink, stream };
            return {
              ...stream.reader,
              refused: async (now) => refusedStream(now, namespace),
              get written() {
                return stream.written;
              },
              get unsent() {
                return stream.unsent;
              },
            };
          },
          onEnd(ending, bytes) {
            sessions.delete(id);
            transport?.onclose?.();
            onEnd(ending, bytes);
          },
        },
        prepared.value,
      );
      if (!opened.ok) return opened;
      if (begun === undefined) throw new Error('a session began without its stream');
      const { sink, stream } = begun;
      const watch = opened.value;
      transport = serve(id, caller.identity, stream, watch);
      stream.onIdle = () => watch.end('idle');
      sink.listen({ drained: () => watch.drained(), closed: () => watch.end('left') });
      return undefined;
    },
    find(id, caller) {
      const session = sessions.get(id);
      return session?.identity === caller.identity ? session : undefined;
    },
  };
}

interface MessageStream {
  /** Bytes that were written, and those of them that were not taken. */
  readonly written: number;
  readonly unsent: number;
  readonly reader: Pick<UpdateReader, 'updated' | 'keepAlive' | 'end'>;
  /** Whether nobody needs it any more; then `onIdle` is called, at a keep-alive. */
  isIdle: () => boolean;
  onIdle: () => void;
  send(message: JSONRPCMessage): void;
}

/** Messages as events. What comes after its end is dropped: nobody reads it. @param endpoint Where to send messages. */
function createMessageStream(sink: Sink, endpoint: string): MessageStream {
  let written = 0;
  let ended = false;
  function write(text: string | Uint8Array): void {
    const bytes = Buffer.from(text);
    written += bytes.length;
    sink.write(bytes);
  }
  function send(message: JSONRPCMessage): void {
    if (!ended) write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  }
  write(`event: endpoint\ndata: ${endpoint}\n\n`);
  const stream: MessageStream = {
    get written() {
      return written;
    },
    get unsent() {
      return sink.unsent;
    },
    isIdle: () => false,
    onIdle: () => {},
    send,
    reader: {
      updated: (uri) => send({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri } }),
      keepAlive() {
        if (stream.isIdle()) stream.onIdle();
        else write(heartbeat);
      },
      end(ending, closed) {
        ended = true;
        if (ending !== 'left') {
          const lastWords = farewell(ending);
          written += lastWords.length;
          sink.end(lastWords);
        }
        closed();
      },
    },
  };
  return stream;
}
