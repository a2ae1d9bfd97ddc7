/** The tools as MCP has them: the same definitions, rights, limits and JSON as over REST. */
import type { CallToolResult, Tool as ListedTool } from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { Tool } from '../tools/define.ts';
import { isJsonObject } from '../../kube/object.ts';
import { encodedOf } from '../answer/encoded.ts';
import { cutToBytes, untrusted } from '../answer/fence.ts';
import type { ErrorCode, Refusal } from '../errors.ts';
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

/** What `tools/list` has room for: every message of MCP is as short as an answer may be. */
const listBytesMax = 46_000;

/** The tools of MCP. Where their list would be too long, the outputs are told by their shape alone: answers explain themselves. */
export function mcpTools(tools: readonly Tool[]): McpTool[] {
  const all = tools.map(mcpTool);
  if (jsonBytes(all.map(({ listed }) => listed)) <= listBytesMax) return all;
  return tools.map((tool) => mcpTool({ ...tool, outputSchema: shapeOf(tool.outputSchema) }));
}

/** The dialect is the one that MCP takes where none is named. */
const words: ReadonlySet<string> = new Set([
  '$schema',
  'additionalProperties',
  'description',
  'enum',
  'minItems',
  'maxItems',
  'maxLength',
  'minimum',
  'maximum',
]);

/** A schema without descriptions, bounds and lists of words. A property that is called like one of them has a schema, and stays. */
function shapeOf(schema: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const rest = Object.entries(schema).filter(
    ([key, value]) => key !== 'propertyNames' && (isJsonObject(value) || !words.has(key)),
  );
  return Object.fromEntries(rest.map(([key, value]) => [key, isJsonObject(value) ? shapeOf(value) : value]));
}

/** One tool of MCP. */
function mcpTool(tool: Tool): McpTool {
  const { name, title, description } = tool;
  const textContent = keptFor((value): Content => [{ type: 'text', text: cutToBytes(tool.text(value)) }]);
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
        const text = cutToBytes(tool.refusalText?.(answer) ?? refusalText(answer));
        return { isError: true, content: [{ type: 'text', text }] };
      }
      return { content: contentOf(answer.value), structuredContent: { ...answer.value } };
    },
  };
}

/** What a model does next, which would otherwise try the same again or give up. */
const nextSteps: Partial<Record<ErrorCode, string>> = {
  REPORT_NOT_FOUND: 'potoo_list_namespaces has the namespaces that you may see.',
  CONSTRAINT_NOT_FOUND: 'potoo_query for the namespace has what binds it, each with its id.',
  NOT_SYNCED: 'Try again in a few seconds.',
};

/** The refusal, and what to do about it. Over REST the time to wait is in a header. */
function refusalText({ code, error, retryAfterSeconds }: Refusal): string {
  const wait = retryAfterSeconds === undefined ? undefined : `Try again in ${retryAfterSeconds} s, not before.`;
  return [`${code}: ${error}`, wait ?? nextSteps[code]].filter((line) => line !== undefined).join('\n');
}

type Content = CallToolResult['content'];

/** For older clients, which parse the first text. */
function jsonContent(value: object): Content {
  return [
    { type: 'text', text: encodedOf(value).bytes.toString('utf8') },
    { type: 'text', text: untrusted },
  ];
}

/** Made once for each answer: it is measured and then sent, and the same answer may be given again. */
function keptFor(make: (value: object) => Content): (value: object) => Content {
  const known = new WeakMap<object, Content>();
  return (value) => {
    const kept = known.get(value);
    if (kept !== undefined) return kept;
    const made = make(value);
    known.set(value, made);
    return made;
  };
}
