/** The tools as MCP has them: the same definitions, rights, limits and JSON as over REST. */
import type { CallToolResult, Tool as ListedTool } from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { Tool } from '../tools/define.ts';
import { encodedOf } from '../answer/encoded.ts';
import { cutToBytes, untrusted } from '../answer/fence.ts';
import {
  answerBytesMax,
  fitting,
  jsonBytes,
  readsStructured,
  structuredBytesMax,
  structuredBytesMaxWithText,
} from './size.ts';
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
    async call(input, { asking, revision, context }): Promise<CallToolResult> {
      const structured = readsStructured(revision);
      const contentOf = structured ? textContent : jsonContent;
      const firstBytesMax = structured ? structuredBytesMax : structuredBytesMaxWithText;
      const answer = await asking.answer(name, firstBytesMax, async (call) =>
        fitting({
          bytesMax: answerBytesMax(context.mcpReq.id),
          firstBytesMax,
          ask: async (bytesMax) => tool.answer(input, { ...call, bytesMax }),
          size: (value) => encodedOf(value).bytes.length + jsonBytes(contentOf(value)),
        }),
      );
      if (!answer.ok) {
        const { code, error } = answer;
        const text = cutToBytes(tool.refusalText?.(answer) ?? `${code}: ${error}`);
        return { isError: true, content: [{ type: 'text', text }] };
      }
      return { content: contentOf(answer.value), structuredContent: { ...answer.value } };
    },
  };

  function textContent(value: object): CallToolResult['content'] {
    return [{ type: 'text', text: cutToBytes(tool.text(value)) }];
  }
}

/** For older clients, which parse the first text. */
function jsonContent(value: object): CallToolResult['content'] {
  return [
    { type: 'text', text: encodedOf(value).bytes.toString('utf8') },
    { type: 'text', text: untrusted },
  ];
}
