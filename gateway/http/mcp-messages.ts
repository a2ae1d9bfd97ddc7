/** What the gateway looks at in messages of MCP before the SDK reads them: enough to count, to record and to ask for rights. */
import { isJSONRPCRequest, isSpecType } from '@modelcontextprotocol/server';
import * as z from 'zod';

/** A message as far as it can be read; anything else is the SDK's to refuse. */
const Message = z.object({
  id: z.union([z.string(), z.number()]).optional().catch(undefined),
  method: z.string().optional().catch(undefined),
  params: z
    .object({
      name: z.string().optional().catch(undefined),
      uri: z.string().optional().catch(undefined),
      arguments: z.record(z.string(), z.unknown()).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});
export interface Message extends z.infer<typeof Message> {
  /** Whether what it asks for writes the record itself: `unread` where it would, and cannot be read. */
  readonly record: 'own' | 'none' | 'unread';
}

/** The messages of a body, in order: an array holds several. What is no message counts as an empty one. */
export function messagesOf(body: unknown): readonly Message[] {
  const all: readonly unknown[] = Array.isArray(body) ? body : [body];
  return all.map((each) => {
    const message = Message.safeParse(each).data ?? {};
    return { ...message, record: recordOf(message.method, each) };
  });
}

/** Methods that are told apart in records and metrics: a fixed list, so that callers cannot make up more. */
const methods: ReadonlySet<string> = new Set([
  'initialize',
  'notifications/initialized',
  'ping',
  'server/discover',
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'subscriptions/listen',
  'prompts/list',
  'prompts/get',
  'completion/complete',
]);

/** What a message is called in the record: `mcp:tools/list`. */
export function recordName(message: Pick<Message, 'method'> | undefined): string {
  const method = message?.method;
  return method === undefined ? 'mcp' : methods.has(method) ? `mcp:${method}` : 'mcp:other';
}

/** Methods that write the record themselves, because they ask for what the caller may see: with what the SDK hands on to them. */
const reporting: ReadonlyMap<string | undefined, (message: unknown) => boolean> = new Map<
  string | undefined,
  (message: unknown) => boolean
>([
  ['tools/call', (message) => isSpecType.CallToolRequest(message) && hasReadableState(message)],
  ['resources/list', isSpecType.ListResourcesRequest],
  ['resources/read', (message) => isSpecType.ReadResourceRequest(message) && hasReadableState(message)],
  ['resources/subscribe', isSpecType.SubscribeRequest],
  ['completion/complete', isSpecType.CompleteRequest],
]);

const RequestState = z.object({ params: z.object({ requestState: z.string().optional() }) });

/** What a client brings back of an answer that asked for more is text; the SDK refuses anything else of what may ask for more. */
function hasReadableState(message: unknown): boolean {
  return RequestState.safeParse(message).success;
}

function recordOf(method: string | undefined, message: unknown): Message['record'] {
  const isRead = reporting.get(method);
  // What wants no answer is not handed on to them either.
  if (isRead === undefined || !isJSONRPCRequest(message)) return 'none';
  return isRead(message) ? 'own' : 'unread';
}
