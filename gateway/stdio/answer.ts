/** Answers of the gateway's `/mcp` as messages: one JSON text, or a stream of events that may go on. */
import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import * as z from 'zod';
import { boundedLines } from './lines.ts';
import type { RequestId } from './message.ts';

/** Of one message: answers are some ten kilobytes. */
const messageBytesMax = 8 * 1_048_576;

/** Messages of an answer that went well, one after the other as they come. Throws for what is none. */
export async function* messagesIn(answer: IncomingMessage): AsyncGenerator<unknown, void, undefined> {
  const type = answer.headers['content-type'] ?? '';
  if (!type.startsWith('text/event-stream')) {
    const text = await textIn(answer);
    if (text !== '') yield JSON.parse(text);
    return;
  }
  let data: string[] = [];
  for await (const line of boundedLines(answer, messageBytesMax)) {
    if (line === undefined) throw new Error('a line of the answer is too long');
    if (line.startsWith('data:')) data.push(line.slice(line.startsWith('data: ') ? 6 : 5));
    if (line !== '' || data.length === 0) continue;
    yield JSON.parse(data.join('\n'));
    data = [];
  }
}

async function textIn(answer: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > messageBytesMax) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const RpcError = z.object({
  error: z.object({ code: z.int(), message: z.string(), data: z.unknown().optional() }),
});

/** An answer of the protocol that says why not. */
export function rpcError(id: RequestId | null, code: number, message: string, data?: unknown): object {
  return { jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } };
}

/** What a request is told that the gateway refused: in the gateway's words, with what would help here. */
export async function refusalIn(answer: IncomingMessage): Promise<object> {
  const status = answer.statusCode ?? 0;
  const { error } = readRpcError(await textIn(answer)) ?? {};
  const said = error?.message ?? `The gateway answered with HTTP ${status}.`;
  const hint = hintOf(status, answer.headers['retry-after']);
  return rpcError(null, error?.code ?? -32_000, hint === undefined ? said : `${said} ${hint}`, error?.data);
}

function readRpcError(text: string): z.infer<typeof RpcError> | undefined {
  try {
    return RpcError.safeParse(JSON.parse(text)).data;
  } catch {
    // Not from the gateway, then: a proxy that says it in HTML.
    return undefined;
  }
}

function hintOf(status: number, retryAfter: string | undefined): string | undefined {
  if (status === 401) {
    return 'Start this program with POTOO_TOKEN set to a token that the cluster accepts, like one of kubectl create token.';
  }
  if (status === 403) return 'Ask an administrator for that right, or use a POTOO_TOKEN of somebody who has it.';
  if (status === 429) return `Try again after ${retryAfter ?? '1'} s.`;
  return undefined;
}
