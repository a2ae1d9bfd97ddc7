/**
 * The names under which a ResourceQuota limits something: what each is charged on, and what people call it.
 *
 * Extended resources are limited as `requests.<domain>/<name>` only, and charged on pods. Where a DeviceClass stands for an
 * extended resource, ResourceClaims are charged with it as well; that is not known here.
 *
 * @see https://kubernetes.io/docs/concepts/policy/resource-quotas/#types-of-resource-quota
 * @see https://github.com/kubernetes/kubernetes/tree/v1.36.3/pkg/quota/v1/evaluator/core
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/quota/v1/install/registry.go
 */

/** What a quota name is charged on. `Other` are kinds that are only counted, when they are created. */
export type Charge =
  | { readonly on: 'Pod'; readonly compute: boolean }
  | { readonly on: 'PersistentVolumeClaim' | 'Service' | 'ResourceClaim' }
  | { readonly on: 'Other'; readonly group: string; readonly plural: string };

const known: ReadonlyMap<string, Charge> = new Map<string, Charge>([
  ...['pods', 'count/pods'].map((name) => [name, { on: 'Pod', compute: false }] as const),
  ...[
    'cpu',
    'memory',
    'ephemeral-storage',
    'requests.cpu',
    'requests.memory',
    'requests.ephemeral-storage',
    'limits.cpu',
    'limits.memory',
    'limits.ephemeral-storage',
  ].map((name) => [name, { on: 'Pod', compute: true }] as const),
  ...['persistentvolumeclaims', 'count/persistentvolumeclaims', 'requests.storage'].map(
    (name) => [name, { on: 'PersistentVolumeClaim' }] as const,
  ),
  ...['services', 'count/services', 'services.nodeports', 'services.loadbalancers'].map(
    (name) => [name, { on: 'Service' }] as const,
  ),
  ['count/resourceclaims.resource.k8s.io', { on: 'ResourceClaim' }],
  ...['configmaps', 'secrets', 'replicationcontrollers', 'resourcequotas'].map(
    (plural) => [plural, { on: 'Other', group: '', plural }] as const,
  ),
]);

const neverCharged = new Set(['bindings', 'componentstatuses', 'events', 'events.events.k8s.io']);

/** Undefined for a name that no object is charged for. */
export function chargeOf(name: string): Charge | undefined {
  const charge = known.get(name);
  if (charge !== undefined) return charge;
  if (name.startsWith('count/')) return countOf(name.slice('count/'.length));
  if (name.endsWith('.deviceclass.resource.k8s.io/devices')) return { on: 'ResourceClaim' };
  if (/\.storageclass\.storage\.k8s\.io\/(persistentvolumeclaims|requests\.storage)$/.test(name)) {
    return { on: 'PersistentVolumeClaim' };
  }
  if (name.startsWith('hugepages-') || name.startsWith('requests.hugepages-')) return { on: 'Pod', compute: true };
  return isExtended(name) ? { on: 'Pod', compute: true } : undefined;
}

function isExtended(name: string): boolean {
  if (!name.startsWith('requests.')) return false;
  if (name.startsWith('requests.deviceclass.resource.kubernetes.io/')) return true;
  return name.includes('/') && !name.includes('kubernetes.io/');
}

/** `deployments.apps` is the plural and its group; the core group has no name. */
function countOf(resource: string): Charge | undefined {
  if (resource === '' || neverCharged.has(resource)) return undefined;
  const dot = resource.indexOf('.');
  if (dot < 0) return { on: 'Other', group: '', plural: resource };
  return { on: 'Other', group: resource.slice(dot + 1), plural: resource.slice(0, dot) };
}

const words: ReadonlyMap<string, string> = new Map([
  ['cpu', 'CPU requests'],
  ['requests.cpu', 'CPU requests'],
  ['limits.cpu', 'CPU limits'],
  ['memory', 'memory requests'],
  ['requests.memory', 'memory requests'],
  ['limits.memory', 'memory limits'],
  ['ephemeral-storage', 'ephemeral storage requests'],
  ['requests.ephemeral-storage', 'ephemeral storage requests'],
  ['limits.ephemeral-storage', 'ephemeral storage limits'],
  ['requests.storage', 'storage requests'],
  ['persistentvolumeclaims', 'volume claims'],
  ['services.nodeports', 'node ports'],
  ['services.loadbalancers', 'load balancers'],
]);

/** What people call it; the name itself, without `count/`, where they have no better word. */
export function quotaWord(name: string): string {
  const counted = name.startsWith('count/') ? name.slice('count/'.length) : name;
  return words.get(counted) ?? counted;
}
