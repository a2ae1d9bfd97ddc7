/**
 * MCP over stdin and stdout, for one person. It ends when the client closes stdin, once what it has asked before is answered:
 * the SDK would drop that, and a script that pipes its messages in would get nothing.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
import { once } from 'node:events';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import {
  isJSONRPCRequest,
  isJSONRPCErrorResponse,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type RequestId,
  type Transport,
} from '@modelcontextprotocol/server';
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
  const held = new PassThrough();
  const transport = new AnsweringTransport(held, output);
  const ended = once(held, 'close');
  const handle = serveStdio(({ era }) => createMcpServer(surface, { era, asking }), {
    transport,
    onerror: (error) => log.warn({ err: error }, 'a message of MCP was not served'),
  });
  input.pipe(held, { end: false });
  input.once('end', () => transport.endWhenAnswered());
  input.once('error', () => held.destroy());
  const onStop = () => held.destroy();
  if (stop.aborted) onStop();
  else stop.addEventListener('abort', onStop, { once: true });
  await ended;
  stop.removeEventListener('abort', onStop);
  input.unpipe(held);
  await handle.close();
}

/** The SDK's transport, which counts what is asked and not answered yet. */
class AnsweringTransport implements Transport {
  readonly #inner: StdioServerTransport;
  readonly #held: PassThrough;
  readonly #open = new Set<RequestId>();
  #inputHasEnded = false;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;

  constructor(held: PassThrough, output: Writable) {
    this.#held = held;
    this.#inner = new StdioServerTransport(held, output);
  }

  async start(): Promise<void> {
    this.#inner.onclose = () => this.onclose?.();
    this.#inner.onerror = (error) => this.onerror?.(error);
    this.#inner.onmessage = (message) => {
      if (isJSONRPCRequest(message)) this.#open.add(message.id);
      this.onmessage?.(message);
    };
    await this.#inner.start();
  }

  async send(message: JSONRPCMessage): Promise<void> {
    await this.#inner.send(message);
    const isAnswer = isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message);
    if (isAnswer && message.id !== undefined && this.#open.delete(message.id)) this.#endIfAnswered();
  }

  async close(): Promise<void> {
    await this.#inner.close();
    this.#held.destroy();
  }

  /** No more messages come. */
  endWhenAnswered(): void {
    this.#inputHasEnded = true;
    this.#endIfAnswered();
  }

  #endIfAnswered(): void {
    if (this.#inputHasEnded && this.#open.size === 0 && this.#held.readableLength === 0) this.#held.end();
  }
}
