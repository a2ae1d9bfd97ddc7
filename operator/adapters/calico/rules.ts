/**
 * Rules of Calico as clauses: they are gone through from the first to the last, and the first that matches decides.
 *
 * - Allow lets through, Deny drops, Pass leaves the rest of the tier out, Log notes and goes on.
 * - Both sides may stand in a rule of either direction. The far one is the peer; what the near one says must hold of the pod
 *   that is bound. Ports of the destination are those of the connection, ports of the source those of whoever opens it.
 * - The fields of a rule add up. A list holds when one of its entries does.
 *
 * A rule with a part that is not understood is a clause of which nothing is known.
 *
 * @see https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#rule
 * @see https://github.com/projectcalico/calico/blob/v3.32.1/libcalico-go/lib/validator/v3/validator.go
 */
import * as z from 'zod';
import type { NetworkClause, NetworkPeer, NetworkPort, NetworkRule } from '../../../crds/rules/network.ts';
import { type Fault, faultsOf, jsonPointer } from '../define.ts';
import { absent, listOf } from '../fields.ts';
import { type Clauses, type Path, readClauses, unreadClauses } from '../network-clauses.ts';
import { Entity, peersOf } from './entity.ts';
import { allowsPorts, IcmpField, portsOf, ProtocolField } from './ports.ts';

const HttpMatch = z.strictObject({
  methods: absent(listOf(z.string())),
  paths: absent(listOf(z.strictObject({ exact: absent(z.string()), prefix: absent(z.string()) }))),
});

const Rule = z
  .strictObject({
    action: z.enum(['Allow', 'Deny', 'Log', 'Pass']),
    ipVersion: absent(z.union([z.literal(4), z.literal(6)])),
    protocol: absent(ProtocolField),
    notProtocol: absent(ProtocolField),
    icmp: absent(IcmpField),
    notICMP: absent(IcmpField),
    source: absent(Entity),
    destination: absent(Entity),
    http: absent(HttpMatch),
    // Notes of people, without an effect.
    metadata: z.unknown().optional(),
  })
  .superRefine(({ protocol, icmp, notICMP, ...rule }, context) => {
    for (const side of ['source', 'destination'] as const) {
      for (const list of ['ports', 'notPorts'] as const) {
        if (allowsPorts(protocol, rule[side]?.[list] ?? [])) continue;
        const message = 'Must stand beside the protocol TCP, UDP or SCTP';
        context.addIssue({ code: 'custom', path: [side, list], message });
      }
    }
    for (const [field, value] of Object.entries({ icmp, notICMP })) {
      if (value === undefined || protocol === 'ICMP' || protocol === 'ICMPv6') continue;
      context.addIssue({ code: 'custom', path: [field], message: 'Must stand beside the protocol ICMP or ICMPv6' });
    }
  });
type Rule = z.infer<typeof Rule>;

/** Far more than people or programs write, of rules whose selectors each take time to read. */
const rulesMax = 2_000;
/** Peers that all rules of a direction may have together, and characters that the peers of one rule may take. */
const peersMax = 50_000;
const pairsLengthMax = 4_000_000;

/** For whom rules are read. */
export interface Reach {
  readonly direction: NetworkRule['direction'];
  /** The namespace of the policy; undefined for one that is in none. */
  readonly home: string | undefined;
  readonly bound: 'pods' | 'hosts' | 'both';
}

/** The rules of a direction as clauses, in their order. */
export function clausesOf(rules: readonly unknown[], reach: Reach): Clauses {
  let peers = 0;
  const read = (rule: unknown, path: Path) => {
    const clauses = readRule(rule, reach, path, peers);
    for (const clause of clauses.clauses) peers += clause.peers?.length ?? 0;
    return clauses;
  };
  return readClauses(rules, ['spec', reach.direction === 'Ingress' ? 'ingress' : 'egress'], read, rulesMax);
}

function readRule(value: unknown, reach: Reach, path: Path, peersBefore: number): Clauses {
  const rule = Rule.safeParse(value);
  const faults = rule.success
    ? [...homelessServices(rule.data, reach, path), ...tooLarge(rule.data, path, peersBefore)]
    : faultsOf(rule.error, path);
  if (rule.success && faults.length === 0) return { clauses: ruleClauses(rule.data, reach, path), faults };
  return { clauses: unreadClauses(path, faults), faults };
}

/** Where a policy is in no namespace, a Service has to say in which one it is. */
function homelessServices(rule: Rule, { home }: Reach, path: Path): Fault[] {
  if (home !== undefined) return [];
  return (['source', 'destination'] as const).flatMap((side) => {
    const services = rule[side]?.services;
    if (services === undefined || services.namespace) return [];
    return [{ path: [...path, side, 'services', 'namespace'], message: 'Must be there' }];
  });
}

/** Each address of one side stands with every one of the other, and with the selectors of both. */
function tooLarge({ source, destination }: Rule, path: Path, peersBefore: number): Fault[] {
  const pairs = Math.max(1, source?.nets?.length ?? 0) * Math.max(1, destination?.nets?.length ?? 0);
  const repeated = [source, destination].map((side) => ({ ...side, nets: [] }));
  const isLong = pairs > 1 && pairs * JSON.stringify(repeated).length > pairsLengthMax;
  if (!isLong && peersBefore <= peersMax) return [];
  return [{ path, message: 'Must have fewer addresses beside its selectors, or it would take too long to read' }];
}

function ruleClauses(rule: Rule, { direction, home, bound }: Reach, path: Path): NetworkClause[] {
  const { action, ipVersion, protocol } = rule;
  const source: Entity = rule.source ?? {};
  const destination: Entity = rule.destination ?? {};
  const opener = { protocol };
  const isIngress = direction === 'Ingress';
  const peers = isIngress ? peersOf(source, home, opener) : peersOf(destination, home);
  const near = isIngress ? peersOf(destination, home) : peersOf(source, home, opener);
  const ports = connectionPorts(rule);
  const notPorts = refusedPorts(rule);
  const clause = (own?: NetworkPeer): NetworkClause => ({
    path: jsonPointer(path),
    ...(action === 'Allow' ? {} : { action: otherActions[action] }),
    ...(peers === undefined ? {} : { peers }),
    ...(ports === undefined ? {} : { ports }),
    ...(notPorts.length === 0 ? {} : { notPorts }),
    ...(own === undefined ? {} : { own }),
    ...(ipVersion === undefined ? {} : { ipVersion }),
    ...conditionsOf(rule),
  });
  if (near === undefined) return [clause()];
  const own = near.flatMap((peer) => asBound(peer, bound));
  return own.length === 0 ? [{ ...clause(), peers: [] }] : own.map(clause);
}

const otherActions = { Deny: 'deny', Log: 'log', Pass: 'pass' } as const;

/** What the near side demands of what is bound, which is a pod or a host endpoint. */
function asBound({ ipSets, ...peer }: NetworkPeer, bound: Reach['bound']): NetworkPeer[] {
  if (bound === 'pods') return ipSets === undefined ? [peer] : [];
  const hosts = ipSets?.filter(({ kind }) => kind === 'HostEndpoint');
  if ((bound === 'hosts' && peer.pods !== undefined) || hosts?.length === 0) return [];
  return [{ ...peer, ...(hosts === undefined ? {} : { ipSets: hosts }) }];
}

/** Absent: every port of every protocol. */
function connectionPorts({ protocol, icmp, destination }: Rule): NetworkPort[] | undefined {
  const whole = protocol === undefined ? undefined : [{ protocol, ...icmp }];
  return portsOf(protocol, destination?.ports) ?? whole;
}

function refusedPorts({ protocol, notProtocol, notICMP = {}, destination }: Rule): NetworkPort[] {
  const isIcmp = protocol !== undefined && Object.keys(notICMP).length > 0;
  return [
    ...(notProtocol === undefined ? [] : [{ protocol: notProtocol }]),
    ...(portsOf(protocol, destination?.notPorts) ?? []),
    ...(isIcmp ? [{ protocol, ...notICMP }] : []),
  ];
}

/** What a proxy asks of a request. Fields in the order of the schema, empty ones left out: they demand nothing. */
function conditionsOf({ http }: Rule): Pick<NetworkClause, 'conditions'> {
  const { methods = [], paths = [] } = http ?? { methods: [], paths: [] };
  if (methods.length === 0 && paths.length === 0) return {};
  const match = { ...(methods.length === 0 ? {} : { methods }), ...(paths.length === 0 ? {} : { paths }) };
  return { conditions: [{ kind: 'http', text: JSON.stringify(match) }] };
}
