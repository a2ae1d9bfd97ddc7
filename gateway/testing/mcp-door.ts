/**
 * The same questions over MCP: what a test asks of REST by path, asked at `/mcp` in a revision, so that one test holds for both.
 */
import * as z from 'zod';
import type { Gateway } from './fixture.ts';
import { mcpRequest, readMcpAnswer } from './mcp-call.ts';

/** One of each form of answer: text alone, text and JSON in a stream, and JSON. */
export const exampleRevisions = ['2024-11-05', '2025-11-25', '2026-07-28'] as const;
export type ExampleRevision = (typeof exampleRevisions)[number];

export interface McpDoor extends Pick<Gateway, 'get' | 'post'> {
  /** The raw answer to a method of the protocol. */
  send(method: string, params: Readonly<Record<string, unknown>>, user?: string): Promise<Response>;
}

/** `get('/resources/reports/shop')` reads `potoo://reports/shop`, and `post('/tools/potoo_query', …)` calls the tool. */
export function mcpDoor(gateway: Gateway, revision: ExampleRevision): McpDoor {
  const send: McpDoor['send'] = async (method, params, user) =>
    gateway.fetch(mcpRequest(user, revision, { method, params }));
  return {
    send,
    get: async (path, user) => send('resources/read', { uri: path.replace('/resources/', 'potoo://') }, user),
    post: async (path, body, user) =>
      send('tools/call', { name: path.replace('/tools/', ''), arguments: body ?? {} }, user),
  };
}

const Content = z.array(z.object({ text: z.string() }));
const Result = z.object({
  isError: z.boolean().optional(),
  content: Content.optional(),
  structuredContent: z.unknown().optional(),
  contents: Content.optional(),
});

/** An answer of either protocol: the code of its error, or OK with the JSON of the tool or resource. */
export async function readAnswer(response: Response): Promise<{ readonly code: string; readonly value?: unknown }> {
  const { error, ...answer } = readMcpAnswer(response.status, await response.text());
  if (error !== undefined) return { code: error.data?.code ?? String(error.code) };
  const { isError, content, structuredContent, contents } = Result.parse(answer.result);
  const said = (contents ?? content)?.[0]?.text ?? '';
  if (isError === true) return { code: said.slice(0, said.indexOf(':')) };
  return { code: 'OK', value: structuredContent ?? JSON.parse(said) };
}
