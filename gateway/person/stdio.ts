/**
 * MCP over stdin and stdout, for one person. It ends when the client closes stdin, once what it has asked before is answered:
 * the SDK would drop that, and a script that pipes its messages in would get nothing.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
import { once } from 'node:events';
import { type Readable, Transform, type Writable } from 'node:stream';
import {
  isJSONRPCRequest,
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type RequestId,
  type Transport,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import type { Log } from '../log.ts';
import type { Asking } from '../mcp/asking.ts';
import { createMcpServer } from '../mcp/server.ts';
import type { Surface } from '../mcp/surface.ts';

/** Serves until `input` ends or `stop` is aborted. Nothing but messages is written to `output`. */
export async function serveOverStdio(options: {
  readonly surface: Surface;
  readonly asking: Asking;
  readonly input: Readable;
  readonly output: Writable;
  readonly log: Log;
  readonly stop: AbortSignal;
}): Promise<void> {
  const { surface, asking, input, output, log, stop } = options;
  const unanswered = createUnanswered();
  const held = new Transform({
    transform: (chunk, _encoding, done) => done(null, chunk),
    flush: (done) => unanswered.whenNone(() => done()),
  });
  const ended = once(held, 'close');
  const handle = serveStdio(({ era }) => createMcpServer(surface, { era, asking }), {
    transport: new CountingTransport(new StdioServerTransport(held, output), unanswered),
    onerror: (error) => log.warn({ err: error }, 'a message of MCP was not served'),
  });
  input.pipe(held);
  input.once('error', () => held.destroy());
  const onStop = () => held.destroy();
  if (stop.aborted) onStop();
  else stop.addEventListener('abort', onStop, { once: true });
  await ended;
  stop.removeEventListener('abort', onStop);
  input.unpipe(held);
  held.destroy();
  await handle.close();
}

interface Unanswered {
  seen(message: JSONRPCMessage): void;
  sent(message: JSONRPCMessage): void;
  /** Calls `task` once, as soon as nothing is asked and not answered. */
  whenNone(task: () => void): void;
}

/** Requests that an answer is due for: not those that were taken back, nor subscriptions, which stay open. */
function createUnanswered(): Unanswered {
  const open = new Set<RequestId>();
  let waiting: (() => void) | undefined;
  function tell(): void {
    // Messages that came in the same piece as the last one are looked at first.
    setImmediate(() => {
      if (open.size > 0) return;
      const task = waiting;
      waiting = undefined;
      task?.();
    });
  }
  return {
    seen(message) {
      if (isJSONRPCRequest(message) && message.method !== 'subscriptions/listen') open.add(message.id);
      if (!isJSONRPCNotification(message) || message.method !== 'notifications/cancelled') return;
      const cancelled = RequestIdOf.safeParse(message.params);
      if (cancelled.success) open.delete(cancelled.data.requestId);
      tell();
    },
    sent(message) {
      if (!isJSONRPCResultResponse(message) && !isJSONRPCErrorResponse(message)) return;
      if (message.id !== undefined) open.delete(message.id);
      tell();
    },
    whenNone(task) {
      waiting = task;
      tell();
    },
  };
}

const RequestIdOf = z.object({ requestId: z.union([z.string(), z.number()]) });

/** A transport that tells what goes through it. */
class CountingTransport implements Transport {
  readonly #inner: Transport;
  readonly #unanswered: Unanswered;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;

  constructor(inner: Transport, unanswered: Unanswered) {
    this.#inner = inner;
    this.#unanswered = unanswered;
  }

  async start(): Promise<void> {
    Object.assign(this.#inner, {
      onclose: () => this.onclose?.(),
      onerror: (error: Error) => this.onerror?.(error),
      onmessage: (message: JSONRPCMessage) => {
        this.#unanswered.seen(message);
        this.onmessage?.(message);
      },
    } satisfies Partial<Transport>);
    await this.#inner.start();
  }

  async send(message: JSONRPCMessage): Promise<void> {
    await this.#inner.send(message);
    this.#unanswered.sent(message);
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }
}
