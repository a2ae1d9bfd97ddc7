/**
 * What the kubelet and Prometheus ask: `/healthz`, `/readyz`, `/metrics`. Nothing about policies is served here.
 */
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Registry } from 'prom-client';

export interface Probes {
  readonly registry: Registry;
  /** Whether all is read that can be read. */
  readonly ready: () => boolean;
}

/** The routes; `listen` serves them. */
export function createProbes({ registry, ready }: Probes): Hono {
  const app = new Hono();
  app.get('/healthz', (context) => context.json({ status: 'healthy' }));
  app.get('/readyz', (context) =>
    ready() ? context.json({ status: 'ready' }) : context.json({ status: 'starting' }, 503),
  );
  app.get('/metrics', async (context) =>
    context.body(await registry.metrics(), 200, { 'Content-Type': registry.contentType }),
  );
  return app;
}

export interface Listener extends AsyncDisposable {
  readonly port: number;
}

/** Resolves when it listens; rejects when the address is taken. */
export function listen(app: Hono, at: { readonly hostname: string; readonly port: number }): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, ...at }, (address: AddressInfo) =>
      resolve({
        port: address.port,
        [Symbol.asyncDispose]: () =>
          new Promise((closed, failed) => {
            server.close((error) => (error === undefined ? closed() : failed(error)));
            // A connection on which nothing was ever said would keep it open for ever.
            if ('closeAllConnections' in server) server.closeAllConnections();
          }),
      }),
    );
    server.once('error', reject);
  });
}
