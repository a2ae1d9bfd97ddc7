import { apiVersionOf, type Resource } from '../../../kube/resource.ts';

/** As kubectl takes a kind in exactly this version: `deployments.v1.apps`; of the core group `pods`. */
export function resourceWord({ group, version, plural }: Pick<Resource, 'group' | 'version' | 'plural'>): string {
  return group === '' ? plural : `${plural}.${version}.${group}`;
}

/** Where the containers of a kind are, for the kinds that kubectl patches by the names of containers. */
export function containersPath(
  resource: Pick<Resource, 'group' | 'version' | 'plural'>,
): readonly string[] | undefined {
  const template = ['spec', 'template', 'spec'];
  const paths: Readonly<Record<string, readonly string[]>> = {
    'v1 pods': ['spec'],
    'v1 replicationcontrollers': template,
    'apps/v1 deployments': template,
    'apps/v1 statefulsets': template,
    'apps/v1 daemonsets': template,
    'apps/v1 replicasets': template,
    'batch/v1 cronjobs': ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  };
  const key = `${apiVersionOf(resource)} ${resource.plural}`;
  return Object.hasOwn(paths, key) ? paths[key] : undefined;
}

/** Whether `kubectl rollout restart` knows the kind. */
export function canRestart({ group, plural }: Pick<Resource, 'group' | 'plural'>): boolean {
  return group === 'apps' && ['deployments', 'statefulsets', 'daemonsets'].includes(plural);
}
