/**
 * The least that an API server takes for an object of a kind, for requests that ask it whom its policies bind.
 */
import type { JsonObject } from './corpus.ts';
import type { Labels } from './plain-match.ts';

const app = { app: 'thing' };
const pod = { containers: [{ name: 'main', image: 'registry.example.com/main:1' }] };
const podTemplate = { metadata: { labels: app }, spec: pod };
const selected = { selector: { matchLabels: app }, template: podTemplate };
const job = { template: { metadata: { labels: app }, spec: { ...pod, restartPolicy: 'Never' } } };
const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
const noUpgrade = { schema: { openAPIV3Schema: { type: 'object' } }, served: true, storage: true };

/** By `group/Kind`: what stands beside metadata. */
const bodies: Readonly<Record<string, JsonObject>> = {
  '/Pod': { spec: pod },
  '/ConfigMap': {},
  '/Service': { spec: { ports: [{ port: 80 }] } },
  '/ServiceAccount': {},
  '/PersistentVolumeClaim': {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
  '/ReplicationController': { spec: { replicas: 0, selector: app, template: podTemplate } },
  '/Namespace': {},
  '/LimitRange': { spec: { limits: [] } },
  '/ResourceQuota': { spec: {} },
  '/PersistentVolume': {
    spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/srv' } },
  },
  'apps/Deployment': { spec: { replicas: 0, ...selected } },
  'apps/StatefulSet': { spec: { replicas: 0, serviceName: 'thing', ...selected } },
  'apps/DaemonSet': { spec: selected },
  'apps/ReplicaSet': { spec: { replicas: 0, ...selected } },
  'batch/Job': { spec: { suspend: true, ...job } },
  'batch/CronJob': { spec: { schedule: '0 0 1 1 *', suspend: true, jobTemplate: { spec: job } } },
  'networking.k8s.io/Ingress': {
    spec: { defaultBackend: { service: { name: 'thing', port: { number: 80 } } } },
  },
  'networking.k8s.io/NetworkPolicy': { spec: { podSelector: {} } },
  'networking.k8s.io/IngressClass': { spec: { controller: 'example.com/controller' } },
  'rbac.authorization.k8s.io/Role': { rules: [] },
  'rbac.authorization.k8s.io/RoleBinding': { roleRef: role, subjects: [] },
  'rbac.authorization.k8s.io/ClusterRole': { rules: [] },
  'rbac.authorization.k8s.io/ClusterRoleBinding': { roleRef: role, subjects: [] },
  'policy/PodDisruptionBudget': { spec: { selector: { matchLabels: app }, maxUnavailable: 1 } },
  'autoscaling/HorizontalPodAutoscaler': {
    spec: { maxReplicas: 2, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'thing' } },
  },
  'storage.k8s.io/StorageClass': { provisioner: 'example.com/none' },
  'scheduling.k8s.io/PriorityClass': { value: 1 },
};

/** The objects whose kind has a status, and those that have a scale. */
const withStatus: ReadonlySet<string> = new Set([
  'Pod',
  'Service',
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Job',
  'CronJob',
  'Ingress',
  'PodDisruptionBudget',
]);
const withScale: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'ReplicaSet']);

export interface ObjectPlace {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly name: string;
  readonly namespace?: string | undefined;
}

/** Undefined for kinds that none can be made of. */
export function leastObject(place: ObjectPlace, labels: Labels): JsonObject | undefined {
  const { group, version, kind, name, namespace, plural } = place;
  const body = kind === 'CustomResourceDefinition' ? definitionBody(name) : bodies[`${group}/${kind}`];
  if (body === undefined || plural.includes('/')) return undefined;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  return {
    apiVersion,
    kind,
    metadata: { name, labels, ...(namespace === undefined ? {} : { namespace }) },
    ...body,
  };
}

/** A definition is named after what it defines. */
function definitionBody(name: string): JsonObject | undefined {
  const [plural = '', ...group] = name.split('.');
  if (group.length === 0) return undefined;
  const names = { plural, kind: `${plural[0]?.toUpperCase()}${plural.slice(1)}` };
  return { spec: { group: group.join('.'), scope: 'Namespaced', names, versions: [{ name: 'v1', ...noUpgrade }] } };
}

/** How a subresource is written, of an object that is there; undefined where it cannot be done without doing something. */
export function subresourceBody(kind: string, subresource: string, stored: JsonObject): JsonObject | undefined {
  const { metadata } = stored;
  if (subresource === 'status' && withStatus.has(kind)) return stored;
  if (subresource === 'ephemeralcontainers' && kind === 'Pod') return stored;
  if (subresource !== 'scale' || !withScale.has(kind)) return undefined;
  return { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata, spec: { replicas: 0 } };
}

/** The path of a collection. */
export function collectionPath({ group, version, plural, namespace }: ObjectPlace): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}/${namespace === undefined ? '' : `namespaces/${namespace}/`}${plural}`;
}
