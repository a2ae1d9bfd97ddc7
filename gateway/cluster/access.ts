/**
 * What the cluster toolset adds where it is on: an account of its own that may read these kinds, and for the gateway's account
 * the right to a token of that one. More kinds come by aggregation; Secrets, ConfigMaps and wildcards never.
 */
import type { AccessRule } from '../../crds/access.ts';
import { systemNamespace } from '../../crds/api.ts';

/** The ServiceAccount by which the toolset reads. */
export const clusterToolsAccount = 'potoo-cluster-tools';

const read = ['get', 'list'];

/** Neither watched nor changed: each call reads what it is asked for, and keeps nothing. */
export const clusterToolsAccess: readonly AccessRule[] = [
  {
    apiGroups: [''],
    resources: [
      'endpoints',
      'events',
      'namespaces',
      'nodes',
      'persistentvolumeclaims',
      'persistentvolumes',
      'pods',
      'replicationcontrollers',
      'serviceaccounts',
      'services',
    ],
    verbs: read,
  },
  { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: read },
  { apiGroups: ['apps'], resources: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'], verbs: read },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: read },
  { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'], verbs: read },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: read },
  { apiGroups: ['metrics.k8s.io'], resources: ['nodes', 'pods'], verbs: read },
  { apiGroups: ['networking.k8s.io'], resources: ['ingressclasses', 'ingresses', 'networkpolicies'], verbs: read },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: read },
  { apiGroups: ['project.openshift.io'], resources: ['projects'], verbs: read },
  { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: read },
];

/** What the gateway's own account may do beyond gateway/access.ts while the toolset is on. */
export const clusterTokenAccess: readonly AccessRule[] = [
  {
    apiGroups: [''],
    resources: ['serviceaccounts/token'],
    verbs: ['create'],
    namespace: systemNamespace,
    resourceNames: [clusterToolsAccount],
  },
];
