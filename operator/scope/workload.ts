/**
 * Workloads: what runs in a namespace, as far as policies ask for it. A workload is the root of what makes its pods: a
 * Deployment and not its ReplicaSets, the Job's CronJob, the Rollout of somebody else's controller, or a bare Pod.
 */
import * as z from 'zod';
import { isDnsSubdomain, isKind } from '../../kube/names.ts';
import { isJsonObject } from '../../kube/object.ts';
import { parseQuantity } from '../../kube/quantity.ts';
import type { KubeObject, OwnerReference } from '../../kube/resource.ts';

/** What a scope asks of a pod beside its labels, as far as its template tells; undefined where it does not. */
export interface PodTraits {
  readonly terminating: boolean;
  /** Undefined when it asks for neither cpu nor memory: a LimitRange may still give it requests. */
  readonly bestEffort: false | undefined;
  /** Undefined when none is named: the cluster may have a default class. */
  readonly priorityClass: string | undefined;
  readonly crossNamespaceAffinity: boolean;
  readonly hostNetwork: boolean;
}

export interface NamedPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}

export interface Workload {
  readonly kind: string;
  readonly name: string;
  /** Of its pods. */
  readonly labels: Readonly<Record<string, string>>;
  /** The rest is absent where only the metadata of a pod is read. */
  readonly serviceAccount?: string;
  readonly ports?: readonly NamedPort[];
  readonly traits?: PodTraits;
}

const Resources = z.object({
  requests: z.record(z.string(), z.unknown()).optional(),
  limits: z.record(z.string(), z.unknown()).optional(),
});
const Container = z.object({
  ports: z
    .array(z.object({ name: z.string().optional(), protocol: z.string().default('TCP'), containerPort: z.int() }))
    .optional(),
  resources: Resources.optional(),
});
const AffinityTerm = z.object({
  namespaces: z.array(z.string()).optional(),
  namespaceSelector: z.unknown().optional(),
});
const PodAffinity = z.object({
  requiredDuringSchedulingIgnoredDuringExecution: z.array(AffinityTerm).optional(),
  preferredDuringSchedulingIgnoredDuringExecution: z.array(z.object({ podAffinityTerm: AffinityTerm })).optional(),
});
const PodTemplate = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).optional() }).optional(),
  spec: z.object({
    serviceAccountName: z.string().optional(),
    priorityClassName: z.string().optional(),
    activeDeadlineSeconds: z.number().optional(),
    hostNetwork: z.boolean().optional(),
    resources: Resources.optional(),
    containers: z.array(Container),
    initContainers: z.array(Container).optional(),
    affinity: z.object({ podAffinity: PodAffinity.optional(), podAntiAffinity: PodAffinity.optional() }).optional(),
  }),
});
type PodSpec = z.infer<typeof PodTemplate>['spec'];

/** A built-in controller: where its pod template is. */
export interface WorkloadKind {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly template: readonly string[];
}

export const workloadKinds: readonly WorkloadKind[] = [
  { group: '', plural: 'replicationcontrollers', kind: 'ReplicationController', template: ['spec', 'template'] },
  { group: 'apps', plural: 'daemonsets', kind: 'DaemonSet', template: ['spec', 'template'] },
  { group: 'apps', plural: 'deployments', kind: 'Deployment', template: ['spec', 'template'] },
  { group: 'apps', plural: 'replicasets', kind: 'ReplicaSet', template: ['spec', 'template'] },
  { group: 'apps', plural: 'statefulsets', kind: 'StatefulSet', template: ['spec', 'template'] },
  { group: 'batch', plural: 'cronjobs', kind: 'CronJob', template: ['spec', 'jobTemplate', 'spec', 'template'] },
  { group: 'batch', plural: 'jobs', kind: 'Job', template: ['spec', 'template'] },
];

/**
 * The workload of a built-in controller. Undefined for one that belongs to another built-in controller, which stands for it,
 * and for an object without a readable pod template (a ReplicationController may have none).
 */
export function workloadOf(object: KubeObject, kind: WorkloadKind): Workload | undefined {
  const owner = controllerOf(object);
  if (owner !== undefined && isBuiltIn(owner)) return undefined;
  const template = PodTemplate.safeParse(at(object, kind.template));
  if (!template.success) return undefined;
  const { metadata, spec } = template.data;
  const ports = namedPorts(spec);
  return {
    // A controller that is not read itself (an Argo Rollout) stands for its ReplicaSets.
    kind: owner?.kind ?? kind.kind,
    name: owner?.name ?? object.metadata.name,
    labels: metadata?.labels ?? {},
    serviceAccount: spec.serviceAccountName ?? 'default',
    ...(ports.length === 0 ? {} : { ports }),
    traits: traitsOf(spec),
  };
}

/** The workload of a pod of which only metadata is read. Undefined for pods of built-in controllers. */
export function workloadOfPod(pod: KubeObject): Workload | undefined {
  const owner = controllerOf(pod);
  if (owner !== undefined && isBuiltIn(owner)) return undefined;
  return { kind: owner?.kind ?? 'Pod', name: owner?.name ?? pod.metadata.name, labels: pod.metadata.labels ?? {} };
}

/**
 * A static pod has its node for a controller, which does not make the pods of a node one workload: each is its own. So is one
 * whose controller cannot be: the API server takes any text of any length for its kind and name, and reports show both.
 */
function controllerOf(object: KubeObject): OwnerReference | undefined {
  const isNode = ({ apiVersion, kind }: OwnerReference) => apiVersion === 'v1' && kind === 'Node';
  const controller = object.metadata.ownerReferences?.find((owner) => owner.controller === true && !isNode(owner));
  const canBe = controller !== undefined && isKind(controller.kind) && isDnsSubdomain(controller.name);
  return canBe ? controller : undefined;
}

function isBuiltIn(owner: OwnerReference): boolean {
  const group = owner.apiVersion.includes('/') ? owner.apiVersion.slice(0, owner.apiVersion.indexOf('/')) : '';
  return workloadKinds.some((kind) => kind.group === group && kind.kind === owner.kind);
}

function at(object: unknown, path: readonly string[]): unknown {
  let value = object;
  for (const step of path) {
    if (!isJsonObject(value)) return undefined;
    value = value[step];
  }
  return value;
}

function namedPorts(spec: PodSpec): NamedPort[] {
  return [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ ports = [] }) =>
    ports.flatMap(({ name, protocol, containerPort }) =>
      name === undefined ? [] : [{ name, protocol, port: containerPort }],
    ),
  );
}

function traitsOf(spec: PodSpec): PodTraits {
  const asks = [...spec.containers, ...(spec.initContainers ?? [])].map(({ resources }) => resources);
  const asksForSomething = [spec.resources, ...asks].some(
    (resources) => countsForQos(resources?.requests) || countsForQos(resources?.limits),
  );
  return {
    hostNetwork: spec.hostNetwork ?? false,
    terminating: spec.activeDeadlineSeconds !== undefined,
    bestEffort: asksForSomething ? false : undefined,
    priorityClass: spec.priorityClassName === '' ? undefined : spec.priorityClassName,
    crossNamespaceAffinity: [spec.affinity?.podAffinity, spec.affinity?.podAntiAffinity].some((affinity) =>
      [
        ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
        ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => term.podAffinityTerm),
      ].some((term) => (term.namespaces?.length ?? 0) > 0 || (term.namespaceSelector ?? undefined) !== undefined),
    ),
  };
}

/**
 * Only cpu and memory count, and only more than nothing of them.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/release-1.36/pkg/apis/core/v1/helper/qos/qos.go
 */
function countsForQos(amounts: Readonly<Record<string, unknown>> = {}): boolean {
  return [amounts.cpu, amounts.memory].some((amount) => {
    const quantity = typeof amount === 'string' || typeof amount === 'number' ? parseQuantity(amount) : undefined;
    return quantity !== undefined && quantity.nano > 0n;
  });
}
