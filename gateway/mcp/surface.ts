/**
 * All that MCP clients can use, in the protocol's terms and without a protocol revision: the server of each revision and
 * transport is made from this one list.
 */
import type {
  CallToolResult,
  CompleteRequestParams,
  CompleteResult,
  GetPromptResult,
  InputRequiredResult,
  ListResourcesResult,
  Prompt,
  ReadResourceResult,
  ResourceTemplateType,
  Server,
  ServerCapabilities,
  ServerContext,
  ServerEventBus,
  ServerOptions,
  Tool,
} from '@modelcontextprotocol/server';
import type { Asking } from './asking.ts';
import type { Subject } from './subject.ts';

/** One request, with who sends it. */
export interface Asked {
  readonly asking: Asking;
  /** Revision of the protocol that the client speaks; undefined when it did not say. */
  readonly revision: string | undefined;
  readonly context: ServerContext;
}

export interface McpTool {
  /** As `tools/list` shows it: made once, since it is sent often. */
  readonly listed: Tool;
  call(input: unknown, asked: Asked): Promise<CallToolResult | InputRequiredResult>;
}

export interface McpPrompt {
  readonly listed: Prompt;
  get(input: Readonly<Record<string, string>>, asked: Asked): Promise<GetPromptResult | InputRequiredResult>;
}

export interface McpResources {
  readonly templates: readonly ResourceTemplateType[];
  list(cursor: string | undefined, asked: Asked): Promise<ListResourcesResult>;
  /** Throws ProtocolError for what there is not, and for what the caller may not read. */
  read(uri: string, asked: Asked): Promise<ReadResourceResult>;
  /** What a subscription to an address is about; undefined for one that there is not. Absent where there are none. */
  subjectOf?(uri: string): Subject | undefined;
}

/** What this server does. The order of the lists is the order in which clients get them. */
export interface Surface {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly instructions: string;
  /** Beyond tools, prompts, resources and completions. */
  readonly capabilities?: ServerCapabilities;
  /** How what clients bring back of an answer that asked for more is verified, before any handler sees it. */
  readonly requestState?: NonNullable<ServerOptions['requestState']>;
  /** Where changes of the lists themselves are announced; they never change by themselves unless told. */
  readonly bus?: ServerEventBus;
  /** Adds handlers of further methods to the server of one exchange. */
  readonly prepare?: (server: Server) => void;
  readonly tools: readonly McpTool[];
  readonly prompts: readonly McpPrompt[];
  readonly resources: McpResources;
  complete(params: CompleteRequestParams, asked: Asked): Promise<CompleteResult>;
}
