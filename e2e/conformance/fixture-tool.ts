/** What the fixtures of the conformance suite are made of. */
import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type ContentBlock,
  type InputRequiredResult,
  LOG_LEVEL_META_KEY,
  type ServerContext,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { McpTool } from '../../gateway/mcp/surface.ts';

/** One red pixel. */
export const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
/** A tool without arguments. */
export function fixtureTool(
  name: string,
  description: string,
  call: (context: ServerContext) => Promise<CallToolResult | InputRequiredResult>,
): McpTool {
  return {
    listed: { name, description, inputSchema: { type: 'object', properties: {} } },
    call: async (_input, { context }) => call(context),
  };
}

export const says = (...content: ContentBlock[]): CallToolResult => ({ content });
export const text = (of: string): ContentBlock => ({ type: 'text', text: of });

const Envelope = z.object({
  [CLIENT_CAPABILITIES_META_KEY]: z.record(z.string(), z.unknown()).default({}),
  [LOG_LEVEL_META_KEY]: z.string().optional(),
});

/** What a client of 2026-07-28 says of itself in each request; undefined for older ones. */
export function envelopeOf({ mcpReq }: ServerContext) {
  if (mcpReq.envelope === undefined) return undefined;
  const envelope = Envelope.parse(mcpReq.envelope);
  return { capabilities: envelope[CLIENT_CAPABILITIES_META_KEY], logLevel: envelope[LOG_LEVEL_META_KEY] };
}
