/** `potoo proxy`, once its options are known: from settings to a proxy that runs until somebody ends it. */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { loadCredentials } from '../../kube/credentials.ts';
import type { Surroundings } from '../cli/surroundings.ts';
import { kubeconfigPaths } from '../person/kubeconfig.ts';
import { createUpstream, type Trust } from '../upstream.ts';
import { connectionsMax, startProxy } from './proxy.ts';
import { fixedToken, kubeconfigToken, type TokenSource } from './token.ts';

/** Options of the command and of the program. */
export const ProxySettings = z.object({
  port: z.number(),
  server: z.string().optional(),
  certificateAuthority: z.string().optional(),
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
});
export type ProxySettings = z.infer<typeof ProxySettings>;

const withoutServer = `Say where the gateway is: --server URL. From outside of the cluster, forward a port to it first:

  kubectl -n potoo-system port-forward service/potoo-controller 8091:8090
  potoo proxy --server http://localhost:8091`;

/** Runs until `surroundings.stop`. Throws a sentence for what cannot be done. */
export async function runProxy(settings: ProxySettings, surroundings: Surroundings): Promise<void> {
  const { errors, stop } = surroundings;
  const say = (sentence: string) => void errors.write(`${sentence}\n`);
  const server = serverOf(settings.server ?? surroundings.environment['POTOO_SERVER']);
  const token = tokenOf(settings, server, surroundings);
  // Before anybody relies on it: a proxy without credentials is of no use.
  await token.authorization();
  using upstream = createUpstream(server, { trust: await trustOf(settings), connectionsMax });
  const listening = startProxy({ server, upstream, token, port: settings.port, say }).catch((error: unknown) => {
    throw new Error(`--port ${settings.port} cannot be listened on: ${error instanceof Error ? error.message : ''}`);
  });
  await using proxy = await listening;
  say(`Listening on http://localhost:${proxy.port} for ${server.href}; whoever reaches it asks with your credentials.`);
  if (stop.aborted) return;
  await new Promise<void>((resolve) => {
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
}

function serverOf(given: string | undefined): URL {
  if (given === undefined || given === '') throw new Error(withoutServer);
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.search !== '') {
    throw new Error('--server: a URL like https://potoo.example.com or http://localhost:8091, without credentials.');
  }
  return url;
}

function tokenOf(settings: ProxySettings, server: URL, { environment, clock }: Surroundings): TokenSource {
  const given = environment['POTOO_TOKEN']?.trim();
  if (given !== undefined && given !== '') return fixedToken(given);
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(server.hostname);
  if (server.protocol === 'http:' && !isLoopback) {
    throw new Error(
      'The token of your kubeconfig is not sent to another machine without TLS. Use https, or set POTOO_TOKEN to a token that may be sent.',
    );
  }
  const kubeconfig = kubeconfigPaths(settings.kubeconfig, environment);
  return kubeconfigToken(loadCredentials({ kubeconfig, context: settings.context, clock }));
}

async function trustOf({ certificateAuthority }: ProxySettings): Promise<Trust | undefined> {
  return certificateAuthority === undefined ? undefined : { ca: await readFile(certificateAuthority, 'utf8') };
}
