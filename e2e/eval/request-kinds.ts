/**
 * Kinds of objects that requests are made about: the built-in ones that policies speak of, and those that a corpus defines.
 */
import * as z from 'zod';
import type { JsonObject } from './corpus.ts';

export interface RequestKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly subresource?: string;
}

/** `group/version` with `Kind plural`; those that live outside of namespaces have a star. */
const builtIn: Readonly<Record<string, readonly string[]>> = {
  '/v1': [
    'Pod pods',
    'ConfigMap configmaps',
    'Service services',
    'ServiceAccount serviceaccounts',
    'PersistentVolumeClaim persistentvolumeclaims',
    'ReplicationController replicationcontrollers',
    'Namespace namespaces *',
    'Node nodes *',
    'PersistentVolume persistentvolumes *',
    'Secret secrets',
    'Endpoints endpoints',
    'ResourceQuota resourcequotas',
    'LimitRange limitranges',
  ],
  'apps/v1': ['Deployment deployments', 'StatefulSet statefulsets', 'DaemonSet daemonsets', 'ReplicaSet replicasets'],
  'batch/v1': ['Job jobs', 'CronJob cronjobs'],
  'networking.k8s.io/v1': ['Ingress ingresses', 'NetworkPolicy networkpolicies', 'IngressClass ingressclasses *'],
  'rbac.authorization.k8s.io/v1': [
    'Role roles',
    'RoleBinding rolebindings',
    'ClusterRole clusterroles *',
    'ClusterRoleBinding clusterrolebindings *',
  ],
  'policy/v1': ['PodDisruptionBudget poddisruptionbudgets'],
  'autoscaling/v2': ['HorizontalPodAutoscaler horizontalpodautoscalers'],
  'storage.k8s.io/v1': ['StorageClass storageclasses *'],
  'scheduling.k8s.io/v1': ['PriorityClass priorityclasses *'],
  'certificates.k8s.io/v1': ['CertificateSigningRequest certificatesigningrequests *'],
  'flowcontrol.apiserver.k8s.io/v1': [
    'FlowSchema flowschemas *',
    'PriorityLevelConfiguration prioritylevelconfigurations *',
  ],
  'apiextensions.k8s.io/v1': ['CustomResourceDefinition customresourcedefinitions *'],
};

const Definition = z.object({
  kind: z.literal('CustomResourceDefinition'),
  spec: z.object({
    group: z.string(),
    scope: z.enum(['Namespaced', 'Cluster']),
    names: z.object({ kind: z.string(), plural: z.string() }),
    versions: z.array(z.object({ name: z.string() })).min(1),
  }),
});

/** @param manifests Among which the definitions of custom kinds are; the others are left out. */
export function requestKinds(manifests: Iterable<JsonObject>): readonly RequestKind[] {
  const kinds = Object.entries(builtIn).flatMap(([apiVersion, lines]) => {
    const [group = '', version = ''] = apiVersion.split('/');
    return lines.map((line) => {
      const [kind = '', plural = '', star] = line.split(' ');
      return { group, version, kind, plural, namespaced: star === undefined };
    });
  });
  for (const manifest of manifests) {
    const definition = Definition.safeParse(manifest).data?.spec;
    if (definition === undefined) continue;
    const { group, scope, names, versions } = definition;
    const namespaced = scope === 'Namespaced';
    kinds.push(...versions.map(({ name }) => ({ group, version: name, ...names, namespaced })));
  }
  return kinds;
}

/** Kinds that are asked about whatever a policy says, and kinds that look like one that it means. */
export function otherKinds(kinds: readonly RequestKind[], meant: readonly RequestKind[]): readonly RequestKind[] {
  const wanted = ['Pod', 'ConfigMap', 'Namespace', 'ClusterRole', 'Deployment', 'CronJob', 'Job', 'StatefulSet'];
  const usual = kinds.filter(({ kind, group }) => wanted.includes(kind) && !group.includes('.io/'));
  const alike = meant.slice(0, 3).flatMap(({ subresource: _below, ...kind }) => [
    { ...kind, group: 'lookalike.example.com' },
    { ...kind, subresource: 'status' },
  ]);
  const below = meant.some(({ kind }) => kind === 'Pod')
    ? kinds
        .filter(({ kind, group }) => kind === 'Pod' && group === '')
        .map((kind) => ({ ...kind, subresource: 'ephemeralcontainers' }))
    : [];
  return [...usual, ...alike, ...below];
}
