/**
 * What people do to a cluster all day, drawn at random: policies of every native kind and of one that nobody knows, its
 * definition and its profiles, namespaces and workloads come, change and go. What the cluster refuses is refused.
 */
import { createDraw, type Draw } from '../../operator/testing/draw.ts';
import { AdminError, apply, get, remove, type Target } from '../control-plane/admin.ts';

/** A number of [0, 1). */
export type Random = () => number;

interface Kind {
  /** With the group and version. */
  readonly path: string;
  readonly plural: string;
  readonly names: readonly [string, ...string[]];
  /** Cluster-scoped unless it is told in which namespace. */
  readonly namespaced: boolean;
  /** What is most of it cannot be changed: it is made anew. */
  readonly immutable?: boolean;
  readonly make: (
    draw: Draw,
    name: string,
  ) => { readonly apiVersion: string; readonly kind: string; readonly metadata?: object };
}

const podLabels = (draw: Draw) => draw.pick<object>({}, { tier: 'front' }, { tier: 'back' });
const selector = (draw: Draw) =>
  draw.pick<object>(
    {},
    { matchLabels: { app: 'm' } },
    { matchExpressions: [{ key: 'tier', operator: draw.pick('In', 'NotIn'), values: ['front'] }] },
  );
const teamSelector = (draw: Draw) =>
  draw.pick<object>(
    {},
    { matchLabels: { team: draw.pick('red', 'blue') } },
    { matchExpressions: [{ key: 'team', operator: 'Exists' }] },
    { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: [draw.pick('a', 'b')] }] },
  );
/** Nobody here makes any of these, so that whatever a policy or webhook demands of them stops nothing. */
const admissionRule = (draw: Draw) => ({
  operations: draw.pick(['CREATE'], ['CREATE', 'UPDATE'], ['DELETE']),
  apiGroups: ['batch'],
  apiVersions: ['v1'],
  resources: draw.pick(['cronjobs'], ['jobs', 'cronjobs'], ['jobs/status']),
});
const matchResources = (draw: Draw) => ({
  resourceRules: [admissionRule(draw)],
  ...draw.some({ namespaceSelector: teamSelector(draw) }, { objectSelector: selector(draw) }),
});

function pod(draw: Draw, app: string): object {
  const container = {
    name: app,
    image: 'example.org/app',
    ...draw.some({ ports: [{ name: 'http', containerPort: 80 }] }),
  };
  return { containers: [container], ...draw.some({ hostNetwork: true }) };
}

function webhooks(draw: Draw, kind: string): { apiVersion: string; kind: string } {
  const webhook = (name: string) => ({
    name: `${name}.example.org`,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    failurePolicy: draw.pick('Fail', 'Ignore'),
    clientConfig: { service: { name: 'judge', namespace: 'default' } },
    rules: [admissionRule(draw)],
    ...draw.some({ namespaceSelector: teamSelector(draw) }, { objectSelector: selector(draw) }),
  });
  const all = { webhooks: draw.pick([webhook('one')], [webhook('two'), webhook('one')]) };
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind, ...all };
}

/** Of a kind of policy that no adapter knows. The operator needs a right to read it. */
export const unknownGroup = 'example.org';

const admission = '/apis/admissionregistration.k8s.io/v1';
const kinds: readonly [Kind, ...Kind[]] = [
  {
    path: '/apis/networking.k8s.io/v1',
    plural: 'networkpolicies',
    names: ['p', 'q', 'r'],
    namespaced: true,
    make: (draw) => {
      const from = [{ podSelector: selector(draw) }, { namespaceSelector: { matchLabels: { team: 'red' } } }];
      const spec = {
        podSelector: selector(draw),
        ...draw.pick<object>({}, { policyTypes: ['Egress'] }, { policyTypes: ['Ingress', 'Egress'] }),
        ...draw.some({ ingress: [{ from, ports: [{ port: draw.pick<unknown>(80, 'http') }] }] }),
      };
      return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', spec };
    },
  },
  {
    path: '/api/v1',
    plural: 'resourcequotas',
    names: ['x', 'y'],
    namespaced: true,
    make: (draw) => {
      const hard = draw.pick<object>(
        { 'count/deployments.apps': '2' },
        { pods: '10' },
        { 'count/configmaps': '1', pods: '3' },
      );
      return { apiVersion: 'v1', kind: 'ResourceQuota', spec: { hard } };
    },
  },
  {
    path: '/api/v1',
    plural: 'limitranges',
    names: ['l', 'k'],
    namespaced: true,
    make: (draw) => {
      const container = { type: 'Container', ...draw.some({ max: { cpu: '2' } }, { default: { cpu: '500m' } }) };
      const claim = { type: 'PersistentVolumeClaim', max: { storage: draw.pick('1Gi', '10Gi') } };
      return { apiVersion: 'v1', kind: 'LimitRange', spec: { limits: draw.pick([container], [claim, container]) } };
    },
  },
  {
    path: '/apis/policy/v1',
    plural: 'poddisruptionbudgets',
    names: ['b'],
    namespaced: true,
    make: (draw) => {
      const amount = draw.pick<object>({ minAvailable: 1 }, { maxUnavailable: '50%' }, { maxUnavailable: 0 });
      return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', spec: { selector: selector(draw), ...amount } };
    },
  },
  {
    path: '/apis/apps/v1',
    plural: 'deployments',
    names: ['m', 'n'],
    namespaced: true,
    make: (draw, name) => {
      const metadata = { labels: { app: name, ...podLabels(draw) } };
      const template = { metadata, spec: pod(draw, name) };
      const spec = { replicas: draw.pick(0, 1), selector: { matchLabels: { app: name } }, template };
      return { apiVersion: 'apps/v1', kind: 'Deployment', spec };
    },
  },
  {
    path: '/api/v1',
    plural: 'pods',
    names: ['o', 's'],
    namespaced: true,
    immutable: true,
    make: (draw, name) => ({ apiVersion: 'v1', kind: 'Pod', spec: pod(draw, name) }),
  },
  {
    path: '/api/v1',
    plural: 'services',
    names: ['web'],
    namespaced: true,
    make: (draw) => {
      const spec = { selector: { app: draw.pick('m', 'n') }, ports: [{ port: draw.pick(80, 8080) }] };
      return { apiVersion: 'v1', kind: 'Service', spec };
    },
  },
  {
    path: admission,
    plural: 'validatingwebhookconfigurations',
    names: ['v', 'w'],
    namespaced: false,
    make: (draw) => webhooks(draw, 'ValidatingWebhookConfiguration'),
  },
  {
    path: admission,
    plural: 'mutatingwebhookconfigurations',
    names: ['v'],
    namespaced: false,
    make: (draw) => webhooks(draw, 'MutatingWebhookConfiguration'),
  },
  {
    path: admission,
    plural: 'validatingadmissionpolicies',
    names: ['rule', 'other'],
    namespaced: false,
    make: (draw) => {
      const validations = [{ expression: 'object.spec.schedule != ""', ...draw.some({ message: 'needs a schedule' }) }];
      const spec = { failurePolicy: draw.pick('Fail', 'Ignore'), matchConstraints: matchResources(draw), validations };
      return { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', spec };
    },
  },
  {
    path: admission,
    plural: 'validatingadmissionpolicybindings',
    names: ['rule', 'again', 'none'],
    namespaced: false,
    make: (draw, name) => {
      const validationActions = draw.pick(['Deny'], ['Warn'], ['Audit', 'Warn']);
      const policyName = name === 'again' ? draw.pick('rule', 'other') : name;
      const spec = { policyName, validationActions, ...draw.some({ matchResources: matchResources(draw) }) };
      return { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicyBinding', spec };
    },
  },
  {
    path: admission,
    plural: 'mutatingadmissionpolicies',
    names: ['rule'],
    namespaced: false,
    make: (draw) => {
      const expression = 'Object{metadata: Object.metadata{labels: {"seen": "yes"}}}';
      const mutations = [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }];
      const spec = { matchConstraints: matchResources(draw), mutations, reinvocationPolicy: 'Never' };
      return { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingAdmissionPolicy', spec };
    },
  },
  {
    path: admission,
    plural: 'mutatingadmissionpolicybindings',
    names: ['rule'],
    namespaced: false,
    make: (draw) => {
      const spec = { policyName: 'rule', ...draw.some({ matchResources: matchResources(draw) }) };
      return { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingAdmissionPolicyBinding', spec };
    },
  },
  {
    path: '/apis/scheduling.k8s.io/v1',
    plural: 'priorityclasses',
    names: ['high', 'low'],
    namespaced: false,
    immutable: true,
    make: (draw, name) => {
      const isDefault = name === 'low' && draw.once(2);
      const value = name === 'low' ? 1 : 1_000;
      return { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', value, globalDefault: isDefault };
    },
  },
  {
    path: '/apis/apiextensions.k8s.io/v1',
    plural: 'customresourcedefinitions',
    names: [`fences.${unknownGroup}`],
    namespaced: false,
    make: (draw) => {
      const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
      const served = { served: true, schema };
      // The API server prefers them in this order.
      const versions = [
        { ...served, name: 'v2', storage: false, served: draw.once(2) },
        { ...served, name: 'v1', storage: true },
      ];
      const names = { plural: 'fences', singular: 'fence', kind: 'Fence', listKind: 'FenceList' };
      return {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: draw.some({ annotations: { 'potoo.io/is-policy': 'true' } }),
        spec: { group: unknownGroup, names, scope: 'Namespaced', versions },
      };
    },
  },
  {
    path: `/apis/${unknownGroup}/v1`,
    plural: 'fences',
    names: ['near', 'far'],
    namespaced: true,
    make: (draw) => {
      const spec = { pods: selector(draw), ...draw.some({ action: draw.pick('deny', 'warn') }) };
      const annotations = draw.some({ 'potoo.io/summary': 'Keep off the grass' }, { 'potoo.io/severity': 'warning' });
      return { apiVersion: `${unknownGroup}/v1`, kind: 'Fence', metadata: { annotations }, spec };
    },
  },
  {
    path: '/apis/potoo.io/v1alpha1',
    plural: 'constraintprofiles',
    names: ['fences', 'again'],
    namespaced: false,
    make: (draw) => {
      const fieldPaths = draw.some({ selectorPath: 'spec.pods' }, { effectPath: 'spec.action' });
      const gvr = { group: unknownGroup, version: draw.pick('v1', 'v2'), resource: 'fences' };
      const spec = {
        gvr,
        adapter: 'generic',
        ...draw.some({ enabled: false }, { severity: 'Critical' }, { fieldPaths }),
      };
      return { apiVersion: 'potoo.io/v1alpha1', kind: 'ConstraintProfile', spec };
    },
  },
];

function namespace(draw: Draw, name: string): object {
  const level = () => draw.pick('baseline', 'restricted', 'privileged');
  const labels = draw.some(
    { 'pod-security.kubernetes.io/enforce': level() },
    { 'pod-security.kubernetes.io/warn': level() },
    { 'pod-security.kubernetes.io/audit': level() },
    { team: draw.pick('red', 'blue') },
  );
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

/**
 * One change by somebody. Throws an AdminError when the cluster refuses it, or cannot be asked.
 */
export async function change(target: Target, random: Random): Promise<void> {
  const draw = createDraw(random);
  const kind = draw.pick(...kinds);
  const name = draw.pick(...kind.names);
  const isRemoval = draw.once(3);
  let where = kind.path;
  let metadata: object = { name };
  if (kind.namespaced) {
    const home = draw.pick('a', 'b', 'c', 'd', 'e');
    const isNamespaceMeant = draw.once(7);
    const made = await get(target, `/api/v1/namespaces/${home}`);
    if (isNamespaceMeant && draw.once(3)) return remove(target, `/api/v1/namespaces/${home}`);
    if (made === undefined || isNamespaceMeant) return void (await apply(target, [namespace(draw, home)]));
    // Until it is gone everything in it is refused, and a Pod would be waited for.
    if (made.metadata.deletionTimestamp !== undefined) return;
    where = `${kind.path}/namespaces/${home}`;
    metadata = { name, namespace: home };
  }
  if (isRemoval || kind.immutable === true) await remove(target, `${where}/${kind.plural}/${name}`);
  if (isRemoval) return;
  const labels = podLabels(draw);
  const object = kind.make(draw, name);
  await apply(target, [{ ...object, metadata: { ...object.metadata, ...metadata, labels } }]);
}

const refusals: ReadonlySet<number> = new Set([403, 404, 409, 422]);

/** Whether the cluster was there and did not want it. */
export function isRefusal(error: unknown): boolean {
  return error instanceof AdminError && refusals.has(error.status);
}
