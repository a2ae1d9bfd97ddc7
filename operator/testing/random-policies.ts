/**
 * Policies of every native kind, of kinds that nobody has heard of, and what says how those are read: drawn at random, mostly
 * plausible, and now and then something that no adapter can read.
 */
import { constraintProfiles } from '../../crds/api.ts';
import type { Resource } from '../../kube/resource.ts';
import { customResourceDefinitions } from '../../kube/testing/fake-definitions.ts';
import type { Choices, Draw } from './draw.ts';
import { type Act, define, kindOf, put, remove } from './steps.ts';

type Labels = Readonly<Record<string, string>>;

/** Something that changes, in one of these namespaces if it is in any. */
export type Change = (draw: Draw, namespaces: Choices<string>) => Act;

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
  const byClass = { scopeName: 'PriorityClass', operator: pick('In', 'NotIn'), values: ['high'] };
  const scopes = pick<object>(
    {},
    {},
    { scopes: [pick('BestEffort', 'NotTerminating', 'Terminating')] },
    {
      scopeSelector: { matchExpressions: [pick<object>(byClass, { scopeName: 'PriorityClass', operator: 'Exists' })] },
    },
  );
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

/** A policy is made, changed or, less often, removed. */
function policies(...kinds: Choices<PolicyKind>): Change {
  return (draw, namespaces) => {
    const { resource, names, make } = draw.pick(...kinds);
    const name = draw.pick(...names);
    const namespace = resource.namespaced ? draw.pick(...namespaces) : undefined;
    return draw.once(3) ? remove(resource, name, namespace) : put(resource, namespace, name, make(draw));
  };
}

const of = (plural: string, names: Choices<string>, make: PolicyKind['make']): PolicyKind => ({
  resource: kindOf(plural),
  names,
  make,
});

/** Usage of one quota goes up and down, around the edges. */
const moveQuota: Change = (draw, namespaces) => put(kindOf('resourcequotas'), namespaces[0], 'x', quota(draw));

/** Kinds that nobody has heard of: the most has to come together before there is something to see. */
const unknownKinds: Choices<Change> = [
  policies(
    { resource: { ...fleetPolicies, version: 'v1' }, names: ['north'], make: unknownPolicy },
    { resource: { ...guards, version: 'v1' }, names: ['g', 'h'], make: unknownPolicy },
  ),
  changeKinds,
  changeKinds,
];

/** Changes that have to do with each other. A history keeps to a few of them, so that what it changes meets. */
export const policyThemes: Choices<Choices<Change>> = [
  [policies(of('networkpolicies', ['p', 'q'], networkPolicy))],
  [policies(of('resourcequotas', ['x', 'y'], quota)), moveQuota, moveQuota],
  [policies(of('resourcequotas', ['x'], quota)), policies(of('priorityclasses', ['high', 'low'], priorityClass))],
  [policies(of('limitranges', ['l'], limitRange), of('poddisruptionbudgets', ['b'], disruptionBudget))],
  [
    policies(
      of('validatingwebhookconfigurations', ['w', 'v'], webhooks),
      of('mutatingwebhookconfigurations', ['w'], webhooks),
    ),
  ],
  [
    policies(
      of('validatingadmissionpolicies', ['p', 'q'], admissionPolicy),
      of('validatingadmissionpolicybindings', ['one', 'two'], binding),
    ),
  ],
  [
    policies(
      of('mutatingadmissionpolicies', ['p', 'q'], mutatingPolicy),
      of('mutatingadmissionpolicybindings', ['one', 'two'], mutatingBinding),
    ),
  ],
  unknownKinds,
  unknownKinds,
  unknownKinds,
];

/** Which kinds there are, and who reads them: definitions and profiles come, change and go. */
function changeKinds(draw: Draw): Act {
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
            { debounceSeconds: pick(0, 5) },
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
  const annotations = pick<Labels>({}, {}, { 'potoo.io/is-policy': 'true' }, { 'potoo.io/is-policy': 'false' });
  return pick(
    define(kind, pick(['v1'], ['v1', 'v1beta1'], ['v1beta1'], []), annotations),
    define(kind, ['v1'], { 'potoo.io/is-policy': 'true' }),
    define(kind, ['v1', 'v1beta1'], { 'potoo.io/is-policy': 'true' }),
    remove(customResourceDefinitions, `${kind.plural}.${kind.group}`),
    put(constraintProfiles, undefined, pick('one', 'two'), profile),
    put(constraintProfiles, undefined, pick('one', 'two'), profile),
    remove(constraintProfiles, pick('one', 'two')),
  );
}
