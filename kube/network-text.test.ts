import { expect, test } from 'vitest';
import type { NetworkPeer, NetworkPlace, NetworkPort } from '../crds/rules/network.ts';
import { limitsText, peerText, placeText, portsText, portText } from './network-text.ts';

const web = { podSelector: { matchLabels: { app: 'web' } } };

test.each<[NetworkPeer, string]>([
  [{}, 'anyone'],
  [{ pods: { namespace: 'shop', podSelector: {} } }, 'pods in namespace shop'],
  [{ pods: { namespaceSelector: {}, ...web } }, 'pods with app=web in any namespace'],
  [
    {
      pods: {
        namespaceSelector: { matchLabels: { team: 'a' } },
        podSelector: {},
        expression: { key: 'tier', operator: 'StartsWith', values: ['fr'] },
        serviceAccounts: ['web'],
      },
    },
    'pods with tier starts with fr that run as web in namespaces with team=a',
  ],
  [{ notPods: { namespace: 'shop', ...web } }, 'anyone other than pods with app=web in namespace shop'],
  [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }, '10.0.0.0/8 except 10.1.0.0/16'],
  [{ notIpBlocks: ['10.0.0.0/8', '192.168.0.0/16'] }, 'anyone outside of 10.0.0.0/8, 192.168.0.0/16'],
  [{ entities: ['world', 'host'] }, 'the entity world or the entity host'],
  [{ entities: [] }, 'nobody'],
  [{ nodes: {} }, 'nodes'],
  [{ nodes: { matchLabels: { role: 'edge' } } }, 'nodes with role=edge'],
  [
    {
      domainNames: [
        { pattern: '*.a.example', wildcard: 'oneLabel' },
        { pattern: '*.b.example', wildcard: 'manyLabels' },
        { pattern: 'c.example', wildcard: 'manyLabels' },
      ],
    },
    '*.a.example or *.b.example at any depth or c.example',
  ],
  [
    { services: [{ namespace: 'shop', name: 'db' }, { selector: { matchLabels: { app: 'db' } } }] },
    'Service db in namespace shop or Services with app=db in any namespace',
  ],
  [
    { ipSets: [{ kind: 'GlobalNetworkSet', name: 'office', except: ['10.0.0.0/8'] }] },
    'GlobalNetworkSet office except 10.0.0.0/8',
  ],
  [
    { ipSets: [{ kind: 'NetworkSet', namespace: 'shop', selector: { matchLabels: { a: 'b' } } }] },
    'any NetworkSet with a=b in namespace shop',
  ],
  [
    {
      ipSets: ['NetworkSet', 'GlobalNetworkSet', 'HostEndpoint'].map((kind) => ({
        kind,
        selector: { matchLabels: { a: 'b' } },
      })),
    },
    'any NetworkSet or GlobalNetworkSet or HostEndpoint with a=b',
  ],
  [
    {
      ipSets: [
        { kind: 'CiliumCIDRGroup', name: 'a' },
        { kind: 'CiliumCIDRGroup', name: 'b' },
      ],
    },
    'CiliumCIDRGroup a or CiliumCIDRGroup b',
  ],
  [
    { notIpSets: [{ kind: 'NetworkSet' }, { kind: 'GlobalNetworkSet', name: 'a' }] },
    'anyone outside of any NetworkSet and GlobalNetworkSet a',
  ],
  [{ identities: ['spiffe://a'] }, 'the identity spiffe://a'],
  [{ external: 'aws' }, 'the external set aws'],
  [
    {
      pods: { namespace: 'shop', podSelector: {} },
      ipBlock: { cidr: '10.0.0.0/8', except: [] },
      ports: [{ protocol: 'TCP', port: 53 }],
    },
    'pods in namespace shop that are also 10.0.0.0/8 using TCP 53 on their side',
  ],
  [{ notPorts: [{ protocol: 'UDP', port: 53 }] }, 'anyone not using UDP 53 on their side'],
])('a peer: %j', (peer, text) => {
  expect(peerText(peer)).toBe(text);
});

test.each<[NetworkPort, string]>([
  [{ protocol: 'TCP' }, 'any TCP port'],
  [{ protocol: 'TCP', port: 80 }, 'TCP 80'],
  [{ protocol: 'UDP', port: 1, endPort: 9 }, 'UDP 1-9'],
  [{ protocol: 'TCP', port: 'sql' }, 'the TCP port named sql'],
  [{ protocol: 'ANY' }, 'any port'],
  [{ protocol: 'ANY', port: 80 }, 'port 80'],
  [{ protocol: 'ANY', port: 'sql' }, 'the port named sql'],
  [{ protocol: 'ICMP' }, 'ICMP'],
  [{ protocol: 'ICMPv6', icmpType: 128 }, 'ICMPv6 type 128'],
  [{ protocol: 'ICMP', icmpType: 3, icmpCode: 4 }, 'ICMP type 3 code 4'],
  [{ protocol: 'GRE' }, 'GRE'],
  [{ protocol: '47' }, 'protocol 47'],
])('a port: %j', (port, text) => {
  expect(portText(port)).toBe(text);
});

test('of many ports some are named and the others counted', () => {
  const ports = Array.from({ length: 22 }, (_, port) => ({ protocol: 'TCP', port }));
  expect(portsText(ports)).toMatch(/^TCP 0, TCP 1, .*TCP 19 and 2 more$/);
  expect(portsText([])).toBe('no port');
});

test('what must hold beside peers and ports', () => {
  expect(limitsText({ path: '' })).toBe('');
  expect(
    limitsText({
      path: '',
      ipVersion: 6,
      own: { pods: { namespace: 'shop', ...web } },
      conditions: [
        { kind: 'http', text: '{"method":"GET"}' },
        { kind: 'authentication', text: '"required"' },
      ],
    }),
  ).toBe(
    ' over IPv6 where the bound side is pods with app=web in namespace shop if HTTP {"method":"GET"} and authentication "required"',
  );
});

test.each<[NetworkPlace, string]>([
  [{ engine: 'kubernetes', tier: 'Admin', order: 3 }, 'in tier Admin with priority 3, before NetworkPolicies'],
  [{ engine: 'kubernetes', tier: 'Baseline' }, 'in tier Baseline, only for pods that no NetworkPolicy isolates'],
  [{ engine: 'calico', tier: 'a', tierOrder: 5, order: 1.5 }, 'in tier a (order 5) with order 1.5'],
  [{ engine: 'calico', tier: 'a' }, 'last in tier a'],
  [{ engine: 'cilium', tier: 'Normal' }, ''],
])('a place: %j', (place, text) => {
  expect(placeText(place)).toBe(text);
});
