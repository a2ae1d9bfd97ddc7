/**
 * Policies of Calico against a second reading of them: random policies, tiers, pods and addresses; what the constraints come to
 * must be what the policies themselves say, as the documentation of Calico has it.
 *
 * @see https://docs.tigera.io/calico/latest/reference/resources/networkpolicy
 * @see https://docs.tigera.io/calico/latest/reference/resources/tier
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { asStored } from '../../crds/cases/load-cases.ts';
import { compareText } from '../../crds/constraint.ts';
import { calico } from '../../operator/adapters/calico/calico.ts';
import { noParametersRead } from '../../operator/adapters/parameters.ts';
import {
  accounts,
  all,
  key,
  type Labels,
  name,
  namespaceNames,
  onAccount,
  onNamespace,
  onOwn,
  type Selector,
  value,
} from './calico-selectors.ts';
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

interface Entity {
  readonly nets?: readonly string[];
  readonly notNets?: readonly string[];
  readonly selector?: Selector;
  readonly notSelector?: Selector;
  readonly namespaceSelector?: Selector | 'all()' | 'global()';
  readonly serviceAccounts?: { readonly names?: readonly string[]; readonly selector?: Selector };
}

const net = fc.constantFrom('10.0.0.0/30', '10.0.0.0/8', '192.0.2.0/24', '198.51.100.7', '0.0.0.0/0');
const some = <Item>(item: fc.Arbitrary<Item>) => fc.array(item, { minLength: 1, maxLength: 2 });
const anyPart = { requiredKeys: [] };
const entity: fc.Arbitrary<Entity> = fc.oneof(
  fc.constant({}),
  fc.record({ selector: onOwn }, anyPart),
  fc.record({ nets: some(net), notNets: some(net) }, anyPart),
  fc.record(
    {
      selector: onOwn,
      namespaceSelector: fc.oneof(onNamespace, fc.constantFrom('all()' as const, 'global()' as const)),
    },
    anyPart,
  ),
  fc.record(
    {
      selector: onOwn,
      notSelector: onOwn,
      namespaceSelector: onNamespace,
      serviceAccounts: fc.record({ names: some(fc.constantFrom(...accounts)), selector: onAccount }, anyPart),
      nets: some(net),
    },
    anyPart,
  ),
);

interface Rule {
  readonly action: 'Allow' | 'Deny' | 'Pass' | 'Log';
  readonly protocol?: 'TCP' | 'UDP';
  readonly notProtocol?: 'TCP' | 'UDP';
  readonly source?: Entity;
  readonly destination?: Entity;
  readonly ports?: readonly (number | string)[];
  readonly notPorts?: readonly (number | string)[];
}

const port = fc.constantFrom(80, 443, '79:90', 'http');
const actions = fc.constantFrom('Allow' as const, 'Allow' as const, 'Deny' as const, 'Pass' as const, 'Log' as const);
const protocols = fc.constantFrom('TCP' as const, 'UDP' as const);
const rule: fc.Arbitrary<Rule> = fc.oneof(
  fc.record({ action: actions, source: entity }),
  fc.record({ action: actions, destination: entity }),
  fc.record({ action: actions, source: entity, ports: some(port) }),
  fc.record(
    {
      action: actions,
      protocol: protocols,
      notProtocol: protocols,
      source: entity,
      destination: entity,
      ports: some(port),
      notPorts: some(port),
    },
    { requiredKeys: ['action'] },
  ),
);

/** Whoever binds nobody says nothing. */
function seldom(of: fc.Arbitrary<Selector>) {
  return fc.option(of, { nil: undefined, freq: 1 }).chain((one) => fc.constantFrom(undefined, undefined, one));
}

interface Policy {
  readonly name: string;
  readonly namespace?: string;
  readonly tier: string;
  readonly order?: number;
  readonly types?: readonly string[];
  readonly selector?: Selector;
  readonly namespaceSelector?: Selector | undefined;
  readonly serviceAccountSelector?: Selector | undefined;
  readonly ingress: readonly Rule[];
  readonly egress: readonly Rule[];
}

const rules = fc.array(rule, { maxLength: 3 });
const common = {
  name: fc.constantFrom('p', 'q', 'r', 's'),
  tier: fc.constantFrom('default', 'default', 'first', 'last'),
  order: fc.constantFrom(1, 1, 2),
  types: fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress'], []),
  selector: fc.oneof({ arbitrary: fc.constant(all), weight: 4 }, { arbitrary: onOwn, weight: 1 }),
  serviceAccountSelector: seldom(onAccount),
  ingress: rules,
  egress: rules,
};
const required = ['name', 'tier', 'ingress', 'egress'] as const;
const policy: fc.Arbitrary<Policy> = fc.oneof(
  fc.record({ ...common, namespace: name }, { requiredKeys: [...required, 'namespace'] }),
  fc.record({ ...common, namespaceSelector: seldom(onNamespace) }, { requiredKeys: [...required] }),
);

const labels = fc.dictionary(key, value, { maxKeys: 2, noNullPrototype: true });
const teams = fc.dictionary(fc.constant('team'), value, { maxKeys: 1, noNullPrototype: true });
const world = fc
  .record({
    namespaces: fc.tuple(...namespaceNames.map(() => teams)),
    accounts: fc.tuple(...accounts.map(() => teams)),
    pods: fc.array(fc.record({ namespace: fc.nat(1), account: fc.nat(1), labels, isHttp: fc.boolean() }), {
      minLength: 2,
      maxLength: 4,
    }),
    local: fc.record({ namespace: fc.nat(1), labels }),
    global: labels,
  })
  .map(({ namespaces, accounts: ofAccounts, pods, local, global }) => {
    const known = namespaceNames.map(
      (one, index): Namespace => ({
        name: one,
        labels: { ...namespaces[index], 'kubernetes.io/metadata.name': one },
      }),
    );
    const namespaceAt = (index: number) => known[index] ?? { name: '', labels: {} };
    const ends = pods.map(
      (pod, index): PodEnd => ({
        is: 'pod',
        name: `pod-${index}`,
        namespace: namespaceAt(pod.namespace),
        labels: pod.labels,
        serviceAccount: { name: accounts[pod.account] ?? '', labels: ofAccounts[pod.account] ?? {} },
        ip: `10.0.0.${index + 2}`,
        ports: [{ name: 'http', protocol: 'TCP', port: pod.isHttp ? 80 : 443 }],
      }),
    );
    const sets: AddressSet[] = [
      {
        kind: 'NetworkSet',
        name: 'local',
        namespace: namespaceAt(local.namespace),
        labels: local.labels,
        nets: ['192.0.2.0/24'],
      },
      { kind: 'GlobalNetworkSet', name: 'global', labels: global, nets: ['198.51.100.0/24'] },
    ];
    return { pods: ends, sets };
  });
type World = { readonly pods: readonly PodEnd[]; readonly sets: readonly AddressSet[] };

const tier = fc.record({
  order: fc.option(fc.constantFrom(10, 5_000_000), { nil: undefined }),
  defaultAction: fc.constantFrom('Deny', 'Pass', undefined),
});
type Tier = { readonly order: number | undefined; readonly defaultAction: string | undefined };

// What the policies say by themselves.

interface Known {
  readonly labels: Labels;
  readonly isNamespaced: boolean;
}

function prefixed(prefix: string, of: Labels): Labels {
  return Object.fromEntries(Object.entries(of).map(([k, v]) => [`${prefix}${k}`, v]));
}

function knownPod({ namespace, labels: own, serviceAccount }: PodEnd): Known {
  return {
    isNamespaced: true,
    labels: {
      ...own,
      'projectcalico.org/namespace': namespace.name,
      'projectcalico.org/serviceaccount': serviceAccount.name,
      'projectcalico.org/orchestrator': 'k8s',
      ...prefixed('pcns.', namespace.labels),
      'pcns.projectcalico.org/name': namespace.name,
      ...prefixed('pcsa.', serviceAccount.labels),
      'pcsa.projectcalico.org/name': serviceAccount.name,
    },
  };
}

function knownSet({ namespace, labels: own }: AddressSet): Known {
  if (namespace === undefined) return { labels: own, isNamespaced: false };
  const ofNamespace = { ...prefixed('pcns.', namespace.labels), 'pcns.projectcalico.org/name': namespace.name };
  return { isNamespaced: true, labels: { ...own, 'projectcalico.org/namespace': namespace.name, ...ofNamespace } };
}

/** What Calico knows at an address. */
function knownAt(end: End, { sets }: World): Known[] {
  if (end.is === 'pod') return [knownPod(end)];
  return sets.filter(({ nets }) => liesInAny(end.ip, nets)).map(knownSet);
}

function under(prefix: string, selector: Selector | undefined, { labels: own }: Known): boolean {
  if (selector === undefined) return true;
  const stripped = Object.entries(own)
    .filter(([k]) => k.startsWith(prefix))
    .map(([k, v]) => [k.slice(prefix.length), v]);
  return selector.holds(Object.fromEntries(stripped));
}

function isMeant(side: Entity, end: End, home: string | undefined, of: World): boolean {
  const { nets = [], notNets = [], selector, notSelector, namespaceSelector, serviceAccounts } = side;
  if (nets.length > 0 && !liesInAny(end.ip, nets)) return false;
  if (liesInAny(end.ip, notNets)) return false;
  const names = serviceAccounts?.names ?? [];
  const account = names.length > 0 || serviceAccounts?.selector !== undefined ? serviceAccounts : undefined;
  const isPositive = selector !== undefined || namespaceSelector !== undefined || account !== undefined;
  const isLimited = home !== undefined && namespaceSelector === undefined && (isPositive || notSelector !== undefined);
  if (!isPositive && !isLimited) {
    return notSelector === undefined || !knownAt(end, of).some((known) => notSelector.holds(known.labels));
  }
  return knownAt(end, of).some((known) => {
    const { labels: own, isNamespaced } = known;
    if (isLimited && own['projectcalico.org/namespace'] !== home) return false;
    if (namespaceSelector === 'all()' && !isNamespaced) return false;
    if (namespaceSelector === 'global()' && isNamespaced) return false;
    if (typeof namespaceSelector === 'object' && !under('pcns.', namespaceSelector, known)) return false;
    const as = own['projectcalico.org/serviceaccount'];
    if (account !== undefined && names.length > 0 && (as === undefined || !names.includes(as))) return false;
    if (!under('pcsa.', account?.selector, known)) return false;
    return (selector?.holds(own) ?? true) && !(notSelector?.holds(own) ?? false);
  });
}

function isOnPort(given: number | string, { to, port: asked, protocol }: Connection): boolean {
  if (typeof given === 'number') return given === asked;
  if (given.includes(':')) {
    const [first = 0, last = 0] = given.split(':').map(Number);
    return asked >= first && asked <= last;
  }
  return (
    to.is === 'pod' && to.ports.some((one) => one.name === given && one.protocol === protocol && one.port === asked)
  );
}

function matches(given: Rule, connection: Connection, home: string | undefined, of: World): boolean {
  const { protocol, notProtocol, source = {}, destination = {}, ports = [], notPorts = [] } = given;
  return (
    (protocol === undefined || protocol === connection.protocol) &&
    notProtocol !== connection.protocol &&
    (ports.length === 0 || ports.some((one) => isOnPort(one, connection))) &&
    !notPorts.some((one) => isOnPort(one, connection)) &&
    isMeant(source, connection.from, home, of) &&
    isMeant(destination, connection.to, home, of)
  );
}

function applies(one: Policy, direction: 'Ingress' | 'Egress', subject: PodEnd): boolean {
  const { namespace, types = [], selector = all, namespaceSelector, serviceAccountSelector } = one;
  const known = knownPod(subject);
  return (
    (types.length === 0 || types.includes(direction)) &&
    (namespace === undefined || namespace === subject.namespace.name) &&
    selector.holds(known.labels) &&
    under('pcns.', namespaceSelector, known) &&
    under('pcsa.', serviceAccountSelector, known)
  );
}

function kindOf({ namespace }: Policy): string {
  return namespace === undefined ? 'GlobalNetworkPolicy' : 'NetworkPolicy';
}

function rawVerdict(
  direction: 'Ingress' | 'Egress',
  connection: Connection,
  policies: readonly Policy[],
  tiers: ReadonlyMap<string, Tier>,
  of: World,
): boolean {
  const subject = direction === 'Ingress' ? connection.to : connection.from;
  if (subject.is !== 'pod') return true;
  const sorted = [...tiers].toSorted(([a, one], [b, two]) => compareNumbers(one.order, two.order) || compareText(a, b));
  for (const [tierName, { defaultAction = 'Deny' }] of sorted) {
    const applying = policies
      .filter((one) => one.tier === tierName && applies(one, direction, subject))
      .toSorted((a, b) => compareNumbers(a.order, b.order) || compareText(fullName(a), fullName(b)));
    if (applying.length === 0) continue;
    const first = applying
      .flatMap((one) => one[direction === 'Ingress' ? 'ingress' : 'egress'].map((given) => ({ given, one })))
      .find(({ given, one }) => given.action !== 'Log' && matches(given, connection, one.namespace, of));
    const action = first?.given.action ?? defaultAction;
    if (action === 'Allow') return true;
    if (action === 'Deny') return false;
  }
  return true;
}

function fullName(one: Policy): string {
  return `${one.name}/${one.namespace ?? ''}/${kindOf(one)}`;
}

function compareNumbers(a = Infinity, b = Infinity): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** As it is stored: without what is undefined. */
function stored(object: object): Record<string, unknown> {
  return Json.parse(JSON.parse(JSON.stringify(object)));
}

const Json = z.record(z.string(), z.unknown());

function textOf(selector: Selector | undefined) {
  return selector?.text;
}

function entityObject({ selector, notSelector, namespaceSelector, serviceAccounts, ...nets }: Entity) {
  return {
    ...nets,
    selector: textOf(selector),
    notSelector: textOf(notSelector),
    namespaceSelector: typeof namespaceSelector === 'object' ? namespaceSelector.text : namespaceSelector,
    serviceAccounts: serviceAccounts && { ...serviceAccounts, selector: textOf(serviceAccounts.selector) },
  };
}

/** Ports may stand only beside a protocol. */
function ruleObject({ source, destination, ports, notPorts, ...given }: Rule) {
  return {
    ...given,
    ...(source === undefined ? {} : { source: entityObject(source) }),
    destination: { ...entityObject(destination ?? {}), ports, notPorts },
  };
}

function policyObject({
  name: called,
  namespace,
  ingress,
  egress,
  selector,
  namespaceSelector,
  serviceAccountSelector,
  ...spec
}: Policy) {
  const one = {
    apiVersion: 'projectcalico.org/v3',
    kind: namespace === undefined ? 'GlobalNetworkPolicy' : 'NetworkPolicy',
    metadata: { name: called, namespace },
    spec: {
      ...spec,
      selector: textOf(selector),
      namespaceSelector: textOf(namespaceSelector),
      serviceAccountSelector: textOf(serviceAccountSelector),
      ingress: ingress.map(ruleObject),
      egress: egress.map(ruleObject),
    },
  };
  return asStored(stored(one));
}

function constraintsOf(policies: readonly Policy[], tiers: ReadonlyMap<string, Tier>) {
  const tierObjects = [...tiers].map(([called, spec]) =>
    asStored({ apiVersion: 'projectcalico.org/v3', kind: 'Tier', metadata: { name: called }, spec: stored(spec) }),
  );
  const readings = [...policies.map(policyObject), ...tierObjects].map((object) => calico.read(object));
  const shared = readings.flatMap((reading) => reading.shared ?? []);
  const joined = readings
    .flatMap(({ parts = [] }) => parts)
    .map(({ value: part }) => calico.join?.([part, ...shared], noParametersRead));
  expect(readings.flatMap(({ problems }) => problems)).toEqual([]);
  return joined.flatMap((reading) => reading?.constraints ?? []);
}

test('what the constraints of policies of Calico come to is what the policies say', () => {
  const count = { compared: 0, unjudged: 0 };
  fc.assert(
    fc.property(
      world,
      fc.uniqueArray(policy, { selector: fullName, minLength: 1, maxLength: 3 }),
      tier,
      tier,
      (of, given, first, last) => {
        const policies = given.map((one) => ({
          ...one,
          ingress: one.ingress.map(withProtocol),
          egress: one.egress.map(withProtocol),
        }));
        const tiers = new Map<string, Tier>([
          ['first', first],
          ['last', last],
          ['default', { order: 1_000_000, defaultAction: 'Deny' }],
        ]);
        const constraints = constraintsOf(policies, tiers);
        const ends: End[] = [
          ...of.pods,
          ...['192.0.2.9', '198.51.100.7', '203.0.113.1'].map((ip) => ({ is: 'outside' as const, ip })),
        ];
        for (const from of ends) {
          for (const to of ends) {
            if (from === to) continue;
            for (const [protocol, asked] of [
              ['TCP', 80],
              ['TCP', 443],
              ['UDP', 80],
            ] as const) {
              const connection = { from, to, protocol, port: asked };
              for (const direction of ['Ingress', 'Egress'] as const) {
                const read = formVerdict(direction, connection, constraints, of.sets);
                const said = rawVerdict(direction, connection, policies, tiers, of);
                const judged = judgedVerdict(direction, connection, constraints);
                count.compared += 1;
                if (judged === undefined) count.unjudged += 1;
                else if (judged !== said)
                  expect.fail(JSON.stringify({ judged, said, direction, connection, constraints }));
                if (read === said) continue;
                expect.fail(
                  JSON.stringify({ read, said, direction, connection, specs: policies.map(policyObject), constraints }),
                );
              }
            }
          }
        }
      },
    ),
    { numRuns: 150 },
  );
  expect(count.unjudged / count.compared, 'share that the gateway leaves open').toBeLessThan(0.1);
});

function withProtocol(given: Rule): Rule {
  return given.ports === undefined && given.notPorts === undefined
    ? given
    : { ...given, protocol: given.protocol ?? 'TCP' };
}
