/**
 * Policies of Cilium against a second reading of them: random policies, pods and addresses; what the constraints come to must be
 * what the policies themselves say, as the documentation of Cilium has it. Labels here are those of identities.
 *
 * @see https://docs.cilium.io/en/v1.20/security/policy/language/
 * @see https://docs.cilium.io/en/v1.20/security/policy/intro/
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { asStored } from '../../crds/cases/load-cases.ts';
import { cilium } from '../../operator/adapters/cilium/cilium.ts';
import { judgedVerdict } from './judged-verdict.ts';
import {
  type AddressSet,
  type Connection,
  type End,
  formVerdict,
  liesInAny,
  type Namespace,
  type PodEnd,
} from './network-form-verdict.ts';

interface Requirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}
interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly Requirement[];
}

const namespaceKey = 'io.kubernetes.pod.namespace';
const ofNamespaceKey = 'io.cilium.k8s.namespace.labels.';
const namespaceNames = ['east', 'west'];
const name = fc.constantFrom(...namespaceNames);
const value = fc.constantFrom('a', 'b');
const own = fc.constantFrom('app', 'tier', 'k8s:app', 'any:tier');

function requirement(key: fc.Arbitrary<string>, text: fc.Arbitrary<string>): fc.Arbitrary<Requirement> {
  const list = fc.uniqueArray(text, { minLength: 1, maxLength: 2 });
  return fc.oneof(
    fc.record({ key, operator: fc.constantFrom('In' as const, 'NotIn' as const), values: list }),
    fc.record({ key, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
  );
}

/** No demand but In and Exists on what is said of namespaces: others take in all that is no pod, see below. */
const positive = (key: fc.Arbitrary<string>, text: fc.Arbitrary<string>) =>
  requirement(key, text).filter(({ operator }) => operator === 'In' || operator === 'Exists');
const onOwn = requirement(own, value);
const anyRequirement = fc.oneof(
  { arbitrary: onOwn, weight: 4 },
  { arbitrary: requirement(fc.constantFrom(namespaceKey, `k8s:${namespaceKey}`), name), weight: 1 },
  { arbitrary: requirement(fc.constantFrom(`${ofNamespaceKey}team`, `k8s:${ofNamespaceKey}team`), value), weight: 1 },
  {
    arbitrary: positive(fc.constant('io.cilium.k8s.policy.serviceaccount'), fc.constantFrom('default', 'runner')),
    weight: 1,
  },
);
const selector: fc.Arbitrary<Selector> = fc.record(
  {
    matchLabels: fc.oneof(
      { arbitrary: fc.dictionary(own, value, { maxKeys: 2, noNullPrototype: true }), weight: 3 },
      { arbitrary: fc.record({ [namespaceKey]: name }), weight: 1 },
    ),
    matchExpressions: fc.array(anyRequirement, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

const cidr = fc.constantFrom('192.0.2.0/24', '0.0.0.0/0', '10.0.0.0/8', '198.51.100.0/25');
const cidrSet = fc.constantFrom<CidrSet>(
  { cidr: '0.0.0.0/0', except: ['192.0.2.0/24'] },
  { cidr: '192.0.2.0/24' },
  { cidrGroupRef: 'group' },
  { cidrGroupSelector: { matchLabels: { kind: 'a' } } },
);
const entity = fc.constantFrom('world', 'cluster', 'all', 'none', 'host');
const port = fc.record(
  {
    port: fc.constantFrom('80', '0', '443', 'http'),
    protocol: fc.constantFrom('TCP', 'UDP', 'ANY'),
    endPort: fc.constant(0),
  },
  { requiredKeys: ['port'] },
);
const portRange = fc.constantFrom({ port: '79', endPort: 90, protocol: 'TCP' }, { port: '443', endPort: 443 });

/** Without the `from` or `to` before the names of its lists. */
interface Item {
  readonly Endpoints?: readonly Selector[];
  readonly Entities?: readonly string[];
  readonly CIDR?: readonly string[];
  readonly CIDRSet?: readonly CidrSet[];
  readonly toPorts?: readonly { readonly ports: readonly Port[] }[] | undefined;
}
interface CidrSet {
  readonly cidr?: string;
  readonly except?: readonly string[];
  readonly cidrGroupRef?: string;
  readonly cidrGroupSelector?: Selector;
}
interface Port {
  readonly port: string;
  readonly protocol?: string;
  readonly endPort?: number;
}

const list = <Of>(of: fc.Arbitrary<Of>) => fc.array(of, { maxLength: 2 });
const peers: fc.Arbitrary<Item> = fc.oneof(
  { arbitrary: fc.record({ Endpoints: list(selector) }), weight: 5 },
  { arbitrary: fc.record({ Entities: list(entity) }), weight: 1 },
  { arbitrary: fc.record({ CIDR: list(cidr) }), weight: 1 },
  { arbitrary: fc.record({ CIDRSet: list(cidrSet) }), weight: 1 },
  { arbitrary: fc.constant({}), weight: 2 },
);
const onPorts = fc.record({ ports: fc.array(fc.oneof(port, portRange), { minLength: 1, maxLength: 2 }) });
const item = fc
  .tuple(peers, fc.option(list(onPorts), { nil: undefined, freq: 1 }))
  .map(([of, toPorts]): Item => ({ ...of, ...(toPorts === undefined ? {} : { toPorts }) }));

function itemObject({ toPorts, ...of }: Item, prefix: 'from' | 'to') {
  const named = Object.entries(of).map(([field, given]): [string, unknown] => [`${prefix}${field}`, given]);
  return { ...Object.fromEntries(named), ...(toPorts === undefined ? {} : { toPorts }) };
}

const lists = ['ingress', 'ingressDeny', 'egress', 'egressDeny'] as const;
interface Rule extends Partial<Readonly<Record<(typeof lists)[number], readonly Item[]>>> {
  readonly endpointSelector: Selector;
  readonly enableDefaultDeny?: { readonly ingress?: boolean; readonly egress?: boolean };
}
const rule: fc.Arbitrary<Rule> = fc.record(
  {
    endpointSelector: fc.oneof({ arbitrary: fc.constant({}), weight: 2 }, { arbitrary: selector, weight: 1 }),
    enableDefaultDeny: fc.record({ ingress: fc.boolean(), egress: fc.boolean() }, { requiredKeys: [] }),
    ingress: list(item),
    ingressDeny: list(item),
    egress: list(item),
    egressDeny: list(item),
  },
  { requiredKeys: ['endpointSelector'] },
);

function ruleObject(given: Rule) {
  const read = lists.flatMap((one) => {
    const prefix = one.startsWith('ingress') ? 'from' : 'to';
    const items = given[one];
    return items === undefined ? [] : [[one, items.map((of) => itemObject(of, prefix))] as const];
  });
  return { ...given, ...Object.fromEntries(read) };
}

interface Policy {
  readonly namespace: string | undefined;
  readonly spec: Rule;
  readonly specs?: readonly Rule[];
}
const policy: fc.Arbitrary<Policy> = fc.record(
  { namespace: fc.option(name, { nil: undefined }), spec: rule, specs: fc.array(rule, { maxLength: 1 }) },
  { requiredKeys: ['namespace', 'spec'] },
);

const labels = fc.dictionary(fc.constantFrom('app', 'tier'), value, { maxKeys: 2, noNullPrototype: true });
const teams = fc.dictionary(fc.constant('team'), value, { maxKeys: 1, noNullPrototype: true });
const world = fc
  .record({
    teams: fc.tuple(teams, teams),
    pods: fc.array(
      fc.record({ namespace: fc.nat(1), account: fc.constantFrom('default', 'runner'), labels, isHttp: fc.boolean() }),
      { minLength: 2, maxLength: 4 },
    ),
  })
  .map(({ teams: ofNamespaces, pods }) => {
    const namespaces = namespaceNames.map(
      (one, index): Namespace => ({
        name: one,
        labels: { ...ofNamespaces[index], 'kubernetes.io/metadata.name': one },
      }),
    );
    return pods.map(
      (pod, index): PodEnd => ({
        is: 'pod',
        name: `pod-${index}`,
        namespace: namespaces[pod.namespace] ?? { name: '', labels: {} },
        labels: pod.labels,
        serviceAccount: { name: pod.account, labels: {} },
        ip: `10.0.0.${index + 2}`,
        ports: [{ name: 'http', protocol: 'TCP', port: pod.isHttp ? 80 : 443 }],
      }),
    );
  });
const groups: readonly AddressSet[] = [
  { kind: 'CiliumCIDRGroup', name: 'group', labels: {}, nets: ['192.0.2.0/25'] },
  { kind: 'CiliumCIDRGroup', name: 'other', labels: { kind: 'a' }, nets: ['198.51.100.0/24'] },
];

// What the policies say by themselves.

/** Labels of an identity by their keys, with the source. */
function identityOf(end: End): ReadonlyMap<string, string> {
  if (end.is === 'outside') return new Map([['reserved:world', '']]);
  const { namespace, serviceAccount } = end;
  return new Map([
    ...Object.entries(end.labels).map(([k, v]): [string, string] => [`k8s:${k}`, v]),
    ...Object.entries(namespace.labels).map(([k, v]): [string, string] => [`k8s:${ofNamespaceKey}${k}`, v]),
    [`k8s:${namespaceKey}`, namespace.name],
    ['k8s:io.cilium.k8s.policy.serviceaccount', serviceAccount.name],
  ]);
}

function withoutSource(key: string): string {
  return key.replace(/^(?:k8s|any):/, '');
}

function holds({ key, operator, values = [] }: Requirement, identity: ReadonlyMap<string, string>): boolean {
  const found = identity.get(`k8s:${withoutSource(key)}`);
  if (operator === 'Exists') return found !== undefined;
  if (operator === 'DoesNotExist') return found === undefined;
  return operator === 'In'
    ? found !== undefined && values.includes(found)
    : found === undefined || !values.includes(found);
}

function requirementsOf({ matchLabels = {}, matchExpressions = [] }: Selector): readonly Requirement[] {
  const equal = Object.entries(matchLabels).map(([key, one]): Requirement => ({ key, operator: 'In', values: [one] }));
  return [...equal, ...matchExpressions];
}

function selects(given: Selector, end: End): boolean {
  const identity = identityOf(end);
  return requirementsOf(given).every((one) => holds(one, identity));
}

/** A policy of a namespace writes its own over that of matchLabels; anything else just does not match there. */
function isSubject({ endpointSelector }: Rule, namespace: string | undefined, pod: PodEnd): boolean {
  if (namespace === undefined) return selects(endpointSelector, pod);
  const { matchLabels = {} } = endpointSelector;
  const kept = Object.entries(matchLabels).filter(([key]) => key !== `k8s:${namespaceKey}`);
  return (
    pod.namespace.name === namespace && selects({ ...endpointSelector, matchLabels: Object.fromEntries(kept) }, pod)
  );
}

function isPeer(given: Selector, namespace: string | undefined, end: End): boolean {
  const asked = requirementsOf(given).map(({ key }) => withoutSource(key));
  const namesNamespace = asked.includes(namespaceKey);
  if (namespace === undefined) return selects(given, end) && (namesNamespace || end.is === 'pod');
  const isAnywhere = namesNamespace || asked.some((key) => key.startsWith(ofNamespaceKey));
  return selects(given, end) && (isAnywhere || (end.is === 'pod' && end.namespace.name === namespace));
}

function isEntity(given: string, end: End): boolean {
  if (given === 'all') return true;
  return given === 'world' ? end.is === 'outside' : given === 'cluster' && end.is === 'pod';
}

function isInCidrSet({ cidr: net, except = [], cidrGroupRef }: CidrSet, ip: string): boolean {
  if (net !== undefined) return liesInAny(ip, [net]) && !liesInAny(ip, except);
  const group = groups.find((one) =>
    cidrGroupRef === undefined ? one.labels['kind'] === 'a' : one.name === cidrGroupRef,
  );
  return liesInAny(ip, group?.nets ?? []);
}

function isOnPort({ port: asked, protocol = 'ANY', endPort = 0 }: Port, to: Connection) {
  if (protocol !== 'ANY' && protocol !== to.protocol) return false;
  if (asked === '0') return true;
  const number = Number(asked);
  if (!Number.isNaN(number)) return to.port >= number && to.port <= Math.max(number, endPort);
  return (
    to.to.is === 'pod' &&
    to.to.ports.some((one) => one.name === asked && one.protocol === to.protocol && one.port === to.port)
  );
}

function itemMatches(given: Item, namespace: string | undefined, end: End, to: Connection): boolean {
  const { Endpoints, Entities, CIDR, CIDRSet, toPorts = [] } = given;
  const isPort = toPorts.length === 0 || toPorts.some(({ ports }) => ports.some((one) => isOnPort(one, to)));
  if (!isPort) return false;
  const isAddress = (lies: (ip: string) => boolean) => end.is === 'outside' && lies(end.ip);
  const answers = [
    Endpoints?.some((one) => isPeer(one, namespace, end)),
    Entities?.some((one) => isEntity(one, end)),
    CIDR?.some((one) => isAddress((ip) => liesInAny(ip, [one]))),
    CIDRSet?.some((one) => isAddress((ip) => isInCidrSet(one, ip))),
  ].filter((answer) => answer !== undefined);
  // Without any list of peers everyone is meant, on listed ports.
  return answers.length === 0 ? toPorts.length > 0 : answers.some(Boolean);
}

function isTaken({ spec, specs = [] }: Policy): boolean {
  return [spec, ...specs].every((one) => lists.some((of) => (one[of] ?? []).length > 0));
}

/** Undefined where the documentation and the source say two things. */
function rawVerdict(direction: 'Ingress' | 'Egress', to: Connection, policies: readonly Policy[]): boolean | undefined {
  const [subject, other] = direction === 'Ingress' ? [to.to, to.from] : [to.from, to.to];
  if (subject.is !== 'pod') return true;
  const [allow, deny, field] =
    direction === 'Ingress'
      ? (['ingress', 'ingressDeny', 'ingress'] as const)
      : (['egress', 'egressDeny', 'egress'] as const);
  let isDefaultDeny = false;
  let isOpen = false;
  let isAllowed = false;
  for (const { namespace, spec, specs = [] } of policies.filter(isTaken)) {
    for (const one of [spec, ...specs].filter((given) => isSubject(given, namespace, subject))) {
      const speaks = (one[allow] ?? []).length + (one[deny] ?? []).length > 0;
      const asked = one.enableDefaultDeny?.[field];
      if (!speaks && asked === true) isOpen = true;
      if (speaks && asked !== false) isDefaultDeny = true;
      if ((one[deny] ?? []).some((given) => itemMatches(given, namespace, other, to))) return false;
      isAllowed ||= (one[allow] ?? []).some((given) => itemMatches(given, namespace, other, to));
    }
  }
  if (isAllowed) return true;
  if (isDefaultDeny) return false;
  return isOpen ? undefined : true;
}

test('what the constraints of policies of Cilium come to is what the policies say', () => {
  const count = { compared: 0, open: 0, unjudged: 0 };
  fc.assert(
    fc.property(world, fc.array(policy, { minLength: 1, maxLength: 2 }), (pods, policies) => {
      const objects = policies.map(({ namespace, spec, specs }, index) =>
        asStored({
          apiVersion: 'cilium.io/v2',
          kind: namespace === undefined ? 'CiliumClusterwideNetworkPolicy' : 'CiliumNetworkPolicy',
          metadata: { name: `policy-${index}`, ...(namespace === undefined ? {} : { namespace }) },
          spec: ruleObject(spec),
          ...(specs === undefined ? {} : { specs: specs.map(ruleObject) }),
        }),
      );
      const constraints = objects.flatMap((object) => cilium.read(object).constraints);
      const outside = ['192.0.2.9', '198.51.100.200', '203.0.113.1'].map((ip): End => ({ is: 'outside', ip }));
      const ends = [...pods, ...outside];
      const connections = ends.flatMap((from) => ends.filter((to) => to !== from).map((to) => ({ from, to })));
      for (const ofPair of connections) {
        for (const [protocol, asked] of [
          ['TCP', 80],
          ['TCP', 443],
          ['UDP', 80],
        ] as const) {
          const connection = { ...ofPair, protocol, port: asked };
          for (const direction of ['Ingress', 'Egress'] as const) {
            const read = formVerdict(direction, connection, constraints, groups);
            const said = rawVerdict(direction, connection, policies);
            const judged = judgedVerdict(direction, connection, constraints);
            count.compared += 1;
            if (judged === undefined) count.unjudged += 1;
            if (judged !== undefined && said !== undefined && judged !== said) {
              expect.fail(JSON.stringify({ judged, said, direction, connection, objects, constraints }));
            }
            if (read === undefined) count.open += 1;
            // It may be left open, and never wrong.
            if (read === undefined || said === undefined || read === said) continue;
            expect.fail(JSON.stringify({ read, said, direction, connection, objects, constraints }));
          }
        }
      }
    }),
    { numRuns: 200 },
  );
  expect(count.open / count.compared, 'share that is left open').toBeLessThan(0.2);
  expect(count.unjudged / count.compared, 'share that the gateway leaves open').toBeLessThan(0.1);
});
