/** Where the bytes of a stream go: the socket of a request, or a body that a test reads. */
import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../kube/clock.ts';

/** Bytes that a reader has not taken; beyond, it is given no more until it has. */
export const unsentBytesMax = 65_536;
/** How long the last words may take to reach the reader. */
const lastWordsMs = 2_000;

export interface SinkEvents {
  /** The reader has taken what was written. */
  readonly drained: () => void;
  /** Nobody reads any more. */
  readonly closed: () => void;
}

export interface Sink {
  /** Bytes that the reader has not taken. */
  readonly unsent: number;
  write(bytes: Uint8Array): void;
  /** Last words. A reader who does not take them is cut off. */
  end(bytes: Uint8Array): void;
  listen(events: SinkEvents): void;
}

export const streamHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
} as const;

/** Straight to the response of Node: a web stream in between costs several times the memory and time. */
export function createResponseSink(outgoing: ServerResponse, clock: Clock): Sink {
  outgoing.writeHead(200, streamHeaders);
  return {
    get unsent() {
      return outgoing.writableLength;
    },
    write: (bytes) => void outgoing.write(bytes),
    end(bytes) {
      const cancel = clock.after(lastWordsMs, () => outgoing.destroy());
      outgoing.once('close', cancel);
      outgoing.end(bytes);
    },
    listen({ drained, closed }) {
      outgoing.on('drain', drained);
      outgoing.once('close', closed);
      // A peer that resets the connection: 'close' follows, and there is nobody left to be told.
      outgoing.on('error', closed);
      // Gone while it was asked who it is: no further event will tell.
      if (outgoing.destroyed) clock.after(0, closed);
    },
  };
}

/** The same without a socket. */
export function createBodySink(): { readonly sink: Sink; readonly body: ReadableStream<Uint8Array> } {
  let events: SinkEvents | undefined;
  let ended = false;
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      start(own) {
        controller = own;
      },
      pull: () => events?.drained(),
      cancel() {
        ended = true;
        events?.closed();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: unsentBytesMax }),
  );
  const sink: Sink = {
    get unsent() {
      return ended ? 0 : unsentBytesMax - (controller?.desiredSize ?? 0);
    },
    write(bytes) {
      if (!ended) controller?.enqueue(Buffer.from(bytes));
    },
    end(bytes) {
      if (ended) return;
      controller?.enqueue(Buffer.from(bytes));
      ended = true;
      controller?.close();
      events?.closed();
    },
    listen(own) {
      events = own;
    },
  };
  return { sink, body };
}
