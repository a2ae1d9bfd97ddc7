/** What the bridge is told by its arguments and its environment. */
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { isToolset, type Toolset, toolsets } from '../tools/toolset-names.ts';

/** Of each toolset a tool that tells whether the gateway serves it. */
const sampleTools: Readonly<Record<Toolset, string>> = { constraints: 'potoo_query', cluster: 'pods_list' };

export interface StdioSettings {
  /** Of the gateway's `/mcp`. */
  readonly url: URL;
  readonly token: string | undefined;
  /** That were asked for; the gateway decides which there are. */
  readonly toolsets: readonly Toolset[];
  /** Path of the certificate that the gateway in this container presents. */
  readonly certificateFile: string | undefined;
}

const usage = 'usage: mcp-server [--transport=stdio] [--toolsets constraints,cluster]';

/** Throws one sentence for what cannot be used. */
export function readSettings(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): StdioSettings {
  const { transport, toolsets: wanted } = readArguments(args);
  if (transport !== 'stdio') {
    throw new Error(
      `--transport=${transport}: only stdio; over HTTP the gateway itself serves /mcp and /sse\n${usage}`,
    );
  }
  const names = wanted.split(',').map((name) => name.trim());
  const known = names.filter(isToolset);
  if (known.length < names.length) {
    throw new Error(`--toolsets ${wanted}: ${toolsets.join(', ')}, or both with a comma between\n${usage}`);
  }
  const { POTOO_MCP_URL, POTOO_PORT: port = '8090', POTOO_TLS_CERT_FILE: certificateFile, POTOO_TOKEN } = environment;
  const own = `${certificateFile === undefined ? 'http' : 'https'}://127.0.0.1:${port}/mcp`;
  const given = POTOO_MCP_URL === undefined || POTOO_MCP_URL === '' ? undefined : POTOO_MCP_URL;
  const url = URL.canParse(given ?? own) ? new URL(given ?? own) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new Error(
      given === undefined
        ? `POTOO_PORT=${port}: a port from 1 to 65535`
        : `POTOO_MCP_URL=${given}: a URL like http://127.0.0.1:8090/mcp`,
    );
  }
  const token = POTOO_TOKEN?.trim();
  if (token !== undefined && !/^[!-~]*$/.test(token)) throw new Error('POTOO_TOKEN holds characters that no token has');
  return {
    url,
    token: token === '' ? undefined : token,
    toolsets: known,
    certificateFile: given === undefined ? certificateFile : undefined,
  };
}

function readArguments(args: readonly string[]): { readonly transport: string; readonly toolsets: string } {
  try {
    return parseArgs({
      args: [...args],
      options: {
        transport: { type: 'string', default: 'stdio' },
        toolsets: { type: 'string', default: 'constraints' },
      },
    }).values;
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${usage}`, { cause: error });
  }
}

const ToolList = z.object({ tools: z.array(z.object({ name: z.string() })) });

/** Which of the toolsets have no tool in this list, which is that of `/mcp/tools`. */
export function missingToolsets(wanted: readonly Toolset[], list: unknown): readonly Toolset[] {
  const names = new Set(ToolList.parse(list).tools.map(({ name }) => name));
  return wanted.filter((toolset) => !names.has(sampleTools[toolset]));
}
