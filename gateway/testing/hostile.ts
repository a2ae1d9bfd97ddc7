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
  network: hostileNetworkRule,
  opaque: fc.record({ form: fc.constant('opaque' as const), fields: texts }),
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
      workloads: optional(fc.record({ selector, expression, serviceAccounts: texts }, { requiredKeys: [] })),
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
