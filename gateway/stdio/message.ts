/**
 * What the bridge looks at in a message: whether it wants an answer, and what HTTP is to be told of it. Everything else goes
 * through as it is.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
 */
import { Buffer } from 'node:buffer';
import * as z from 'zod';

export const RequestId = z.union([z.string(), z.number()]);
export type RequestId = z.infer<typeof RequestId>;

const versionKey = 'io.modelcontextprotocol/protocolVersion';
const text = z.string().optional().catch(undefined);

const StdioMessage = z.object({
  id: RequestId.optional().catch(undefined),
  method: text,
  params: z
    .object({
      name: text,
      uri: text,
      requestId: RequestId.optional().catch(undefined),
      _meta: z
        .object({ [versionKey]: text })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
  result: z.object({ protocolVersion: text }).optional().catch(undefined),
});
export type StdioMessage = z.infer<typeof StdioMessage>;

/** A message as far as it can be read; undefined for what is no object. */
export function readMessage(value: unknown): StdioMessage | undefined {
  return StdioMessage.safeParse(value).data;
}

const Notification = z.object({ id: z.undefined().optional(), method: z.string() });

/** Whether a message, as JSON has it, wants no answer. */
export function isNotification(value: unknown): boolean {
  return Notification.safeParse(value).success;
}

/** The header `Mcp-Name` says what these methods name, so that proxies need not read bodies. */
const named: Readonly<Record<string, 'name' | 'uri'>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

/**
 * Headers of a POST that carries the message. A revision without a handshake stands in the message itself, and method and name
 * are repeated then; an older one was agreed on before.
 */
export function headersOf(
  { method, params }: StdioMessage,
  agreed: string | undefined,
): Readonly<Record<string, string>> {
  const version = params?._meta?.[versionKey];
  if (version === undefined || method === undefined) {
    return agreed === undefined ? {} : { 'mcp-protocol-version': fieldValue(agreed) };
  }
  const field = Object.hasOwn(named, method) ? named[method] : undefined;
  const name = field === undefined ? undefined : params?.[field];
  return {
    'mcp-protocol-version': fieldValue(version),
    'mcp-method': fieldValue(method),
    ...(name === undefined ? {} : { 'mcp-name': fieldValue(name) }),
  };
}

/** What no header can hold as it is, or what looks like the form itself, goes as base64 of its UTF-8. */
function fieldValue(value: string): string {
  const plain = /^[!-~](?:[ -~\t]*[!-~])?$/.test(value) && !value.startsWith('=?base64?');
  return plain ? value : `=?base64?${Buffer.from(value).toString('base64')}?=`;
}
