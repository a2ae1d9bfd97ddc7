/** The tools as MCP has them: the same definitions, rights, limits and JSON as over REST. */
import type { CallToolResult, Tool as ListedTool } from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { Tool } from '../tools/define.ts';
import { structuredBytesMax, textBytesMax, readsStructured, structuredBytesMaxWithText } from './size.ts';
import type { McpTool } from './surface.ts';

/** Every tool only reads, and asks nobody outside of the cluster. */
const annotations = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false } as const;

const ObjectSchema = z.looseObject({ type: z.literal('object') });

/** One tool of MCP. */
export function mcpTool(tool: Tool): McpTool {
  const { name, title, description } = tool;
  const listed: ListedTool = {
    name,
    title,
    description,
    inputSchema: ObjectSchema.parse(tool.inputSchema),
    outputSchema: ObjectSchema.parse(tool.outputSchema),
    annotations: { title, ...annotations },
  };
  return {
    listed,
    async call(input, { asking, revision }): Promise<CallToolResult> {
      const structured = readsStructured(revision);
      const bytesMax = structured ? structuredBytesMax : structuredBytesMaxWithText;
      const answer = await asking.answer(name, bytesMax, async (call) => tool.answer(input, call));
      if (!answer.ok) {
        const { code, error } = answer;
        return {
          isError: true,
          content: [{ type: 'text', text: tool.refusalText?.(answer) ?? `${code}: ${error}` }],
        };
      }
      const text = structured ? tool.text(answer.value).slice(0, textBytesMax) : JSON.stringify(answer.value);
      return { content: [{ type: 'text', text }], structuredContent: { ...answer.value } };
    },
  };
}
