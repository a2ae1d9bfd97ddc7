/**
 * Rules on connections as an attacker would write them, with every part that the form has.
 */
import * as fc from 'fast-check';
import {
  type NetworkClause,
  NetworkCondition,
  type NetworkPeer,
  NetworkPlace,
  type NetworkRule,
} from '../../crds/rules/network.ts';
import { expression, hostileText, selector, texts } from './hostile-text.ts';

const pods = fc.record(
  {
    namespace: hostileText,
    namespaceSelector: selector,
    podSelector: selector,
    expression,
    serviceAccounts: texts,
  },
  { requiredKeys: ['podSelector'] },
);
const port = fc.record(
  {
    protocol: fc.oneof(fc.constantFrom('TCP', 'ANY', 'ICMP', 'ICMPv6', '47'), hostileText),
    port: fc.oneof(hostileText, fc.integer()),
    endPort: fc.integer(),
    icmpType: fc.oneof(hostileText, fc.integer()),
    icmpCode: fc.integer(),
  },
  { requiredKeys: ['protocol'] },
);
const ports = fc.array(port, { maxLength: 4 });
const fewPorts = fc.array(port, { maxLength: 2 });
const ipSets = fc.array(
  fc.record(
    { kind: hostileText, namespace: hostileText, name: hostileText, selector, expression, except: texts },
    { requiredKeys: ['kind'] },
  ),
  { maxLength: 2 },
);
const part: fc.Arbitrary<NetworkPeer> = fc.oneof(
  fc.record({ pods }),
  fc.record({ notPods: pods }),
  fc.record({ ipBlock: fc.record({ cidr: hostileText, except: texts }) }),
  fc.record({ notIpBlocks: texts }),
  fc.record({ entities: texts }),
  fc.record({ nodes: selector }),
  fc.record({
    domainNames: fc.array(
      fc.record({ pattern: hostileText, wildcard: fc.constantFrom('oneLabel' as const, 'manyLabels' as const) }),
      { maxLength: 2 },
    ),
  }),
  fc.record({
    services: fc.array(fc.record({ namespace: hostileText, name: hostileText, selector }, { requiredKeys: [] }), {
      maxLength: 2,
    }),
  }),
  fc.record({ ipSets }),
  fc.record({ notIpSets: ipSets }),
  fc.record({ identities: texts }),
  fc.record({ external: hostileText }),
  fc.record({ ports: fewPorts }),
  fc.record({ notPorts: fewPorts }),
);
/** Of one kind or of two: with all at once the tests would take minutes. */
const peer = fc.array(part, { maxLength: 2 }).map((parts): NetworkPeer => Object.assign({}, ...parts));
const clause: fc.Arbitrary<NetworkClause> = fc.record(
  {
    path: hostileText,
    action: fc.constantFrom('deny' as const, 'pass' as const, 'log' as const),
    peers: fc.array(peer, { maxLength: 2 }),
    ports,
    notPorts: fewPorts,
    own: peer,
    ipVersion: fc.constantFrom(4 as const, 6 as const),
    conditions: fc.array(
      fc.record({ kind: fc.constantFrom(...NetworkCondition.shape.kind.options), text: hostileText }),
      { maxLength: 2 },
    ),
    unread: texts,
  },
  { requiredKeys: ['path'] },
);
/** Of those that JSON can hold: for others it has null, and the whole constraint could not be read. */
const order = fc.double({ noNaN: true, noDefaultInfinity: true });
const place: fc.Arbitrary<NetworkPlace> = fc.record(
  {
    engine: fc.constantFrom(...NetworkPlace.shape.engine.options),
    tier: fc.oneof(fc.constantFrom('Admin', 'Baseline'), hostileText),
    tierOrder: order,
    order,
  },
  { requiredKeys: ['engine', 'tier'] },
);
export const hostileNetworkRule: fc.Arbitrary<NetworkRule> = fc.record(
  {
    form: fc.constant('network' as const),
    direction: fc.constantFrom('Ingress' as const, 'Egress' as const),
    clauses: fc.array(clause, { maxLength: 4 }),
    otherwise: fc.constantFrom('deny' as const, 'next' as const, 'allow' as const, 'unknown' as const),
    place,
    staged: fc.constant(true as const),
    hook: fc.constantFrom('host' as const, 'forward' as const, 'preDnat' as const, 'untracked' as const),
  },
  { requiredKeys: ['form', 'direction', 'clauses'] },
);
