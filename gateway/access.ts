import type { AccessRule } from '../crds/access.ts';
import { apiGroup, operatorLeaseName, potooResources, systemNamespace } from '../crds/api.ts';

/** Everything the gateway asks the API server for. It never sees a policy, a pod or a Namespace. */
export const gatewayAccess: readonly AccessRule[] = [
  { apiGroups: [apiGroup], resources: potooResources.map(({ plural }) => plural), verbs: ['list', 'watch'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get'],
    namespace: systemNamespace,
    resourceNames: [operatorLeaseName],
  },
  { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
];
