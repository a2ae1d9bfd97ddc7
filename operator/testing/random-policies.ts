/**
 * Policies of every native kind, of kinds that nobody has heard of, and what says how those are read: drawn at random, mostly
 * plausible, and now and then something that no adapter can read.
 */
import { constraintProfiles } from '../../crds/api.ts';
import type { Resource } from '../../kube/resource.ts';
import { customResourceDefinitions } from '../../kube/testing/fake-definitions.ts';
import type { Draw } from './draw.ts';
import { type Act, define, kindOf, put, remove } from './steps.ts';

type Labels = Readonly<Record<string, string>>;

/** What the histories speak of: few names, so that they meet. */
export const namespaceNames = ['a', 'b', 'c', 'd'] as const;

export const podLabels = ({ pick }: Draw) =>
  pick<Labels>({}, { app: 'web' }, { app: 'db' }, { app: 'web', tier: 'front' });

const podSelector = ({ pick }: Draw) =>
  pick<object>(
    {},
    { matchLabels: { app: 'web' } },
    { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] },
    { matchExpressions: [{ key: 'app', operator: pick('In', 'NotIn'), values: ['web', 'cache'] }] },
  );

const namespaceSelector = ({ pick }: Draw) =>
  pick<object>(
    { matchLabels: { team: pick('red', 'blue') } },
    { matchExpressions: [{ key: 'team', operator: pick('Exists', 'DoesNotExist') }] },
    { matchExpressions: [{ key: 'team', operator: pick('In', 'NotIn'), values: ['red', 'green'] }] },
  );

/** A kind of policy: where its objects are, what they are called, and how one is made. */
interface PolicyKind {
  readonly resource: Resource;
  readonly names: readonly [string, ...string[]];
  readonly make: (draw: Draw) => object;
}

/** A definition comes and goes with all its objects; each in a group of its own, as engines are. */
const fleetPolicies = { group: 'fleet.example.org', plural: 'fleetpolicies', kind: 'FleetPolicy', namespaced: false };
/** Its name does not say that it is a policy. */
const guards = { group: 'guard.example.org', plural: 'guards', kind: 'Guard', namespaced: true };

const networkPolicy = (draw: Draw) => {
  const { pick } = draw;
  const selector = podSelector(draw);
  const allow = [{ from: [{ podSelector: podSelector(draw) }], ports: [{ port: pick<unknown>(80, 'http', -1) }] }];
  const spec = pick<unknown>(
    { podSelector: selector, policyTypes: ['Ingress'] },
    { podSelector: selector, policyTypes: ['Ingress', 'Egress'], ingress: allow },
    { podSelector: selector, policyTypes: ['Egress'], egress: [{}] },
    { podSelector: selector, policyTypes: ['Ingress'], ingress: [{ from: 7 }] },
    7,
  );
  return { spec };
};

/** Around the edges of 70, 75, 85 and 90 %: of 20 each is a step of its own. */
const quota = ({ pick, below, once }: Draw) => {
  const hard = pick<Labels>(
    { pods: '20' },
    { pods: '20', 'count/services': '20' },
    { 'requests.cpu': '2' },
    { pods: '0' },
  );
  const near = () => String(13 + below(7));
  const used = Object.fromEntries(Object.keys(hard).map((name) => [name, name === 'requests.cpu' ? '1' : near()]));
  const scopes = once(3) ? { scopes: [pick('BestEffort', 'NotTerminating', 'Terminating')] } : {};
  return { spec: { hard, ...scopes }, ...(once(4) ? {} : { status: { hard, used } }) };
};

const limitRange = ({ pick, some }: Draw) => {
  const container = { type: 'Container', ...some({ max: { cpu: '2' } }, { default: { cpu: '500m' } }) };
  const claim = { type: 'PersistentVolumeClaim', max: { storage: pick('1Gi', '10Gi') } };
  return { spec: { limits: pick<unknown>([container], [claim, container], [], 'none') } };
};

const disruptionBudget = (draw: Draw) => ({
  spec: {
    ...draw.some({ selector: podSelector(draw) }),
    ...draw.pick<object>({ minAvailable: 1 }, { maxUnavailable: '50%' }, { maxUnavailable: 0 }, { minAvailable: [] }),
  },
  status: { disruptionsAllowed: draw.below(2), currentHealthy: draw.below(3), desiredHealthy: 1, expectedPods: 3 },
});

const admissionRule = ({ pick, some }: Draw) => ({
  operations: pick(['CREATE'], ['CREATE', 'UPDATE'], ['*']),
  apiGroups: pick([''], ['apps'], ['*']),
  apiVersions: ['v1'],
  resources: pick(['pods'], ['deployments', 'replicasets'], ['nodes'], ['*']),
  ...some({ scope: pick('Namespaced', 'Cluster', '*') }),
});

const matchResources = (draw: Draw) => ({
  resourceRules: [admissionRule(draw)],
  ...draw.some({ namespaceSelector: namespaceSelector(draw) }, { objectSelector: podSelector(draw) }),
});

const webhooks = (draw: Draw) => {
  const webhook = (name: string) => ({
    name: `${name}.example.org`,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    failurePolicy: draw.pick('Fail', 'Ignore'),
    clientConfig: { service: { name: 'judge', namespace: 'default' } },
    rules: draw.pick<unknown>([admissionRule(draw)], [admissionRule(draw)], 'all'),
    ...draw.some({ namespaceSelector: namespaceSelector(draw) }, { objectSelector: podSelector(draw) }),
  });
  return { webhooks: draw.pick([webhook('one')], [webhook('two'), webhook('one')], []) };
};

const admissionPolicy = (draw: Draw) => ({
  spec: {
    matchConstraints: matchResources(draw),
    failurePolicy: draw.pick('Fail', 'Ignore'),
    validations: draw.pick<unknown>([{ expression: 'object.spec.replicas <= 5' }], [], 7),
    ...draw.some({ paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } }),
  },
});

const mutatingPolicy = (draw: Draw) => ({
  spec: {
    matchConstraints: matchResources(draw),
    reinvocationPolicy: 'Never',
    mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[]' } }],
  },
});

/** Bindings name policies that are there, that were, and that never are. */
const binding = (draw: Draw) => ({
  spec: {
    policyName: draw.pick('p', 'q', 'gone'),
    validationActions: draw.pick(['Deny'], ['Audit'], ['Warn', 'Audit']),
    ...draw.some({ matchResources: { namespaceSelector: namespaceSelector(draw) } }),
    ...draw.some({ paramRef: { name: 'settings', parameterNotFoundAction: 'Deny' } }),
  },
});

const mutatingBinding = (draw: Draw) => ({
  spec: {
    policyName: draw.pick('p', 'q', 'gone'),
    ...draw.some({ matchResources: { namespaceSelector: namespaceSelector(draw) } }),
  },
});

/** Of a kind that is not known; the profile names the paths. */
const unknownPolicy = (draw: Draw) => ({
  metadata: {
    annotations: draw.some(
      { 'potoo.io/summary': draw.pick('Nothing leaves the fleet', ' ') },
      { 'potoo.io/severity': draw.pick('Critical', 'Warning', 'Fatal') },
      { 'potoo.io/constraint-type': draw.pick('Admission', 'ResourceLimit') },
    ),
  },
  spec: draw.some(
    { pods: podSelector(draw) },
    { namespaces: draw.pick<unknown>(namespaceSelector(draw), ['a', 'c*'], 7) },
    { action: draw.pick('enforce', 'dryrun', 'whatever') },
    { says: draw.pick('Keep within the fleet', '') },
  ),
});

const priorityClass = (draw: Draw) => ({ value: draw.pick(10, 1_000), ...draw.some({ globalDefault: true }) });

const kinds: readonly [PolicyKind, ...PolicyKind[]] = [
  { resource: kindOf('networkpolicies'), names: ['p', 'q', 'r'], make: networkPolicy },
  { resource: kindOf('networkpolicies'), names: ['p', 'q', 'r'], make: networkPolicy },
  { resource: kindOf('resourcequotas'), names: ['x'], make: quota },
  { resource: kindOf('resourcequotas'), names: ['x', 'y'], make: quota },
  { resource: kindOf('limitranges'), names: ['l', 'm'], make: limitRange },
  { resource: kindOf('poddisruptionbudgets'), names: ['b', 'c'], make: disruptionBudget },
  { resource: kindOf('validatingwebhookconfigurations'), names: ['w', 'v'], make: webhooks },
  { resource: kindOf('mutatingwebhookconfigurations'), names: ['w', 'v'], make: webhooks },
  { resource: kindOf('validatingadmissionpolicies'), names: ['p', 'q'], make: admissionPolicy },
  { resource: kindOf('validatingadmissionpolicybindings'), names: ['one', 'two', 'three'], make: binding },
  { resource: kindOf('mutatingadmissionpolicies'), names: ['p', 'q'], make: mutatingPolicy },
  { resource: kindOf('mutatingadmissionpolicybindings'), names: ['one', 'two'], make: mutatingBinding },
  { resource: kindOf('priorityclasses'), names: ['high', 'low'], make: priorityClass },
  { resource: { ...fleetPolicies, version: 'v1' }, names: ['north', 'south'], make: unknownPolicy },
  { resource: { ...guards, version: 'v1' }, names: ['g', 'h'], make: unknownPolicy },
];

/** A policy is made, changed or, less often, removed. */
export function changePolicy(draw: Draw): Act {
  const { resource, names, make } = draw.pick(...kinds);
  const name = draw.pick(...names);
  const namespace = resource.namespaced ? draw.pick(...namespaceNames) : undefined;
  return draw.once(3) ? remove(resource, name, namespace) : put(resource, namespace, name, make(draw));
}

/** Usage of the same quotas goes up and down, around the edges. */
export function moveQuota(draw: Draw): Act {
  return put(kindOf('resourcequotas'), draw.pick('a', 'b'), 'x', quota(draw));
}

/** Which kinds there are, and who reads them: definitions and profiles come, change and go. */
export function changeKinds(draw: Draw): Act {
  const { pick } = draw;
  const kind = pick(fleetPolicies, guards);
  const gvr = pick<{ group: string; resource: string; version?: string }>(
    { group: fleetPolicies.group, resource: fleetPolicies.plural },
    { group: guards.group, resource: guards.plural },
    { group: guards.group, resource: guards.plural, version: pick('v1', 'v1beta1', 'v9') },
    { group: fleetPolicies.group, resource: fleetPolicies.plural, version: pick('v1', 'v1beta1') },
    { group: 'networking.k8s.io', resource: 'networkpolicies' },
    {
      group: 'admissionregistration.k8s.io',
      resource: pick('validatingadmissionpolicies', 'validatingwebhookconfigurations'),
    },
    { group: '', resource: 'namespaces' },
    { group: 'ghost.example.org', resource: 'ghosts' },
  );
  const isKnown = gvr.group !== fleetPolicies.group && gvr.group !== guards.group;
  const profile = {
    spec: {
      gvr,
      enabled: pick(true, true, false),
      ...(isKnown
        ? draw.some({ adapter: pick('generic', 'networkpolicy') })
        : draw.some(
            { severity: pick('Critical', 'Warning') },
            {
              fieldPaths: draw.some(
                { selectorPath: 'spec.pods' },
                { namespaceSelectorPath: 'spec.namespaces' },
                { effectPath: 'spec.action' },
                { summaryPath: 'spec.says' },
              ),
            },
          )),
    },
  };
  const annotations = pick<Labels>({}, { 'potoo.io/is-policy': 'true' }, { 'potoo.io/is-policy': 'false' });
  return pick(
    define(kind, pick(['v1'], ['v1', 'v1beta1'], ['v1beta1'], []), annotations),
    define(kind, ['v1'], { 'potoo.io/is-policy': 'true' }),
    remove(customResourceDefinitions, `${kind.plural}.${kind.group}`),
    put(constraintProfiles, undefined, pick('one', 'two'), profile),
    put(constraintProfiles, undefined, pick('one', 'two'), profile),
    remove(constraintProfiles, pick('one', 'two')),
  );
}
