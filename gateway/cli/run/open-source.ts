/**
 * Which source a command asks: files, a gateway, or the cluster itself, by what was given.
 */
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../../kube/clock.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { Failure } from '../failure.ts';
import type { Source } from '../source.ts';
import type { Surroundings } from '../surroundings.ts';
import { fileOfAskedToken, type KubeconfigView, readKubeconfig, writtenToken } from './kubeconfig.ts';
import { createQuietLog } from './quiet-log.ts';
import { isPrivate, serverUrl } from './server-url.ts';
import type { Settings } from './settings.ts';

/** Opens what the settings name. Loads no more code than that needs. */
export async function openSource(settings: Settings, surroundings: Surroundings, signal: AbortSignal): Promise<Source> {
  const { server, reports, context } = settings;
  const { environment, clock, random, errors } = surroundings;
  if (server !== undefined) return openGateway(server, settings, surroundings, signal);
  const log = createQuietLog(errors);
  const { version } = packageJson;
  if (reports !== undefined) {
    const { createOffline } = await import('../../person/offline.ts');
    return createOffline({ reports, clock, log, version });
  }
  const { kubeconfigPaths } = await import('../../person/kubeconfig.ts');
  const { createPerson } = await import('../../person/person.ts');
  const kubeconfig = kubeconfigPaths(settings.kubeconfig, environment);
  return createPerson({ kubeconfig, environment, context, clock, random, log, version });
}

async function openGateway(
  server: string,
  settings: Settings,
  { environment, clock }: Surroundings,
  signal: AbortSignal,
): Promise<Source> {
  const { createGatewaySource } = await import('./gateway-source.ts');
  const url = serverUrl(server);
  const kubeconfig = await readKubeconfig(settings, environment);
  const given = environment['POTOO_TOKEN']?.trim() || undefined;
  const own = given === undefined ? await tokenOf(kubeconfig, clock) : undefined;
  if (own !== undefined && !isPrivate(url)) {
    throw new Failure(
      `The token of the kubeconfig opens the cluster, and is not sent to ${url.origin} without TLS. ` +
        'Use https, or set POTOO_TOKEN to a token that may be sent.',
    );
  }
  const { certificateAuthority } = settings;
  return createGatewaySource({
    server,
    token: given ?? own,
    certificates: certificateAuthority === undefined ? undefined : await readCertificates(certificateAuthority),
    namespace: kubeconfig.context?.namespace,
    clock,
    signal,
    userAgent: `potoo/${packageJson.version}`,
  });
}

/** The token of the context's user. Undefined for who proves to be somebody by a certificate, which a gateway does not take. */
async function tokenOf(kubeconfig: KubeconfigView, clock: Clock): Promise<string | undefined> {
  const written = await writtenToken(kubeconfig);
  const file = fileOfAskedToken(kubeconfig);
  if (written !== undefined || file === undefined || kubeconfig.context === undefined) return written;
  const { loadCredentials } = await import('../../../kube/credentials.ts');
  const { headers } = await loadCredentials({ kubeconfig: file, context: kubeconfig.context.name, clock }).current();
  const [scheme, token] = (headers['authorization'] ?? '').split(' ');
  return scheme === 'Bearer' ? token : undefined;
}

/** The file of --certificate-authority. */
export async function readCertificates(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Failure(`--certificate-authority: ${error instanceof Error ? error.message : String(error)}`);
  }
}
