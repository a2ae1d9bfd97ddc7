/** The resources as MCP has them: addresses are read here, and answered by the same definitions as over REST. */
import {
  ProtocolError,
  ProtocolErrorCode,
  type ListResourcesResult,
  type ReadResourceResult,
  type Resource,
  ResourceNotFoundError,
} from '@modelcontextprotocol/server';
import { aroundItemsBytes } from '../answer/binding-page.ts';
import { encodedOf } from '../answer/encoded.ts';
import { pageOfReports, type ReportsPage } from '../answer/visible-reports.ts';
import type { Report } from '../catalog/report.ts';
import { type ErrorCode, type Refusal, refusal } from '../errors.ts';
import type { ResourceDefinition } from '../resources/define.ts';
import { reports } from '../resources/reports.ts';
import { answerOf } from './asking.ts';
import { answerBytesMax, fitting, jsonBytes, structuredBytesMax } from './size.ts';
import { subjectOf, type Subscriptions } from './subject.ts';
import type { Asked, McpResources } from './surface.ts';

/** Longest address that is looked at: a cursor is the longest part. */
const uriLengthMax = 8_192;
/** Reports in one page of the list. */
const listedMax = 100;
const listName = 'mcp:resources/list';
/** An error of the gateway's own, whose code says which (JSON-RPC leaves -32000 to -32099 to servers, MCP -32000 to -32019). */
const refusedCode = -32_003;

/** @param resources In the order in which they are listed. */
export function mcpResources(resources: readonly ResourceDefinition[]): McpResources {
  const isTemplate = ({ uri }: ResourceDefinition) => uri.includes('{');
  const fixed = resources
    .filter((resource) => !isTemplate(resource))
    .map((resource): Resource => ({ uri: resource.uri, ...described(resource) }));
  return {
    templates: resources.filter(isTemplate).map((resource) => ({ uriTemplate: resource.uri, ...described(resource) })),
    async list(cursor, { asking, context }): Promise<ListResourcesResult> {
      const first = cursor === undefined ? fixed : [];
      const bytesMax = answerBytesMax(context.mcpReq.id) - jsonBytes(first) - aroundItemsBytes;
      const answer = await answerOf<ListResourcesResult>(asking, listName, structuredBytesMax, async (call) => {
        const bytesOf = (report: Report) => jsonBytes(listedReport(report)) + 1;
        const page = await pageOfReports({ list: listName, limit: listedMax, cursor, bytesMax, bytesOf }, call);
        if (!page.ok && page.code !== 'UNAUTHENTICATED') return { answer: page, namespace: undefined };
        // Whoever may see no report may still read what is fixed.
        const { items, next }: Pick<ReportsPage, 'items' | 'next'> = page.ok
          ? page.value
          : { items: [], next: undefined };
        const value = {
          resources: [...first, ...items.map(listedReport)],
          ...(next === undefined ? {} : { nextCursor: next }),
        };
        return { answer: { ok: true, value }, namespace: undefined };
      });
      if (!answer.ok) throw protocolError(answer, listName);
      return answer.value;
    },
    async read(uri, asked): Promise<ReadResourceResult> {
      const { asking, context } = asked;
      const wanted = readResourceUri(uri, resources);
      if (wanted === undefined) return refuse(asked, 'mcp:resources/read', new ResourceNotFoundError(uri));
      const { resource, params } = wanted;
      const contentsOf = (value: object) => [
        { uri, mimeType: resource.mimeType, text: encodedOf(value).bytes.toString('utf8') },
      ];
      const answer = await asking.answer(resource.name, structuredBytesMax, async (call) =>
        fitting({
          bytesMax: answerBytesMax(context.mcpReq.id),
          firstBytesMax: structuredBytesMax,
          ask: async (bytesMax) => resource.answer(params, { ...call, bytesMax }),
          size: (value) => jsonBytes(contentsOf(value)),
        }),
      );
      if (!answer.ok) throw protocolError(answer, uri);
      return { contents: contentsOf(answer.value) };
    },
    subjectOf(uri) {
      const wanted = readResourceUri(uri, resources);
      return wanted === undefined ? undefined : subjectOf(uri, wanted.resource, wanted.params);
    },
  };
}

/** The report of a namespace, as one of the resources that there are. */
function listedReport({ namespace, lastChanged }: Report): Resource {
  return {
    uri: `potoo://reports/${namespace}`,
    name: `reports/${namespace}`,
    title: `Report of ${namespace}`,
    mimeType: reports.mimeType,
    ...(/^[\d:.TZ-]{20,40}$/.test(lastChanged) ? { annotations: { lastModified: lastChanged } } : {}),
  };
}

function described({ name, title, description, mimeType }: ResourceDefinition) {
  return { name, title, description, mimeType };
}

/** Subscribes the caller to an address that it may read. Throws as `read` does. */
export async function subscribe(
  resources: McpResources,
  subscriptions: Subscriptions,
  uri: string,
  asked: Asked,
): Promise<void> {
  const { asking } = asked;
  const subject = resources.subjectOf?.(uri);
  if (subject === undefined) return refuse(asked, 'mcp:resources/subscribe', new ResourceNotFoundError(uri));
  const namespace = 'namespace' in subject ? subject.namespace : undefined;
  const answer = await asking.answer('mcp:resources/subscribe', structuredBytesMax, async ({ caller }) => ({
    answer: (await subscriptions.add(subject, caller)) ?? { ok: true, value: {} },
    namespace,
  }));
  if (!answer.ok) throw protocolError(answer, uri);
}

/** Records that somebody asked for what there is not, and says so. */
export async function refuse({ asking }: Asked, recordName: string, why: ProtocolError): Promise<never> {
  const answer = refusal('NOT_FOUND', why.message);
  await asking.answer(recordName, structuredBytesMax, async () => Promise.resolve({ answer, namespace: undefined }));
  throw why;
}

/** What an address asks for: `potoo://reports/shop?limit=10`. Undefined for one that none of the resources has. */
function readResourceUri(
  uri: string,
  resources: readonly ResourceDefinition[],
): { readonly resource: ResourceDefinition; readonly params: Readonly<Record<string, string>> } | undefined {
  const url = uri.length <= uriLengthMax && URL.canParse(uri) ? new URL(uri) : undefined;
  if (url?.protocol !== 'potoo:') return undefined;
  // Nothing of these means anything here: one address for one thing.
  if (url.username !== '' || url.password !== '' || url.port !== '' || url.hash !== '') return undefined;
  const given = url.pathname.split('/').slice(1);
  for (const resource of resources) {
    const [name, ...fields] = resource.uri.slice('potoo://'.length).split('/');
    if (url.hostname !== name) continue;
    // The last field may hold slashes, like the name of a constraint with its rule.
    const last = Math.max(fields.length - 1, 0);
    const parts = [...given.slice(0, last), given.slice(last).join('/')].slice(0, fields.length);
    if (parts.length !== fields.length || (fields.length === 0 && url.pathname !== '')) return undefined;
    const values = parts.map(decoded);
    if (values.some((value) => value === undefined || value === '')) return undefined;
    const path = fields.map((field, index) => [field.slice(1, -1), values[index] ?? ''] as const);
    return { resource, params: Object.fromEntries([...url.searchParams, ...path]) };
  }
  return undefined;
}

/** Undefined for what is no percent-encoding of UTF-8. */
function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** A refusal in the words of JSON-RPC. What is not there and what may not be seen are told apart as over REST. */
export function protocolError(refused: Refusal, uri: string): ProtocolError {
  const { code, error } = refused;
  return new ProtocolError(rpcCodeOf(code), error, { code, uri });
}

/** What JSON-RPC calls a refusal of what was asked for. */
export function rpcCodeOf(code: ErrorCode): number {
  const isInput = code === 'INVALID_REQUEST' || code === 'INVALID_CURSOR' || code.endsWith('NOT_FOUND');
  return isInput ? ProtocolErrorCode.InvalidParams : refusedCode;
}
