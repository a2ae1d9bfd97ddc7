/** Which kubeconfig files are meant, as kubectl finds them. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { GatewayError } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The file that was named; else those of the variable KUBECONFIG; else ~/.kube/config. They need not be there. */
export function wantedKubeconfigs(named: string | undefined, environment: Environment): readonly string[] {
  if (named !== undefined) return [named];
  const listed = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  if (listed.length > 0) return listed;
  const home = environment['HOME'] ?? environment['USERPROFILE'];
  return home === undefined ? [] : [join(home, '.kube', 'config')];
}

/**
 * The file that was named, else those of the wanted ones that are there; none of them in a pod. Throws GatewayError where
 * there is none elsewhere.
 */
export function kubeconfigPaths(named: string | undefined, environment: Environment): readonly string[] {
  const wanted = wantedKubeconfigs(named, environment);
  if (named !== undefined) return wanted;
  const there = wanted.filter((path) => existsSync(path));
  if (there.length > 0) return there;
  if ((environment['KUBERNETES_SERVICE_HOST'] ?? '') !== '') return [];
  const looked = wanted.length === 0 ? 'neither KUBECONFIG nor HOME is set' : `there is no ${wanted.join(', no ')}`;
  throw new GatewayError('UNAUTHENTICATED', `No kubeconfig was found: ${looked}. Name one with --kubeconfig.`);
}
