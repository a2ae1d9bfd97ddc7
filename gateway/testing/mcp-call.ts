/** One message of MCP to a gateway without sockets, in the words of a revision, and the bytes that come back. */
import { Buffer } from 'node:buffer';
import * as z from 'zod';
import type { Gateway } from './fixture.ts';

const Answered = z.object({
  result: z.record(z.string(), z.unknown()).optional(),
  error: z
    .object({
      code: z.number(),
      message: z.string(),
      data: z.looseObject({ code: z.string().optional() }).optional(),
    })
    .optional(),
});

export interface McpAnswer extends z.infer<typeof Answered> {
  /** Of the whole body, with the frame of an event stream where there is one. */
  readonly bytes: number;
  readonly status: number;
}

/** All that are served, and a client that names none. */
export const revisions = [
  undefined,
  '2024-10-07',
  '2024-11-05',
  '2025-03-26',
  '2025-06-18',
  '2025-11-25',
  '2026-07-28',
] as const;

export type Revision = (typeof revisions)[number];

export interface McpMessage {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly id?: string | number;
}

export async function mcpCall(
  gateway: Pick<Gateway, 'fetch'>,
  user: string | undefined,
  revision: Revision,
  message: McpMessage,
): Promise<McpAnswer> {
  const response = await gateway.fetch(mcpRequest(user, revision, message));
  return readMcpAnswer(response.status, await response.text());
}

export function mcpRequest(
  user: string | undefined,
  revision: Revision,
  { method, params = {}, id = 1 }: McpMessage,
): Request {
  const modern = revision === '2026-07-28';
  const name = params['name'] ?? params['uri'];
  const meta = {
    'io.modelcontextprotocol/protocolVersion': revision,
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  };
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(user === undefined ? {} : { authorization: `Bearer ${user}` }),
    ...(revision === undefined ? {} : { 'mcp-protocol-version': revision }),
    ...(modern ? { 'mcp-method': method } : {}),
    ...(modern && typeof name === 'string' ? { 'mcp-name': headerText(name) } : {}),
  };
  const body = { jsonrpc: '2.0', id, method, params: modern ? { ...params, _meta: meta } : params };
  return new Request('http://localhost/mcp', { method: 'POST', headers, body: JSON.stringify(body) });
}

/** As revision 2026-07-28 puts into a header what a header cannot hold. */
function headerText(text: string): string {
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)) return text;
  return `=?base64?${Buffer.from(text).toString('base64')}?=`;
}

export function readMcpAnswer(status: number, text: string): McpAnswer {
  const data = text.split('\n').find((line) => line.startsWith('data: {'));
  const json: unknown = JSON.parse(data === undefined ? text : data.slice('data: '.length));
  return { ...Answered.parse(json), bytes: Buffer.byteLength(text), status };
}
