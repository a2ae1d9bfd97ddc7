import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asStored } from '../../../crds/cases/load-cases.ts';
import { type NetworkClause, NetworkRule } from '../../../crds/rules/network.ts';
import { cilium } from './cilium.ts';

const label = fc.constantFrom('qqqq', 'xqz', 'k8s:zzqx', 'any:xx', 'reserved:host', 'io.kubernetes.pod.namespace');
const short = { maxLength: 3 };
const selector = fc.record(
  {
    matchLabels: fc.dictionary(label, fc.constantFrom('qz', 'zq', ''), { maxKeys: 2 }),
    matchExpressions: fc.array(
      fc.oneof(
        fc.record({ key: label, operator: fc.constantFrom('In', 'NotIn'), values: fc.constant(['qx']) }),
        fc.record({ key: label, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
      ),
      short,
    ),
  },
  { requiredKeys: [] },
);
const entity = fc.constantFrom('world', 'host', 'cluster', 'all', 'none', 'qzqz');
const portRule = fc.record(
  {
    ports: fc.array(
      fc.record(
        { port: fc.constantFrom('0', '80', '443', 'xqzport'), protocol: fc.constantFrom('TCP', 'UDP', 'ANY') },
        { requiredKeys: ['port'] },
      ),
      short,
    ),
    rules: fc.constantFrom({ http: [{ method: 'GET' }] }, {}),
  },
  { requiredKeys: ['ports'] },
);
const peers = (prefix: 'from' | 'to') =>
  fc.oneof(
    fc.record({ [`${prefix}Endpoints`]: fc.array(selector, short) }),
    fc.record({ [`${prefix}Entities`]: fc.array(entity, short) }),
    fc.record({ [`${prefix}CIDR`]: fc.array(fc.constantFrom('10.0.0.0/8', 'qz'), short) }),
    fc.constant({}),
  );
const item = (prefix: 'from' | 'to') =>
  fc
    .tuple(peers(prefix), fc.option(fc.array(portRule, short), { nil: undefined }))
    .map(([peer, toPorts]) => ({ ...peer, ...(toPorts === undefined ? {} : { toPorts }) }));
const rule = fc.record(
  {
    endpointSelector: selector,
    enableDefaultDeny: fc.record({ ingress: fc.boolean(), egress: fc.boolean() }, { requiredKeys: [] }),
    ingress: fc.array(item('from'), short),
    ingressDeny: fc.array(item('from'), short),
    egress: fc.array(item('to'), short),
    egressDeny: fc.array(item('to'), short),
  },
  { requiredKeys: ['endpointSelector'] },
);

function read(spec: unknown, specs?: unknown) {
  const object = { apiVersion: 'cilium.io/v2', kind: 'CiliumNetworkPolicy', metadata: { name: 'p', namespace: 'n' } };
  return cilium.read(asStored({ ...object, spec, specs }));
}

function ruleOf(constraint: { readonly rule: unknown } | undefined): NetworkRule {
  return NetworkRule.parse(constraint?.rule);
}

/** The same JSON with the keys of every object in another order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toReversed();
  return Object.fromEntries(entries.map(([key, part]) => [key, reordered(part)]));
}

describe('a CiliumNetworkPolicy', () => {
  test('means the same in whatever order its fields are written', () => {
    fc.assert(
      fc.property(rule, (spec) => {
        expect(JSON.stringify(read(reordered(spec)))).toBe(JSON.stringify(read(spec)));
      }),
      { numRuns: 500 },
    );
  });

  test('has its denials before what it lets through, and of each first what is understood', () => {
    const rank = ({ action, unread }: NetworkClause) => (action === 'deny' ? 0 : 2) + (unread === undefined ? 0 : 1);
    fc.assert(
      fc.property(rule, (spec) => {
        for (const constraint of read(spec).constraints) {
          const ranks = ruleOf(constraint).clauses.map(rank);
          expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('isolates a direction that has items, other than where it says not to', () => {
    fc.assert(
      fc.property(rule, (spec) => {
        const { constraints } = read(spec);
        for (const [direction, field, lists] of [
          ['Ingress', 'ingress', [spec.ingress, spec.ingressDeny]],
          ['Egress', 'egress', [spec.egress, spec.egressDeny]],
        ] as const) {
          const found = constraints.find(({ key }) => key === `spec/${direction}`);
          const hasItems = lists.some((list) => (list ?? []).length > 0);
          const asked = spec.enableDefaultDeny?.[field];
          if (!hasItems && asked !== true) expect(found).toBeUndefined();
          // One item that is refused keeps out everything, and so does a rule without any.
          if (found === undefined || !hasItems) continue;
          expect(ruleOf(found).otherwise === 'deny').toBe(asked ?? true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('is summed up without its ports, names, addresses and selectors', () => {
    fc.assert(
      fc.property(rule, (spec) => {
        for (const { summary } of read(spec).constraints) expect(summary).not.toMatch(/[0-9/=(!]|[qxz]{2}|TCP|UDP/);
      }),
      { numRuns: 500 },
    );
  });

  test('of more than can be read in time is read as far as that goes, and the rest is not understood', () => {
    const ingress = Array.from({ length: 6_000 }, () => ({ fromEntities: ['host'] }));
    const { constraints, problems } = read({ endpointSelector: {}, ingress });
    const { clauses } = ruleOf(constraints[0]);
    expect(clauses.length).toBeLessThan(6_000);
    expect(clauses.at(-1)).toMatchObject({ path: '/spec/ingress', unread: ['/spec/ingress'] });
    expect(problems).toMatchObject([{ path: 'spec.ingress' }]);
  });

  test('with many peers under conditions on many lists of ports is not written out in full', () => {
    const fromEndpoints = Array.from({ length: 300 }, () => ({ matchLabels: { 'container:a': 'b' } }));
    const toPorts = Array.from({ length: 300 }, () => ({
      ports: [{ port: '80', protocol: 'TCP' }],
      rules: { http: [{}] },
    }));
    const { constraints } = read({ endpointSelector: {}, ingress: [{ fromEndpoints, toPorts }] });
    expect(ruleOf(constraints[0]).clauses).toEqual([{ path: '/spec/ingress/0', unread: ['/spec/ingress/0'] }]);
  });

  test('with hundreds of rules is read as far as people write them, and says so', () => {
    const specs = Array.from({ length: 300 }, () => ({ endpointSelector: {}, ingress: [{}] }));
    const { constraints, problems } = read(undefined, specs);
    expect(constraints).toHaveLength(200);
    expect(problems).toMatchObject([{ path: 'specs' }]);
  });
});
