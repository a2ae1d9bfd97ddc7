/**
 * What to do where an object or a kind is not there.
 */
import { isDnsLabel, isDnsSubdomain, isKind } from '../../../kube/names.ts';
import { ask, kubectl, manual } from '../../remediation/steps.ts';
import type { RemediationStep } from '../../remediation/schema.ts';
import { cited, shown } from '../../words.ts';
import type { About } from '../finding.ts';

interface Known {
  readonly kind: string;
  readonly plural: string;
  readonly cluster?: true;
}

/** Kinds that are referred to; texts write them as kinds, singular or plural. */
const known: readonly Known[] = [
  { kind: 'ConfigMap', plural: 'configmaps' },
  { kind: 'Secret', plural: 'secrets' },
  { kind: 'ServiceAccount', plural: 'serviceaccounts' },
  { kind: 'Service', plural: 'services' },
  { kind: 'Endpoints', plural: 'endpoints' },
  { kind: 'Pod', plural: 'pods' },
  { kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims' },
  { kind: 'PersistentVolume', plural: 'persistentvolumes', cluster: true },
  { kind: 'Namespace', plural: 'namespaces', cluster: true },
  { kind: 'Node', plural: 'nodes', cluster: true },
  { kind: 'ResourceQuota', plural: 'resourcequotas' },
  { kind: 'LimitRange', plural: 'limitranges' },
  { kind: 'StorageClass', plural: 'storageclasses', cluster: true },
  { kind: 'IngressClass', plural: 'ingressclasses', cluster: true },
  { kind: 'RuntimeClass', plural: 'runtimeclasses', cluster: true },
  { kind: 'PriorityClass', plural: 'priorityclasses', cluster: true },
  { kind: 'CSIDriver', plural: 'csidrivers', cluster: true },
  { kind: 'Deployment', plural: 'deployments' },
  { kind: 'StatefulSet', plural: 'statefulsets' },
  { kind: 'DaemonSet', plural: 'daemonsets' },
  { kind: 'ReplicaSet', plural: 'replicasets' },
  { kind: 'Job', plural: 'jobs' },
  { kind: 'CronJob', plural: 'cronjobs' },
  { kind: 'Ingress', plural: 'ingresses' },
  { kind: 'Role', plural: 'roles' },
  { kind: 'RoleBinding', plural: 'rolebindings' },
  { kind: 'ClusterRole', plural: 'clusterroles', cluster: true },
  { kind: 'ClusterRoleBinding', plural: 'clusterrolebindings', cluster: true },
  { kind: 'CustomResourceDefinition', plural: 'customresourcedefinitions', cluster: true },
  { kind: 'APIService', plural: 'apiservices', cluster: true },
];
const byWord = new Map(
  known.flatMap((each) => [each.kind.toLowerCase(), each.plural].map((word) => [word, each] as const)),
);

/**
 * What a text names in front of a name: `secrets`, `Secret`, `storageclass.storage.k8s.io`. Undefined for what is no resource of
 * the API. One with a group that is not known here stays as it is written.
 */
export function kindOf(resource: string): string | undefined {
  const lower = resource.toLowerCase();
  const slash = lower.indexOf('/');
  const whole = slash < 0 ? lower : lower.slice(0, slash);
  const dot = whole.indexOf('.');
  const kind = byWord.get(dot < 0 ? whole : whole.slice(0, dot))?.kind;
  if (kind !== undefined) return kind;
  // A group has a dot of its own, and is the name of a domain.
  return dot > 0 && whole.includes('.', dot + 1) && isDnsSubdomain(whole) ? resource : undefined;
}

/** @param key Of a ConfigMap or Secret that is there. */
export function missingSteps(
  { kind, name, key }: { kind: string; name: string | undefined; key?: string | undefined },
  about: About,
): readonly RemediationStep[] {
  const entry = byWord.get(kind.toLowerCase());
  const isCluster = entry?.cluster === true;
  const title = `${shown(kind, 80)}${name === undefined ? '' : ` ${cited(name, 120)}`}`;
  const where = isCluster ? '' : ` in the namespace ${shown(about.namespace)}`;
  if (key !== undefined) {
    return [
      manual(
        `Add the key ${cited(key, 80)} to the ${title}${where}, or correct the key that the pod refers to.`,
        'developer',
      ),
    ];
  }
  const correct = manual(
    `Create the ${title}${where}, or correct the name where it is referred to: it has to be the same to the letter${isCluster ? '' : ', and in the same namespace'}.`,
    isCluster ? 'cluster-admin' : 'developer',
  );
  // Names of Secrets come with what they hold, so they are not listed.
  if (entry === undefined || entry.kind === 'Secret' || entry.kind === 'ConfigMap') return [correct];
  return [
    kubectl(
      `See which there are.`,
      ['get', entry.plural, ...(isCluster ? [] : ['-n', about.namespace])],
      isCluster ? 'cluster-admin' : 'developer',
    ),
    correct,
    ...(isCluster ? [ask(about, `for the ${title}, if it is meant to be there`, 'cluster-admin')] : []),
  ];
}

/** Groups that Kubernetes itself serves, in other versions than before. */
const builtIn: ReadonlySet<string> = new Set([
  'extensions',
  'apps',
  'batch',
  'autoscaling',
  'policy',
  'networking.k8s.io',
  'rbac.authorization.k8s.io',
  'apiextensions.k8s.io',
  'admissionregistration.k8s.io',
  'storage.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'node.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'certificates.k8s.io',
  'apiregistration.k8s.io',
]);

/** Where a kind is not served: of Kubernetes itself another version is; of others the definition has to be installed. */
export function missingKindSteps(
  { kind, version }: { kind: string | undefined; version: string | undefined },
  about: About,
): readonly RemediationStep[] {
  const slash = version?.indexOf('/') ?? -1;
  const group = version === undefined ? undefined : slash < 0 ? version : version.slice(0, slash);
  const title = kind !== undefined && isKind(kind) ? kind : 'the kind';
  const see = kubectl(
    'See what is served.',
    group !== undefined && group.includes('.') && isDnsSubdomain(group)
      ? ['api-resources', `--api-group=${group}`]
      : ['api-resources'],
    'developer',
  );
  if (group === undefined || builtIn.has(group) || isDnsLabel(group)) {
    return [
      see,
      manual(
        `Use the version of ${title} that this cluster serves: old ones are removed with new releases of Kubernetes.`,
        'developer',
      ),
    ];
  }
  return [
    see,
    ask(
      about,
      `to install what defines ${title} (${shown(group)}): its CustomResourceDefinition or operator, in the version that is used here`,
      'cluster-admin',
    ),
  ];
}
