/**
 * An MCP server for one exchange or connection, made from the surface. It is made for each HTTP request, so all that can be
 * made once stands in the surface, and a request registers no more than handlers: the SDK's own registration would turn every
 * schema into JSON anew.
 */
import {
  McpServer,
  type McpRequestContext,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
  specTypeSchemas,
} from '@modelcontextprotocol/server';
import { type Asking, askingOf } from './asking.ts';
import { refuse, subscribe } from './resources.ts';
import type { Subscriptions } from './subject.ts';
import type { Asked, Surface } from './surface.ts';

const [minute, hour] = [60_000, 3_600_000];
/** Lists are the same for everybody until the gateway is updated; what is read is the caller's own. */
const cacheHints = {
  'server/discover': { ttlMs: hour, cacheScope: 'public' },
  'tools/list': { ttlMs: 5 * minute, cacheScope: 'public' },
  'prompts/list': { ttlMs: 5 * minute, cacheScope: 'public' },
  'resources/templates/list': { ttlMs: 5 * minute, cacheScope: 'public' },
  'resources/list': { ttlMs: 5_000, cacheScope: 'private' },
  'resources/read': { ttlMs: 5_000, cacheScope: 'private' },
} as const;

/** What a connection adds to the surface. */
export interface Connection {
  readonly era: McpRequestContext['era'];
  /** Who asks, where messages do not bring it along: over stdio there is one person alone. */
  readonly asking?: Asking | undefined;
  /** Absent where there can be none. */
  readonly subscriptions?: Subscriptions | undefined;
}

/** A server that answers from the surface. */
export function createMcpServer(surface: Surface, { era, asking, subscriptions }: Connection): McpServer {
  const { name, title, version, instructions, tools, prompts, resources } = surface;
  const mcp = new McpServer(
    { name, title, version },
    {
      instructions,
      capabilities: {
        // Said, because the SDK promises news of lists otherwise: they are the same until the gateway is updated.
        tools: { listChanged: false },
        prompts: { listChanged: false },
        // A stateless server of the older revisions has no stream to send news on, so it does not promise any.
        resources: { listChanged: false, ...(subscriptions?.isTold === true ? { subscribe: true } : {}) },
        completions: {},
        ...surface.capabilities,
      },
      cacheHints,
      ...(surface.requestState === undefined ? {} : { requestState: surface.requestState }),
    },
  );
  const { server } = mcp;

  function asked(context: ServerContext): Asked {
    const header = context.http?.req?.headers.get('mcp-protocol-version') ?? undefined;
    return {
      asking: asking ?? askingOf(context),
      revision: server.getNegotiatedProtocolVersion() ?? header,
      context,
    };
  }

  const listedTools = tools.map(({ listed }) => listed);
  server.setRequestHandler('tools/list', paramsOf('PaginatedRequestParams'), () => ({ tools: listedTools }));
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const tool = tools.find(({ listed }) => listed.name === params.name);
    if (tool === undefined) return refuse(asked(context), 'mcp:tools/call', noSuch('tool', listedTools));
    return tool.call(params.arguments ?? {}, asked(context));
  });

  const listedPrompts = prompts.map(({ listed }) => listed);
  server.setRequestHandler('prompts/list', paramsOf('PaginatedRequestParams'), () => ({ prompts: listedPrompts }));
  server.setRequestHandler('prompts/get', paramsOf('GetPromptRequestParams'), async (params, context) => {
    const prompt = prompts.find(({ listed }) => listed.name === params.name);
    if (prompt === undefined) throw noSuch('prompt', listedPrompts);
    return prompt.get(params.arguments ?? {}, asked(context));
  });

  server.setRequestHandler('resources/list', paramsOf('PaginatedRequestParams'), async ({ cursor }, context) =>
    resources.list(cursor, asked(context)),
  );
  server.setRequestHandler('resources/templates/list', paramsOf('PaginatedRequestParams'), () => ({
    resourceTemplates: [...resources.templates],
  }));
  server.setRequestHandler('resources/read', paramsOf('ReadResourceRequestParams'), async ({ uri }, context) =>
    resources.read(uri, asked(context)),
  );
  if (era === 'legacy' && subscriptions !== undefined) {
    server.setRequestHandler('resources/subscribe', paramsOf('SubscribeRequestParams'), async ({ uri }, context) => {
      await subscribe(resources, subscriptions, uri, asked(context));
      return {};
    });
    server.setRequestHandler('resources/unsubscribe', paramsOf('UnsubscribeRequestParams'), ({ uri }) => {
      subscriptions.remove(uri);
      return {};
    });
  }
  server.setRequestHandler('completion/complete', paramsOf('CompleteRequestParams'), async (params, context) =>
    surface.complete(params, asked(context)),
  );
  surface.prepare?.(server);
  return mcp;
}

/** The name that was asked for is not repeated: whoever misspelt it finds the right one among those that there are. */
function noSuch(what: 'tool' | 'prompt', listed: readonly { readonly name: string }[]): ProtocolError {
  const names = listed.map(({ name }) => name).join(', ');
  return new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no ${what} of this name. There are: ${names}`);
}

/** What a method takes. Named, because the SDK calls params that are not as they should be an error of its own otherwise. */
function paramsOf<Name extends keyof typeof specTypeSchemas>(
  name: Name,
): { readonly params: (typeof specTypeSchemas)[Name] } {
  return { params: specTypeSchemas[name] };
}
