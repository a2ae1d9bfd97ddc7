/**
 * The same questions over MCP: what a test asks of REST by path, asked at `/mcp` in a revision, so that one test holds for both.
 */
import * as z from 'zod';
import type { Gateway } from './fixture.ts';

/** One of each kind: text alone, text and JSON in a stream, and JSON. */
export const revisions = ['2024-11-05', '2025-11-25', '2026-07-28'] as const;
export type Revision = (typeof revisions)[number];

export interface McpDoor extends Pick<Gateway, 'get' | 'post'> {
  /** The raw answer to a method of the protocol. */
  send(method: string, params: Params, user?: string): Promise<Response>;
}

type Params = Readonly<Record<string, unknown>> & {
  readonly name?: string | undefined;
  readonly uri?: string | undefined;
};

/** `get('/resources/reports/shop')` reads `potoo://reports/shop`, and `post('/tools/potoo_query', …)` calls the tool. */
export function mcpDoor(gateway: Gateway, revision: Revision): McpDoor {
  const isModern = revision === '2026-07-28';

  async function send(method: string, params: Params, user?: string): Promise<Response> {
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': revision,
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const name = params.name ?? params.uri;
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      'mcp-protocol-version': revision,
      ...(user === undefined ? {} : { authorization: `Bearer ${user}` }),
      ...(isModern ? { 'mcp-method': method } : {}),
      ...(isModern && name !== undefined ? { 'mcp-name': headerText(name) } : {}),
    };
    const body = { jsonrpc: '2.0', id: 1, method, params: isModern ? { ...params, _meta } : params };
    return gateway.request('/mcp', { method: 'POST', headers, body: JSON.stringify(body) });
  }

  return {
    send,
    get: async (path, user) => send('resources/read', { uri: path.replace('/resources/', 'potoo://') }, user),
    post: async (path, body, user) =>
      send('tools/call', { name: path.replace('/tools/', ''), arguments: body ?? {} }, user),
  };
}

/** As revision 2026-07-28 puts into a header what a header cannot hold. */
function headerText(text: string): string {
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text)) return text;
  return `=?base64?${Buffer.from(text).toString('base64')}?=`;
}

const Content = z.array(z.object({ text: z.string() }));
const Message = z.object({
  result: z
    .object({
      isError: z.boolean().optional(),
      content: Content.optional(),
      structuredContent: z.unknown().optional(),
      contents: Content.optional(),
    })
    .optional(),
  error: z
    .object({
      code: z.number(),
      message: z.string(),
      data: z.looseObject({ code: z.string().optional() }).optional(),
    })
    .optional(),
});

/** An answer of either protocol: the code of its error, or OK with the JSON of the tool or resource. */
export async function readAnswer(response: Response): Promise<{ readonly code: string; readonly value?: unknown }> {
  const text = await response.text();
  const data = /^data: ([^\r\n]+)$/m.exec(text)?.[1] ?? text;
  const { result, error } = Message.parse(JSON.parse(data));
  if (error !== undefined) return { code: error.data?.code ?? String(error.code) };
  if (result === undefined) throw new Error(`neither a result nor an error: ${text.slice(0, 200)}`);
  const said = (result.contents ?? result.content)?.[0]?.text ?? '';
  if (result.isError === true) return { code: said.slice(0, said.indexOf(':')) };
  return { code: 'OK', value: result.structuredContent ?? JSON.parse(said) };
}
