/**
 * An MCP server with one tool that does nothing, as the SDK makes one, for comparison: `node bare-mcp.ts PORT`. It asks nobody
 * who calls it.
 */
import { serve } from '@hono/node-server';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { Hono } from 'hono';
import * as z from 'zod';

if (import.meta.main) {
  const [port = ''] = process.argv.slice(2);
  const inputSchema = z.object({ namespace: z.string() });
  const outputSchema = z.object({ namespace: z.string() });
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'bare', version: '1' });
    server.registerTool('nothing', { description: 'Does nothing.', inputSchema, outputSchema }, ({ namespace }) => ({
      content: [{ type: 'text', text: namespace }],
      structuredContent: { namespace },
    }));
    return server;
  });
  const app = new Hono();
  app.post('/mcp', async ({ req }) => handler.fetch(req.raw));
  app.get('/healthz', () => new Response('ok'));
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(port) });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => server.close(() => process.exit(0)));
}
