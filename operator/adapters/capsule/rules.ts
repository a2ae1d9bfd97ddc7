/**
 * `rules` of a Tenant: matchers with an action, in an order. The last rule with `allow` or `deny` that matches a value decides;
 * where any rule allows something of a field, what no rule matches is refused. `audit` changes nothing and warns. A rule
 * without an action denies.
 *
 * Each matcher of a rule is a demand of its own, with the place of its rule. Not read: permissions, which give and do not
 * take, and quota, of which each namespace gets objects of its own.
 *
 * @see https://projectcapsule.dev/docs/tenants/rules/enforcement/
 */
import * as z from 'zod';
import type { AllowListRule, JudgedField, ValueMatcher } from '../../../crds/rules/allow-list.ts';
import type { AdmissionRule } from '../../../crds/scope.ts';
import { type Fault, faultsMax, faultsOf, jsonPointer, restUnread } from '../define.ts';
import { shortListOf, smallRecordOf } from '../bounded-fields.ts';
import { absent, listOf, SelectorField } from '../fields.ts';
import type { Demand, JudgedKind } from './demand.ts';

const Texts = listOf(z.string());
const MatchField = { exact: absent(Texts), exp: absent(z.string()), negate: absent(z.boolean()) };
const Match = z.strictObject(MatchField);
const Registry = z.strictObject({ ...MatchField, policy: absent(Texts) });
const Values = z.strictObject({
  default: absent(z.string()),
  managed: absent(z.string()),
  required: absent(z.boolean()),
  values: absent(shortListOf(Match, 500)),
});
const MetadataRule = z.strictObject({
  apiGroups: absent(Texts),
  kinds: absent(Texts),
  labels: absent(smallRecordOf(Values, 50)),
  annotations: absent(smallRecordOf(Values, 50)),
});
const Json = z.record(z.string(), z.unknown());
const Enforce = z.strictObject({
  action: absent(z.enum(['allow', 'deny', 'audit'])),
  ingress: absent(z.strictObject({ hostnames: absent(shortListOf(Match, 500)), types: absent(Texts) })),
  metadata: absent(shortListOf(MetadataRule, 20)),
  services: absent(
    z.strictObject({
      externalNames: absent(z.strictObject({ hostnames: absent(shortListOf(Match, 500)) })),
      loadBalancers: absent(z.strictObject({ cidrs: absent(Texts) })),
      nodePorts: absent(z.strictObject({ ports: absent(listOf(z.strictObject({ from: z.int(), to: z.int() }))) })),
      types: absent(Texts),
    }),
  ),
  workloads: absent(
    z.strictObject({
      qosClasses: absent(Texts),
      registries: absent(shortListOf(Registry, 500)),
      resources: absent(Json),
      schedulers: absent(shortListOf(Match, 500)),
      targets: absent(Texts),
    }),
  ),
});
const RuleField = z.strictObject({
  audience: absent(listOf(z.strictObject({ kind: z.string(), name: z.string() }))),
  enforce: absent(Enforce),
  namespaceSelector: absent(SelectorField),
  permissions: z.unknown().optional(),
  quota: z.unknown().optional(),
});

/** Each is up to ten constraints in every namespace of the Tenant. */
const rulesMax = 200;
/** Each demand is a constraint. More than people write, and each entry of one takes time. */
const demandsMax = 500;
const entriesMax = 2_000;

/** The demands of all rules that can be read, in their order. */
export function ruleDemands(rules: readonly unknown[]): { readonly demands: Demand[]; readonly faults: Fault[] } {
  const demands: Demand[] = [];
  const faults: Fault[] = [];
  let entries = 0;
  for (const [index, written] of rules.entries()) {
    if (faults.length >= faultsMax || index >= rulesMax || entries > entriesMax) {
      faults.push(restUnread(['spec', 'rules'], index));
      break;
    }
    const rule = RuleField.safeParse(written);
    const own = rule.success ? demandsOf(rule.data, index) : [];
    if (demands.length + own.length > demandsMax) {
      faults.push(restUnread(['spec', 'rules'], index));
      break;
    }
    demands.push(...own);
    entries += own.reduce((sum, demand) => sum + entriesOf(demand), 0);
    if (!rule.success) faults.push(...faultsOf(rule.error, ['spec', 'rules', index]));
  }
  return { demands, faults };
}

function entriesOf({ rule: { allowed = [], denied = [], noted = [] } }: Demand): number {
  return allowed.length + denied.length + noted.length;
}

function demandsOf(
  { audience = [], enforce, namespaceSelector: namespaces = {} }: z.infer<typeof RuleField>,
  order: number,
): Demand[] {
  if (enforce === undefined) return [];
  const { action = 'deny' } = enforce;
  const pointer = jsonPointer(['spec', 'rules', order, 'enforce']);
  const shared = {
    order,
    ...(audience.length === 0 ? {} : { audience }),
    // Rules are templates: what is between braces is known only for each namespace.
    ...(hasTemplate(enforce, 0) ? { unread: [pointer] } : {}),
  };
  const judged = (matchers: readonly ValueMatcher[] = []): Pick<AllowListRule, 'allowed' | 'denied' | 'noted'> => {
    if (action === 'allow') return { allowed: [...matchers] };
    return action === 'deny' ? { denied: [...matchers] } : { noted: [...matchers] };
  };
  return [...workloadTerms(enforce), ...serviceTerms(enforce), ...ingressTerms(enforce), ...metadataTerms(enforce)].map(
    ({ matchers, more = {}, key, ...term }): Demand => ({
      ...term,
      key: `rules.${order}.${key}`,
      namespaces,
      rule: { ...(matchers === undefined ? {} : judged(matchers)), ...more, ...shared },
    }),
  );
}

function hasTemplate(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.includes('{{');
  if (typeof value !== 'object' || value === null || depth > 12) return false;
  return Object.values(value).some((item) => hasTemplate(item, depth + 1));
}

interface Term extends Pick<Demand, 'key' | 'kind' | 'paths' | 'noun' | 'requests' | 'fields' | 'subject'> {
  /** Undefined: nothing is judged. */
  readonly matchers?: readonly ValueMatcher[];
  readonly more?: Demand['rule'];
}

type Enforced = z.infer<typeof Enforce>;

function matcherOf({
  exact,
  exp,
  negate,
  policy = [],
}: z.infer<typeof Match> & { policy?: string[] | undefined }): ValueMatcher {
  return {
    ...(exact === undefined ? {} : { values: exact }),
    ...(exp === undefined ? {} : { pattern: exp }),
    ...(negate === true ? { negate: true } : {}),
    ...(policy.length === 0 ? {} : { with: policy }),
  };
}

const targetPaths: ReadonlyMap<string, string> = new Map([
  ['pod', 'spec.containers[*].image'],
  ['pod/containers', 'spec.containers[*].image'],
  ['pod/ephemeralcontainers', 'spec.ephemeralContainers[*].image'],
  ['pod/initcontainers', 'spec.initContainers[*].image'],
  ['pod/volumes', 'spec.volumes[*].image.reference'],
]);
const allTargets = ['pod/containers', 'pod/initcontainers', 'pod/ephemeralcontainers', 'pod/volumes'];

function workloadTerms({ workloads }: Enforced): Term[] {
  if (workloads === undefined) return [];
  const { qosClasses = [], registries = [], schedulers = [], targets = [], resources } = workloads;
  const some = targets.length === 0 || targets.includes('pod') ? allTargets : targets;
  const paths = some.flatMap((target) => targetPaths.get(target) ?? []);
  const pod = (key: string, path: string, noun: string) => ({ key, kind: 'Pod' as const, paths: [path], noun });
  return [
    ...(registries.length === 0
      ? []
      : [{ key: 'registries', kind: 'Pod' as const, paths, noun: 'images', matchers: registries.map(matcherOf) }]),
    ...(schedulers.length === 0
      ? []
      : [{ ...pod('schedulers', 'spec.schedulerName', 'schedulers'), matchers: schedulers.map(matcherOf) }]),
    ...(qosClasses.length === 0
      ? []
      : [{ ...pod('qosClasses', 'status.qosClass', 'QoS classes'), matchers: [{ values: qosClasses }] }]),
    ...(resources === undefined
      ? []
      : [
          {
            ...pod('resources', 'spec.containers[*].resources', 'requests and limits'),
            more: { settings: resources },
          },
        ]),
  ];
}

function serviceTerms({ services }: Enforced): Term[] {
  if (services === undefined) return [];
  const { types = [], externalNames, loadBalancers, nodePorts } = services;
  const hostnames = externalNames?.hostnames ?? [];
  const cidrs = loadBalancers?.cidrs ?? [];
  const ports = nodePorts?.ports ?? [];
  const on = (key: string, paths: readonly string[], noun: string) => ({ key, kind: 'Service' as const, paths, noun });
  return [
    ...(types.length === 0 ? [] : [{ ...on('types', ['spec.type'], 'types'), matchers: [{ values: types }] }]),
    ...(hostnames.length === 0
      ? []
      : [{ ...on('externalNames', ['spec.externalName'], 'external names'), matchers: hostnames.map(matcherOf) }]),
    ...(cidrs.length === 0
      ? []
      : [
          {
            ...on('loadBalancers', ['spec.loadBalancerIP', 'spec.loadBalancerSourceRanges'], 'load balancer addresses'),
            matchers: [{ cidrs }],
          },
        ]),
    ...(ports.length === 0
      ? []
      : [{ ...on('nodePorts', ['spec.ports[*].nodePort'], 'node ports'), matchers: [{ ranges: ports }] }]),
  ];
}

/** Where each kind has its host names. */
const hostKinds: ReadonlyMap<string, JudgedField & { readonly plural: string }> = new Map(
  [
    ['Gateway', 'gateway.networking.k8s.io', 'gateways', 'spec.listeners[*].hostname'],
    ['GRPCRoute', 'gateway.networking.k8s.io', 'grpcroutes', 'spec.hostnames[*]'],
    ['HTTPRoute', 'gateway.networking.k8s.io', 'httproutes', 'spec.hostnames[*]'],
    ['Ingress', 'networking.k8s.io', 'ingresses', 'spec.rules[*].host'],
    ['ListenerSet', 'gateway.networking.k8s.io', 'listenersets', 'spec.listeners[*].hostname'],
    ['Route', 'route.openshift.io', 'routes', 'spec.host'],
    ['TLSRoute', 'gateway.networking.k8s.io', 'tlsroutes', 'spec.hostnames[*]'],
  ].map(([kind = '', apiGroup = '', plural = '', path = '']) => [kind, { apiGroup, kind, plural, path }]),
);

function ingressTerms({ ingress }: Enforced): Term[] {
  const hostnames = ingress?.hostnames ?? [];
  if (hostnames.length === 0) return [];
  const named = (ingress?.types ?? []).flatMap((type) => hostKinds.get(type) ?? []);
  const judged = named.length === 0 ? [...hostKinds.values()] : named;
  return [
    {
      key: 'hostnames',
      kind: 'Ingress',
      paths: [],
      noun: 'host names',
      subject: 'Ingresses, Gateways and routes',
      matchers: hostnames.map(matcherOf),
      fields: judged.map(({ apiGroup, kind, path }) => ({ apiGroup, kind, path })),
      requests: judged.map(
        ({ apiGroup, plural }): AdmissionRule => ({
          operations: ['CREATE', 'UPDATE'],
          apiGroups: [apiGroup],
          apiVersions: ['*'],
          resources: [plural],
        }),
      ),
    },
  ];
}

const judgedKinds: ReadonlySet<string> = new Set<JudgedKind>(['Pod', 'Service', 'PersistentVolumeClaim', 'Ingress']);

function isJudged(kind: string): kind is JudgedKind {
  return judgedKinds.has(kind);
}

/** One for each label or annotation; the kinds are those that the rule names, by their names alone. */
function metadataTerms({ metadata = [] }: Enforced): Term[] {
  return metadata.flatMap((rule, index) =>
    (['labels', 'annotations'] as const).flatMap((what) =>
      Object.entries(rule[what] ?? {}).map(([name, terms]): Term => {
        const { kinds = [], apiGroups = [] } = rule;
        const path = `metadata.${what}.${name}`;
        const values = terms.values ?? [];
        const [only = ''] = kinds;
        const kind = kinds.length === 1 && isJudged(only) ? only : undefined;
        return {
          key: `metadata.${index}.${what}.${name}`,
          kind: kind ?? 'Pod',
          paths: [path],
          noun: what,
          ...(values.length === 0 ? {} : { matchers: values.map(matcherOf) }),
          more: {
            ...(terms.required === true ? { required: true as const } : {}),
            ...(terms.default === undefined ? {} : { default: terms.default }),
            ...(terms.managed === undefined ? {} : { sets: { [name]: terms.managed } }),
          },
          ...(kind === undefined
            ? {
                subject: 'Objects',
                fields: (kinds.length === 0 ? ['*'] : kinds).map((each) => ({
                  apiGroup: apiGroups.length === 1 ? (apiGroups[0] ?? '*') : '*',
                  kind: each,
                  path,
                })),
                requests: [
                  {
                    operations: ['CREATE', 'UPDATE'],
                    apiGroups: apiGroups.length === 0 ? ['*'] : apiGroups,
                    apiVersions: ['*'],
                    resources: ['*'],
                    scope: 'Namespaced' as const,
                  },
                ],
              }
            : {}),
        };
      }),
    ),
  );
}
