/**
 * Constraints as an attacker would write them into a cluster, beyond what the API server lets through: of any form, with any
 * text in every place that holds one.
 */
import * as fc from 'fast-check';
import {
  type Constraint,
  constraintId,
  constraintTypes,
  Effect,
  type Rule,
  severities,
} from '../../crds/constraint.ts';
import { hostileNetworkRule } from './hostile-network.ts';
import { expression, hostileText, selector, texts } from './hostile-text.ts';

const amount = fc.constantFrom('0', '1', '2', '100m', '1Gi', '-1', '1e3', 'much', '1\n');
const amounts = fc.option(
  fc.dictionary(fc.oneof(fc.constantFrom('cpu', 'memory'), hostileText), amount, { maxKeys: 3 }),
  {
    nil: undefined,
  },
);

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const count = fc.oneof(fc.integer(), hostileText);
const meshMatch = fc.record({
  attribute: hostileText,
  by: fc.constantFrom('text' as const, 'address' as const, 'identity' as const),
  values: optional(texts),
  notValues: optional(texts),
});
const meshClauses = fc.array(
  fc.record({
    path: hostileText,
    by: optional(hostileText),
    from: optional(fc.array(fc.array(meshMatch, { maxLength: 2 }), { maxLength: 2 })),
    when: optional(fc.array(meshMatch, { maxLength: 2 })),
    unread: optional(texts),
  }),
  { maxLength: 3 },
);
const tlsMode = fc.constantFrom('STRICT' as const, 'PERMISSIVE' as const, 'DISABLE' as const);
const meshDemand = fc.oneof(
  fc.record({
    about: fc.constant('authorization' as const),
    action: fc.constantFrom('allow' as const, 'deny' as const, 'audit' as const, 'delegate' as const),
    provider: optional(hostileText),
    clauses: meshClauses,
  }),
  fc.record({
    about: fc.constant('mutualTls' as const),
    level: fc.constant('workload' as const),
    mode: tlsMode,
    ports: optional(fc.array(fc.record({ port: fc.integer(), mode: tlsMode }), { maxLength: 2 })),
  }),
  fc.record({
    about: fc.constant('requestAuthentication' as const),
    tokens: fc.array(fc.record({ path: hostileText, issuer: optional(hostileText), audiences: optional(texts) }), {
      maxLength: 2,
    }),
  }),
  fc.record({
    about: fc.constant('reach' as const),
    level: fc.constant('namespace' as const),
    egress: optional(fc.array(fc.record({ path: hostileText, hosts: texts }), { maxLength: 2 })),
    egressProxy: optional(hostileText),
  }),
  fc.record({
    about: fc.constant('server' as const),
    port: count,
    protocol: hostileText,
    otherwise: fc.constantFrom('deny' as const, 'allow' as const, 'audit' as const),
    clauses: meshClauses,
    routes: optional(texts),
  }),
);

const valueMatcher = fc.record(
  { values: texts, pattern: hostileText, cidrs: texts, selector, negate: fc.constant(true as const), with: texts },
  { requiredKeys: [] },
);
const identities = fc.record(
  {
    strategy: hostileText,
    id: fc.integer(),
    ranges: fc.array(fc.record({ min: fc.integer(), max: fc.integer() }, { requiredKeys: [] }), { maxLength: 2 }),
  },
  { requiredKeys: ['strategy'] },
);
const hostileImages = fc.record({
  references: optional(
    fc.array(fc.oneof(fc.record({ glob: hostileText }), fc.record({ expression: hostileText })), { maxLength: 4 }),
  ),
  attestors: fc.array(fc.record({ name: hostileText, kind: fc.constantFrom('cosign' as const, undefined) }), {
    maxLength: 6,
  }),
  attestations: fc.array(fc.record({ name: hostileText }), { maxLength: 3 }),
  mutateDigest: fc.boolean(),
  verifyDigest: fc.boolean(),
  required: fc.boolean(),
});

/** One arbitrary for each form of rule. */
export const hostileRules: { readonly [Form in Rule['form']]: fc.Arbitrary<Rule> } = {
  allowList: fc.record({
    form: fc.constant('allowList' as const),
    fields: fc.array(fc.record({ apiGroup: hostileText, kind: hostileText, path: hostileText }), { maxLength: 3 }),
    allowed: optional(fc.array(valueMatcher, { maxLength: 3 })),
    denied: optional(fc.array(valueMatcher, { maxLength: 3 })),
    noted: optional(fc.array(valueMatcher, { maxLength: 3 })),
    required: optional(fc.constant(true as const)),
    default: optional(hostileText),
    sets: optional(fc.dictionary(hostileText, hostileText, { maxKeys: 3 })),
    unique: optional(hostileText),
    frozen: optional(fc.constant(true as const)),
    unread: optional(texts),
  }),
  assignment: fc.record({
    form: fc.constant('assignment' as const),
    operation: fc.constantFrom('set' as const, 'addMetadata' as const, 'mergeValues' as const, 'image' as const),
    location: hostileText,
    assign: optional(fc.record({ value: fc.jsonValue({ maxDepth: 2 }) })),
    values: optional(fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 3 })),
    pathTests: optional(
      fc.array(fc.record({ subPath: hostileText, condition: fc.constant('MustExist' as const) }), { maxLength: 6 }),
    ),
    unread: optional(texts),
  }),
  capacity: fc.record({
    form: fc.constant('capacity' as const),
    queues: fc.array(fc.record({ namespace: fc.oneof(fc.constant('shop'), hostileText), name: hostileText }), {
      maxLength: 3,
    }),
    groups: fc.array(
      fc.record({
        resources: texts,
        flavors: fc.array(
          fc.record({
            name: hostileText,
            amounts: fc.array(
              fc.record({ resource: hostileText, nominal: hostileText, borrow: optional(hostileText) }),
              {
                maxLength: 2,
              },
            ),
          }),
          { maxLength: 2 },
        ),
      }),
      { maxLength: 2 },
    ),
    cohorts: fc.array(fc.record({ name: hostileText }), { maxLength: 2 }),
    blocked: optional(fc.constantFrom('stopped' as const, 'notAdmitted' as const, 'missing' as const)),
    checks: optional(fc.array(fc.record({ name: hostileText }), { maxLength: 2 })),
    unread: optional(texts),
  }),
  cel: fc.record({
    form: fc.constant('cel' as const),
    binding: hostileText,
    failurePolicy: fc.constantFrom('Fail' as const, 'Ignore' as const),
    broken: optional(fc.constantFrom('kindNotServed' as const, 'noParameters' as const)),
    variables: fc.array(fc.record({ name: hostileText, expression: hostileText }), { maxLength: 1 }),
    validations: optional(fc.array(fc.record({ expression: hostileText, message: hostileText }), { maxLength: 6 })),
    mutations: optional(
      fc.array(fc.record({ patchType: fc.constant('JSONPatch' as const), expression: hostileText }), { maxLength: 3 }),
    ),
    actions: optional(fc.array(fc.constantFrom('Deny' as const, 'Warn' as const), { maxLength: 2 })),
    generations: optional(
      fc.array(
        fc.oneof(
          fc.record({ expression: hostileText }),
          fc.record({ template: hostileText, interpolated: fc.boolean() }),
        ),
        { maxLength: 4 },
      ),
    ),
    targets: optional(hostileText),
    deletion: optional(fc.record({ schedule: hostileText })),
    images: optional(hostileImages),
    evaluation: optional(fc.record({ admission: fc.boolean(), background: fc.boolean(), existing: fc.boolean() })),
    podControllers: optional(texts),
    native: optional(fc.record({ kind: hostileText, name: hostileText })),
    allowances: optional(fc.array(fc.record({ by: hostileText, images: texts, values: texts }), { maxLength: 3 })),
    unread: optional(texts),
  }),
  disruption: fc.record(
    { form: fc.constant('disruption' as const), minAvailable: count, maxUnavailable: count },
    { requiredKeys: ['form'] },
  ),
  limitRange: fc.record({
    form: fc.constant('limitRange' as const),
    on: fc.constantFrom('Container' as const, 'Pod' as const, 'PersistentVolumeClaim' as const),
    min: amounts,
    max: amounts,
    default: amounts,
    defaultRequest: amounts,
    maxLimitRequestRatio: amounts,
  }),
  mesh: fc.record({
    form: fc.constant('mesh' as const),
    engine: fc.constantFrom('istio' as const, 'linkerd' as const),
    demand: meshDemand,
    targets: optional(
      fc.array(fc.record({ group: hostileText, kind: hostileText, name: hostileText }), { maxLength: 4 }),
    ),
    unread: optional(texts),
  }),
  network: hostileNetworkRule,
  opaque: fc.record({ form: fc.constant('opaque' as const), fields: texts }),
  pattern: fc.record({
    form: fc.constant('pattern' as const),
    name: hostileText,
    does: fc.constantFrom(
      'validate' as const,
      'mutate' as const,
      'generate' as const,
      'verifyImages' as const,
      'cleanUp' as const,
    ),
    body: fc.oneof(fc.jsonValue(), fc.record({ message: hostileText, deny: fc.jsonValue(), pattern: fc.jsonValue() })),
    action: optional(fc.constantFrom('Enforce' as const, 'Audit' as const)),
    failurePolicy: fc.constantFrom('Fail' as const, 'Ignore' as const),
    preconditions: optional(fc.jsonValue()),
    generated: optional(
      fc.array(fc.record({ name: hostileText, kinds: texts, template: hostileText }), { maxLength: 2 }),
    ),
    allowExistingViolations: optional(fc.boolean()),
    schedule: optional(hostileText),
    unread: optional(texts),
  }),
  podSecurity: fc.record({
    form: fc.constant('podSecurity' as const),
    mode: fc.constantFrom('enforce' as const, 'audit' as const, 'warn' as const),
    level: fc.constantFrom('privileged' as const, 'baseline' as const, 'restricted' as const),
    version: hostileText,
    implied: fc.boolean(),
  }),
  quota: fc.record({
    form: fc.constant('quota' as const),
    hard: fc.dictionary(hostileText, amount, { maxKeys: 3 }),
    enforced: fc.boolean(),
    scopes: fc.array(
      fc.record({ scopeName: hostileText, operator: fc.constantFrom('In' as const, 'Exists' as const), values: texts }),
      { maxLength: 3 },
    ),
  }),
  rego: fc.record({
    form: fc.constant('rego' as const),
    template: hostileText,
    program: optional(
      fc.record({
        source: hostileText,
        version: fc.constant('v0' as const),
        needs: optional(fc.array(fc.constantFrom('inventory' as const, 'clock' as const), { maxLength: 2 })),
      }),
    ),
    actions: fc.array(fc.constant('deny' as const), { maxLength: 1 }),
    parameters: optional(fc.jsonValue({ maxDepth: 2 })),
    unread: optional(texts),
  }),
  securityContext: fc.record({
    form: fc.constant('securityContext' as const),
    users: texts,
    groups: texts,
    priority: fc.integer(),
    privileged: fc.boolean(),
    privilegeEscalation: fc.boolean(),
    host: fc.subarray(['IPC' as const, 'network' as const, 'PID' as const, 'ports' as const]),
    volumes: texts,
    hostPath: fc.boolean(),
    capabilities: fc.record({ allowed: texts, added: texts, dropped: texts }),
    runAsUser: identities,
    fsGroup: identities,
    supplementalGroups: identities,
    seLinux: fc.record({ strategy: hostileText }),
    seccompProfiles: texts,
    readOnlyRoot: fc.boolean(),
    unsafeSysctls: texts,
    forbiddenSysctls: texts,
    unread: optional(texts),
  }),
  wasm: fc.record({
    form: fc.constant('wasm' as const),
    mode: fc.constantFrom('protect' as const, 'monitor' as const),
    mutating: fc.boolean(),
    module: optional(hostileText),
    settings: optional(fc.jsonValue({ maxDepth: 2 })),
    members: optional(fc.array(fc.record({ name: hostileText, module: hostileText }), { maxLength: 8 })),
    expression: optional(hostileText),
    message: optional(hostileText),
    policyServer: hostileText,
    failurePolicy: fc.constantFrom('Fail' as const, 'Ignore' as const),
    timeoutSeconds: fc.integer({ min: 1, max: 30 }),
    sideEffects: optional(fc.constantFrom('None' as const, 'Unknown' as const)),
    contextAwareResources: optional(
      fc.array(fc.record({ apiVersion: hostileText, kind: hostileText }), { maxLength: 6 }),
    ),
    backgroundAudit: fc.boolean(),
    unread: optional(texts),
  }),
  webhook: fc.record({
    form: fc.constant('webhook' as const),
    mutating: fc.boolean(),
    failurePolicy: fc.constantFrom('Fail' as const, 'Ignore' as const),
    timeoutSeconds: fc.integer({ min: 1, max: 30 }),
    sideEffects: optional(fc.constantFrom('None' as const, 'Unknown' as const)),
    service: optional(fc.record({ namespace: hostileText, name: hostileText })),
    carries: optional(fc.constant('kyverno' as const)),
    unread: optional(texts),
  }),
};

const kind = fc.constantFrom('NetworkPolicy', 'ResourceQuota', 'LimitRange', 'PodDisruptionBudget', 'Namespace');
const apiVersion = fc.constantFrom('v1', 'networking.k8s.io/v1', 'policy/v1', 'example.com/v1', '');

/** Of any form, or of those that are given. */
export function hostileConstraint(
  rules: readonly fc.Arbitrary<Rule>[] = Object.values(hostileRules),
): fc.Arbitrary<Constraint> {
  return fc.record({
    id: hostileText.map((name) => constraintId(name, '')),
    name: hostileText,
    key: hostileText,
    type: fc.constantFrom(...constraintTypes),
    severity: fc.constantFrom(...severities),
    effect: fc.constantFrom(...Effect.options),
    summary: hostileText,
    message: hostileText,
    source: fc.record({
      apiVersion: fc.oneof(apiVersion, hostileText),
      kind: fc.oneof(kind, hostileText),
      name: hostileText,
      namespace: optional(fc.oneof(fc.constant('shop'), hostileText)),
    }),
    scope: fc.record({
      namespaces: fc.record({ selector }),
      workloads: optional(
        fc.record({ selector, expression, serviceAccounts: texts, nodes: selector }, { requiredKeys: [] }),
      ),
      hosts: optional(fc.record({ selector, expression }, { requiredKeys: [] })),
      admission: optional(
        fc.array(
          fc.record({
            objectSelector: selector,
            matchConditions: fc.array(fc.record({ name: hostileText, expression: hostileText }), { maxLength: 2 }),
          }),
          { maxLength: 2 },
        ),
      ),
    }),
    rule: fc.oneof(...rules),
    metrics: optional(
      fc.dictionary(
        fc.oneof(fc.constantFrom('pods', 'requests.cpu', 'count/secrets'), hostileText),
        fc.record({ hard: amount, used: amount }),
        { maxKeys: 4 },
      ),
    ),
  });
}
