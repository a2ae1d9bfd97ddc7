/** `potoo proxy`, once its options are known: from settings to a proxy that runs until somebody ends it. */
import * as z from 'zod';
import { loadCredentials } from '../../kube/credentials.ts';
import { whenAborted } from '../../kube/until-aborted.ts';
import { Failure } from '../cli/failure.ts';
import { readCertificates } from '../cli/run/open-source.ts';
import { isPrivate, serverUrl } from '../cli/run/server-url.ts';
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

/** Runs until `surroundings.stop`. Rejects with a Failure for what cannot be done. */
export async function runProxy(settings: ProxySettings, surroundings: Surroundings): Promise<void> {
  const { errors, stop } = surroundings;
  const say = (sentence: string) => void errors.write(`${sentence}\n`);
  const server = serverOf(settings.server ?? surroundings.environment['POTOO_SERVER']);
  const token = tokenOf(settings, server, surroundings);
  // Before anybody relies on it: a proxy without credentials is of no use.
  await token.authorization();
  using upstream = createUpstream(server, { trust: await trustOf(settings), connectionsMax });
  const listening = startProxy({ server, upstream, token, port: settings.port, say }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure(`--port ${settings.port} cannot be listened on: ${why}`);
  });
  await using proxy = await listening;
  say(`Listening on http://localhost:${proxy.port} for ${server.href}; whoever reaches it asks with your credentials.`);
  await whenAborted(stop);
}

function serverOf(given: string | undefined): URL {
  if (given === undefined || given === '') throw new Failure(withoutServer);
  return serverUrl(given);
}

function tokenOf(settings: ProxySettings, server: URL, { environment, clock }: Surroundings): TokenSource {
  const given = environment['POTOO_TOKEN']?.trim();
  if (given !== undefined && given !== '') return fixedToken(given);
  if (!isPrivate(server)) {
    throw new Failure(
      'The token of your kubeconfig is not sent to another machine without TLS. Use https, or set POTOO_TOKEN to a token that may be sent.',
    );
  }
  const kubeconfig = kubeconfigPaths(settings.kubeconfig, environment);
  return kubeconfigToken(loadCredentials({ kubeconfig, context: settings.context, clock }));
}

async function trustOf({ certificateAuthority }: ProxySettings): Promise<Trust | undefined> {
  return certificateAuthority === undefined ? undefined : { ca: await readCertificates(certificateAuthority) };
}
