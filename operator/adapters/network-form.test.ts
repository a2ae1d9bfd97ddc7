import { expect, test } from 'vitest';
import type { NetworkClause, NetworkPeer, NetworkRule } from '../../crds/rules/network.ts';
import { networkCourse, networkEffect, networkSeverity } from './network-form.ts';

const some: NetworkPeer = { pods: { namespace: 'shop', podSelector: { matchLabels: { app: 'web' } } } };
const world: NetworkPeer = { entities: ['world'] };
const http = [{ protocol: 'TCP', port: 80 }];
const calico = { engine: 'calico', tier: 'default', order: 1 } as const;
const cilium = { engine: 'cilium', tier: 'Normal' } as const;

function ruleOf(clauses: readonly Omit<NetworkClause, 'path'>[], more: Partial<NetworkRule> = {}): NetworkRule {
  const paths = clauses.map((clause, index) => ({ path: `/spec/ingress/${index}`, ...clause }));
  return { form: 'network', direction: 'Ingress', clauses: paths, ...more };
}

const next = { otherwise: 'next', place: { engine: 'kubernetes', tier: 'Admin', order: 1 } } as const;
const deny = 'deny' as const;

test.each<[string, NetworkRule, string, string]>([
  ['no opening', ruleOf([]), 'deny', 'Critical'],
  ['openings on ports', ruleOf([{ peers: [some], ports: http }]), 'restrict', 'Critical'],
  ['openings for peers', ruleOf([{ peers: [some] }, { ports: http }]), 'restrict', 'Warning'],
  ['openings of whole protocols', ruleOf([{ ports: [{ protocol: 'TCP' }] }]), 'restrict', 'Warning'],
  ['an opening for everything', ruleOf([{ peers: [some] }, {}]), 'allow', 'Info'],
  ['an opening for everything beside what is not read', ruleOf([{ unread: ['/a'] }, {}]), 'allow', 'Info'],
  ['an opening for a peer without any part', ruleOf([{ peers: [{}] }]), 'allow', 'Info'],
  ['an opening for nobody', ruleOf([{ peers: [] }, { ports: [] }, { peers: [{ entities: [] }] }]), 'deny', 'Critical'],
  ['an opening under conditions', ruleOf([{ conditions: [{ kind: 'http', text: '{}' }] }]), 'restrict', 'Warning'],
  ['an opening for one version of IP', ruleOf([{ ipVersion: 4 }]), 'restrict', 'Warning'],
  ['all ports but some', ruleOf([{ notPorts: http }]), 'restrict', 'Warning'],
  ['one kind of ICMP', ruleOf([{ ports: [{ protocol: 'ICMP', icmpType: 8 }] }]), 'restrict', 'Critical'],
  ['nothing that is read', ruleOf([{ unread: ['/a'] }]), 'unknown', 'Warning'],
  ['something that is not read', ruleOf([{ unread: ['/a'] }, { ports: http }]), 'restrict', 'Warning'],
  ['only allowing, the rest for others', ruleOf([{ peers: [some] }], next), 'allow', 'Info'],
  ['only passing', ruleOf([{ action: 'pass', peers: [some] }], next), 'allow', 'Info'],
  ['only denying some peers', ruleOf([{ action: deny, peers: [some] }], next), 'deny', 'Warning'],
  ['only denying ports', ruleOf([{ action: deny, peers: [some], ports: http }], next), 'deny', 'Critical'],
  ['denying everything', ruleOf([{ action: deny }], next), 'deny', 'Critical'],
  ['denying the whole world', ruleOf([{ action: deny, peers: [world] }], next), 'deny', 'Critical'],
  [
    'denying an address range that is everything',
    ruleOf([{ action: deny, peers: [{ ipBlock: { cidr: '::/0', except: [] } }] }], next),
    'deny',
    'Critical',
  ],
  [
    'denying everything but some range',
    ruleOf([{ action: deny, peers: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }] }], next),
    'deny',
    'Warning',
  ],
  [
    'denying everything other than some peers',
    ruleOf([{ peers: [some] }, { action: deny, peers: [world] }], next),
    'restrict',
    'Warning',
  ],
  ['denying everything other than ports', ruleOf([{ ports: http }, { action: deny }], next), 'restrict', 'Critical'],
  ['denying nobody', ruleOf([{ action: deny, peers: [] }], next), 'allow', 'Info'],
  ['denying what was allowed before', ruleOf([{}, { action: deny, ports: http }], next), 'allow', 'Info'],
  ['allowing all but some', ruleOf([{ action: deny, peers: [some] }, {}], next), 'restrict', 'Warning'],
  [
    'denying some, the rest passes',
    ruleOf([{ action: deny, peers: [some] }], { otherwise: 'allow' }),
    'deny',
    'Warning',
  ],
  [
    'denying some, passing all else',
    ruleOf([{ action: deny, peers: [some] }, { action: 'pass' }], next),
    'deny',
    'Warning',
  ],
  ['only logging', ruleOf([{ action: 'log' }], next), 'audit', 'Info'],
  ['logging and dropping', ruleOf([{ action: 'log' }], { place: calico }), 'deny', 'Critical'],
  ['logging and denying', ruleOf([{ action: 'log' }, { action: deny }], next), 'deny', 'Critical'],
  ['staged', ruleOf([], { staged: true, place: calico }), 'audit', 'Info'],
  [
    'a tier that is not known',
    ruleOf([{ ports: http }], { otherwise: 'unknown', place: calico }),
    'unknown',
    'Warning',
  ],
  [
    'denying in a tier that is not known',
    ruleOf([{ action: deny, ports: http }], { otherwise: 'unknown', place: calico }),
    'deny',
    'Critical',
  ],
  [
    'what is not read before an end that allows',
    ruleOf([{ unread: ['/a'] }, {}], { place: calico }),
    'unknown',
    'Warning',
  ],
  ['what is not read behind an end', ruleOf([{}, { unread: ['/a'] }], { place: calico }), 'allow', 'Info'],
  [
    'what is not read among denials',
    ruleOf([{ action: deny, unread: ['/a'] }, {}], { place: cilium }),
    'unknown',
    'Warning',
  ],
  ['what is not read among openings', ruleOf([{ unread: ['/a'] }, {}], { place: cilium }), 'allow', 'Info'],
])('%s', (_name, rule, effect, severity) => {
  expect([networkEffect(rule), networkSeverity(rule)]).toEqual([effect, severity]);
});

test('what changes nothing is left out of the course of a rule', () => {
  const rule = ruleOf([{ peers: [some] }, { action: deny, ports: http }, { action: deny }, { peers: [world] }], next);
  expect(networkCourse(rule)).toEqual({
    clauses: [{ path: '/spec/ingress/0', peers: [some] }],
    end: 'deny',
    isFinal: true,
    mayAllow: [],
    mayDeny: [],
  });
});
