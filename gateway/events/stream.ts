/** A plain stream of events: what it tells of a change, and to whom. */
import { Buffer } from 'node:buffer';
import { levelsOf } from '../answer/levels.ts';
import type { Caller } from '../auth/identity.ts';
import type { Refusal } from '../errors.ts';
import { commentOf, eventOf, textOf } from './event.ts';
import {
  type Ending,
  endings,
  type Following,
  type FollowingOptions,
  type Reader,
  startFollowing,
} from './following.ts';
import { mayTellOf, refusedStream } from './rights.ts';
import type { Sink } from './sink.ts';
import type { Streams } from './streams.ts';

const beginning = Buffer.from(
  commentOf('changes from now on; what was missed is not repeated, so read the report after this'),
);
export const heartbeat = Buffer.from(':\n\n');

/** The last event of a stream whose reader is still there: a comment that says why it ends. */
export function farewell(ending: Ending): Buffer {
  return Buffer.from(commentOf(`closed: ${endings[ending].said}`));
}

export interface EventStreamOptions extends FollowingOptions {
  readonly sink: Sink;
  /** Undefined: all that the caller may read. */
  readonly namespace: string | undefined;
  readonly authorization: string | undefined;
}

/** What is known of a stream, whatever it tells, once its caller may have it. */
export interface StreamOpening {
  readonly caller: Caller;
  /** Whose streams it is counted among. */
  readonly owner: string;
  /** Undefined: all that the caller may read. */
  readonly namespace: string | undefined;
  /** The header of the request. */
  readonly authorization: string | undefined;
  /** Called once it is certain that the stream begins. */
  readonly openSink: () => Sink;
  /** Once, if the stream begins. */
  readonly onEnd: (ending: Ending, bytes: number) => void;
}

/** Begins a plain stream, or says why there may not be one more. */
export function openEventStream(
  streams: Streams,
  { owner, namespace, authorization, openSink, onEnd }: StreamOpening,
): Refusal | undefined {
  return streams.open({
    owner,
    start: (following) => startEventStream({ ...following, sink: openSink(), namespace, authorization }),
    onEnd,
  });
}

/** Starts to tell a caller who has the right to it. */
export function startEventStream(options: EventStreamOptions): Following {
  const { sink, namespace } = options;
  let written = 0;
  let ended = false;

  function write(bytes: Uint8Array): void {
    written += bytes.length;
    sink.write(bytes);
  }

  const reader: Reader = {
    isDue: false,
    get written() {
      return written;
    },
    get unsent() {
      return sink.unsent;
    },
    concerns: (of) => namespace === undefined || of === namespace,
    refused: async (caller) => refusedStream(caller, namespace),
    async tell({ namespace: of, changes }, caller) {
      if (namespace === undefined) {
        if (!(await mayTellOf(caller, of))) return 'told';
      } else if ((await refusedStream(caller, namespace)) !== undefined) return 'withdrawn';
      const bindings = changes.flatMap(({ before, after }) => [before, after]).filter((each) => each !== undefined);
      const level = await levelsOf(bindings, of, caller);
      const events = changes.map((change) => eventOf(change, of, level)).filter((event) => event !== undefined);
      if (ended || events.length === 0) return 'told';
      write(Buffer.from(events.map(textOf).join('')));
      options.onSent?.(events.length);
      return 'told';
    },
    tellDue: async () => Promise.resolve('told'),
    keepAlive: () => write(heartbeat),
    end(ending, closed) {
      ended = true;
      if (ending !== 'left') {
        const lastWords = farewell(ending);
        written += lastWords.length;
        sink.end(lastWords);
      }
      closed();
    },
  };

  const following = startFollowing({ ...options, reader });
  write(beginning);
  sink.listen({ drained: () => following.drained(), closed: () => following.end('left') });
  return following;
}
