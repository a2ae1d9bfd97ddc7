/**
 * A Hono route that does nothing but send what it was told, for comparison: `node bare-route.ts PORT FILE`, where the file has
 * path, headers and body of each route. It reads no body and asks nobody anything.
 */
import { readFileSync } from 'node:fs';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import * as z from 'zod';

/** What the route sends. */
export const BareRoutes = z.array(
  z.object({ path: z.string(), headers: z.record(z.string(), z.string()), body: z.string() }),
);
export type BareRoutes = z.infer<typeof BareRoutes>;

if (import.meta.main) {
  const [port = '', file = ''] = process.argv.slice(2);
  const app = new Hono();
  for (const { path, headers, body } of BareRoutes.parse(JSON.parse(readFileSync(file, 'utf8')))) {
    // Bytes, as the gateway keeps them: a string would be encoded anew for each request.
    const bytes = Buffer.from(body);
    app.post(path, () => new Response(bytes, { headers }));
  }
  app.get('/healthz', () => new Response('ok'));
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(port) });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => server.close(() => process.exit(0)));
}
