/** Which kubeconfig files are meant, as kubectl finds them. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { GatewayError } from '../errors.ts';

/**
 * The file that was named; else those of the variable KUBECONFIG that are there; else ~/.kube/config; none of them in a pod.
 * Throws GatewayError where there is none elsewhere.
 */
export function kubeconfigPaths(
  named: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  if (named !== undefined) return [named];
  const listed = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  const home = environment['HOME'] ?? environment['USERPROFILE'];
  const wanted = listed.length > 0 ? listed : home === undefined ? [] : [join(home, '.kube', 'config')];
  const there = wanted.filter((path) => existsSync(path));
  if (there.length > 0) return there;
  if ((environment['KUBERNETES_SERVICE_HOST'] ?? '') !== '') return [];
  const looked = wanted.length === 0 ? 'neither KUBECONFIG nor HOME is set' : `there is no ${wanted.join(', no ')}`;
  throw new GatewayError('UNAUTHENTICATED', `No kubeconfig was found: ${looked}. Name one with --kubeconfig.`);
}
