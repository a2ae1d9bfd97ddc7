/** Calls a tool over MCP, or lists the tools: node mcp.ts [TOOL [ARGUMENTS]], as in node mcp.ts potoo_query '{"namespace": "shop"}' */
import { Client, StreamableHTTPClientTransport, type Tool } from '@modelcontextprotocol/client';

/** Tools of the cluster toolset that answer with a plan: the command that would change something, which they never run. */
const plans = new Set([
  'pods_delete',
  'pods_exec',
  'pods_run',
  'resources_create_or_update',
  'resources_delete',
  'resources_scale',
  'helm_install',
  'helm_uninstall',
  'k8s_delete',
  'k8s_patch',
]);

const { env } = process;
const isOn = (value: string | undefined, otherwise: boolean) =>
  value === undefined ? otherwise : ['true', '1', 'yes', 'on'].includes(value.trim().toLowerCase());
const cluster = isOn(env['K8S_ENABLED'], true);
const withPlans = isOn(env['K8S_ENABLE_DESTRUCTIVE_OPERATIONS'], false);

/** Of the cluster toolset only what the environment wants, and nothing that does not say that it only reads. */
function isOffered({ name, annotations }: Tool): boolean {
  if (name.startsWith('potoo_') || name === 'ping') return true;
  const reads = annotations?.readOnlyHint === true && !plans.has(name);
  return cluster && (withPlans || reads);
}

const url = new URL(env['K8S_MCP_SERVER_URL'] ?? env['POTOO_URL'] ?? 'http://localhost:8090');
if (url.pathname === '/') url.pathname = '/mcp';
const token = env['POTOO_TOKEN'];

// 'auto' speaks 2026-07-28 with a server that has it, and an older revision with any other.
const client = new Client({ name: 'potoo-example', version: '1' }, { versionNegotiation: { mode: 'auto' } });
await client.connect(
  new StreamableHTTPClientTransport(url, {
    requestInit: { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } },
  }),
);

const tools = (await client.listTools()).tools.filter(isOffered);
const [tool, given = '{}'] = process.argv.slice(2);
if (tool === undefined) {
  for (const { name, title } of tools) console.log(`${name}: ${title}`);
} else {
  if (!tools.some(({ name }) => name === tool)) throw new Error(`There is no tool ${tool} here.`);
  const result = await client.callTool({ name: tool, arguments: JSON.parse(given) as Record<string, unknown> });
  if (result.isError)
    throw new Error(result.content.map((block) => (block.type === 'text' ? block.text : '')).join('\n'));
  console.log(JSON.stringify(result.structuredContent, undefined, 2));
}
await client.close();
