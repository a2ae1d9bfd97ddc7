import { expect, test } from 'vitest';
import type { NetworkClause, NetworkRule } from '../../crds/rules/network.ts';
import { networkMessage, networkSummary } from './network-text.ts';

const calico = { engine: 'calico', tier: 'security', tierOrder: 100, order: 5 } as const;
const cilium = { engine: 'cilium', tier: 'Normal' } as const;
const web = { pods: { namespace: 'shop', podSelector: { matchLabels: { app: 'web' } } } };
const http = { protocol: 'TCP', port: 80 };

function ruleOf(clauses: readonly Omit<NetworkClause, 'path'>[], more: Partial<NetworkRule> = {}): NetworkRule {
  return { form: 'network', direction: 'Egress', clauses: clauses.map((clause) => ({ path: '', ...clause })), ...more };
}

const subject = { scope: { namespaces: { names: ['shop'] }, workloads: {} }, home: 'shop' };

test.each<[string, NetworkRule, string, string]>([
  [
    'denials before openings, as Cilium has them',
    ruleOf(
      [
        { action: 'deny', peers: [{ entities: ['world'] }] },
        { peers: [web], ports: [http] },
      ],
      { place: cilium },
    ),
    'All pods have no egress to listed peers; else have egress only to listed peers on listed ports; other policies may allow ' +
      'more, but nothing that is refused here',
    'All pods have no egress to the entity world on any port; else have egress only to pods with app=web in namespace shop on ' +
      'TCP 80; other policies may allow more, but nothing that is refused here',
  ],
  [
    'what requests decide',
    ruleOf([{ ports: [http], conditions: [{ kind: 'http', text: '[{"method":"GET"}]' }] }], { place: cilium }),
    'All pods have egress only on listed ports under conditions; other policies may allow more',
    'All pods have egress only on TCP 80 to anywhere if the HTTP request is GET; other policies may allow more',
  ],
  [
    'a log, a denial and the next tier, as Calico has them',
    ruleOf([{ action: 'log' }, { action: 'deny', notPorts: [http], ipVersion: 4 }, { action: 'pass' }], {
      place: calico,
      otherwise: 'next',
    }),
    'All pods have egress to anywhere logged, then have no egress on listed ports under conditions; else leave all other ' +
      'egress to the next tier',
    'All pods have egress on any port to anywhere logged, then have no egress on any port other than TCP 80 to anywhere over ' +
      'IPv4; else leave all other egress to the next tier; in tier security (order 100) with order 5',
  ],
  [
    'an isolation that is only staged',
    ruleOf([], { place: calico, staged: true }),
    'Written down but not enforced: all pods have no egress',
    'Written down but not enforced: all pods have no egress; in tier security (order 100) with order 5',
  ],
  [
    'a tier that nobody knows',
    ruleOf([{ peers: [web] }], { place: { engine: 'calico', tier: 'new' }, otherwise: 'unknown' }),
    'All pods have egress to listed peers; else have other egress decided by the tier, in a way that is not known',
    'All pods have egress to pods with app=web in namespace shop on any port; else have other egress decided by the tier, in a ' +
      'way that is not known; last in tier new',
  ],
  [
    'what passes in the end',
    ruleOf([{ action: 'deny', peers: [web] }], { otherwise: 'allow' }),
    'All pods have no egress to listed peers; else have other egress to anywhere',
    'All pods have no egress to pods with app=web in namespace shop on any port; else have other egress to anywhere on any port',
  ],
  [
    'a policy at nodes',
    ruleOf([{ peers: [web] }], { hook: 'host', place: cilium }),
    'Some nodes have egress only to listed peers; other policies may allow more',
    'Nodes have egress only to pods with app=web in namespace shop on any port; other policies may allow more',
  ],
  [
    'what is judged before addresses are translated',
    ruleOf([], { hook: 'preDnat', place: calico }),
    'All pods have no egress; other policies may allow more',
    'All pods have no egress; in tier security (order 100) with order 5; at nodes, before addresses are translated; other ' +
      'policies may allow more',
  ],
])('%s', (_name, rule, summary, message) => {
  expect(networkSummary(rule, subject)).toBe(summary);
  expect(networkMessage(rule, subject)).toBe(message);
});

test('whom it binds is told in full in the message only', () => {
  const scope = {
    namespaces: { selector: { matchLabels: { team: 'a' } } },
    workloads: {
      expression: { any: [{ key: 'app', operator: 'StartsWith' as const, values: ['w'] }] },
      serviceAccounts: ['x'],
    },
    unread: ['/spec/selector'],
  };
  expect(networkSummary(ruleOf([]), { scope })).toBe('Some pods have no egress; other policies may allow more');
  expect(networkMessage(ruleOf([]), { scope })).toBe(
    'Pods with (app starts with w) that run as x in namespaces with team=a have no egress; it may bind less because of what is ' +
      'not understood: /spec/selector; other policies may allow more',
  );
  const whom = { short: 'Some nodes', full: 'Nodes with role=edge' };
  expect(networkSummary(ruleOf([]), { scope, whom })).toMatch(/^Some nodes have no egress/);
  expect(networkMessage(ruleOf([]), { scope, whom })).toMatch(/^Nodes with role=edge have no egress/);
});

test('of many rules in turn the first are told, and that there are more', () => {
  const clauses = Array.from({ length: 60 }, (_, index) => ({
    ...(index % 2 === 0 ? { action: 'deny' as const } : {}),
    peers: [web],
    ports: [{ protocol: 'TCP', port: index }],
  }));
  const message = networkMessage(ruleOf(clauses, { otherwise: 'next' }), subject);
  expect(message).toMatch(
    /^All pods have no egress to pods with app=web in namespace shop on TCP 0; else have egress to /,
  );
  expect(message).toMatch(/; else what further rules say$/);
  expect(message.length).toBeLessThanOrEqual(1_024);
  expect(networkSummary(ruleOf(clauses, { otherwise: 'next' }), subject)).toMatch(/; else what further rules say$/);
});
