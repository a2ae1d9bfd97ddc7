/**
 * Ports, and what is asked of requests on them.
 *
 * - A port is a number or a name as text; 0 is every port, and a range ends at endPort. Without a protocol it is one of
 *   those that have ports (ANY).
 * - What is asked of requests (HTTP, DNS, TLS server names, a listener, TLS that a proxy ends) is a condition. Kafka and
 *   l7proto are those of versions before 1.20.
 *
 * @see https://github.com/cilium/cilium/blob/v1.20.2/pkg/policy/api/l4.go
 * @see https://docs.cilium.io/en/v1.20/security/policy/language/#layer-7-examples
 */
import * as z from 'zod';
import { compareText } from '../../../crds/constraint.ts';
import type { NetworkCondition, NetworkPort } from '../../../crds/rules/network.ts';
import { shortListOf } from '../bounded-fields.ts';
import { type Fault, faultsOf } from '../define.ts';
import { absent } from '../fields.ts';

/** Ports with what is asked of requests on any of them. */
export interface PortSet {
  readonly ports: readonly NetworkPort[];
  readonly conditions: readonly NetworkCondition[];
}

/** Where they stand. */
export interface PortContext {
  readonly direction: 'Ingress' | 'Egress';
  readonly denies: boolean;
  /** A policy for nodes. */
  readonly isHost: boolean;
}

export interface ReadPorts {
  /** Undefined where it is not understood. */
  readonly set?: PortSet;
  readonly faults: readonly Fault[];
}

type Path = readonly PropertyKey[];

const name = z.string().min(1);
const text = absent(z.string());
const Secret = z.strictObject({ name, namespace: text });
const Tls = z.strictObject({ secret: Secret, certificate: text, privateKey: text, trustedCA: text });
const Http = z.strictObject({
  method: text,
  path: text,
  host: text,
  headers: absent(shortListOf(z.string())),
  headerMatches: absent(shortListOf(z.strictObject({ name, value: text, mismatch: text, secret: absent(Secret) }))),
});
const Dns = z.strictObject({ matchName: text, matchPattern: text });
const Kafka = z.strictObject({
  role: text,
  apiKey: text,
  apiVersion: text,
  clientID: text,
  topic: text,
});
const AnyFields = z
  .record(z.string(), z.string())
  .transform((fields) => Object.fromEntries(Object.entries(fields).toSorted(([a], [b]) => compareText(a, b))));
const Requests = z.strictObject({
  http: absent(shortListOf(Http)),
  dns: absent(shortListOf(Dns)),
  kafka: absent(shortListOf(Kafka)),
  l7proto: text,
  l7: absent(shortListOf(AnyFields)),
});
const Listener = z.strictObject({
  envoyConfig: z.strictObject({ kind: text, name }),
  name,
  priority: absent(z.number()),
});

/** Numbers of protocols without ports, of which Cilium knows the names. */
const portless: Readonly<Record<string, string>> = {
  IGMP: '2',
  IPIP: '4',
  IPV6: '41',
  GRE: '47',
  ESP: '50',
  AH: '51',
  VRRP: '112',
};

const Port = z
  .strictObject({
    port: text,
    endPort: absent(z.int().min(0).max(65_535)),
    protocol: absent(z.enum(['TCP', 'UDP', 'SCTP', 'ANY', 'AH', 'ESP', 'GRE', 'IGMP', 'IPIP', 'IPV6', 'VRRP'])),
  })
  .transform(({ port = '', endPort = 0, protocol = 'ANY' }, context): NetworkPort => {
    const refuse = (path: string, message: string) => {
      context.addIssue({ code: 'custom', path: [path], message });
      return z.NEVER;
    };
    const number = portless[protocol];
    if (number !== undefined) {
      return port === '' || port === '0' ? { protocol: number } : refuse('port', `Must be 0: ${protocol} has no ports`);
    }
    // A range from 0 on may mean every port or the ports up to its end.
    if (port === '0') return endPort === 0 ? { protocol } : refuse('endPort', 'Must not stand beside port 0');
    if (/^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535) {
      const first = Number(port);
      if (endPort === 0 || endPort === first) return { protocol, port: first };
      return endPort > first
        ? { protocol, port: first, endPort }
        : refuse('endPort', 'Must be at least the number in port');
    }
    const isName = port.length <= 15 && /^[a-z0-9-]+$/i.test(port) && /[a-z]/i.test(port);
    return isName
      ? { protocol, port: port.toLowerCase() }
      : refuse('port', 'Must be a port number or the name of a port');
  });

/** Cilium refuses longer lists. */
export const portsMax = 40;

const AllowedPorts = z.strictObject({
  ports: absent(shortListOf(Port)),
  rules: absent(Requests),
  serverNames: absent(shortListOf(z.string())),
  listener: absent(Listener),
  terminatingTLS: absent(Tls),
  originatingTLS: absent(Tls),
});
const DeniedPorts = z.strictObject({ ports: absent(shortListOf(Port)) });

/** One item of toPorts. */
export function readPorts(value: unknown, path: Path, context: PortContext): ReadPorts {
  if (context.denies) {
    const read = DeniedPorts.safeParse(value);
    return read.success ? portSet(read.data.ports, [], path) : { faults: faultsOf(read.error, path) };
  }
  const read = AllowedPorts.safeParse(value);
  if (!read.success) return { faults: faultsOf(read.error, path) };
  const misplaced = misplacedIn(read.data, path, context);
  return misplaced.length > 0 ? { faults: misplaced } : portSet(read.data.ports, conditionsOf(read.data), path);
}

function portSet(ports: readonly NetworkPort[] = [], conditions: readonly NetworkCondition[], path: Path): ReadPorts {
  if (ports.length > 0) return { set: { ports, conditions }, faults: [] };
  return {
    faults: [{ path: [...path, 'ports'], message: 'Must list ports: what none of them means is not documented' }],
  };
}

/** What Cilium does not take in this place; what becomes of the rule then is not known. */
function misplacedIn(
  { ports = [], rules, listener }: z.infer<typeof AllowedPorts>,
  path: Path,
  context: PortContext,
): Fault[] {
  const others = (['http', 'kafka', 'l7proto', 'l7'] as const).filter((field) => rules?.[field] !== undefined);
  const isTcp = ports.every(({ protocol }) => protocol === 'TCP');
  const fault = (isWrong: boolean, field: string, message: string): Fault[] =>
    isWrong ? [{ path: [...path, field], message }] : [];
  return [
    ...fault(
      rules?.dns !== undefined && context.direction === 'Ingress',
      'rules',
      'Must not have dns: it is for egress',
    ),
    ...fault(
      listener !== undefined && context.direction === 'Ingress',
      'listener',
      'Must not be there: it is for egress',
    ),
    ...fault(others.length > 0 && context.isHost, 'rules', 'Must have dns only: nothing else works for nodes'),
    ...fault(others.length > 0 && !isTcp, 'ports', 'Must have the protocol TCP beside rules that are not for DNS'),
  ];
}

/** In the order of the schema, so that equal parts have equal texts. */
function conditionsOf({ rules, ...rest }: z.infer<typeof AllowedPorts>): NetworkCondition[] {
  const { http, dns, kafka, l7proto, l7 } = rules ?? Requests.parse({});
  const other = {
    ...(kafka === undefined ? {} : { kafka }),
    ...(l7proto === undefined ? {} : { l7proto }),
    ...(l7 === undefined ? {} : { l7 }),
  };
  const { terminatingTLS, originatingTLS, serverNames, listener } = rest;
  return [
    ...condition('http', http),
    ...condition('dns', dns),
    ...(Object.keys(other).length === 0 ? [] : condition('other', other)),
    ...condition('serverName', serverNames),
    ...condition('listener', listener),
    ...condition('other', terminatingTLS === undefined ? undefined : { terminatingTLS }),
    ...condition('other', originatingTLS === undefined ? undefined : { originatingTLS }),
  ];
}

function condition(kind: NetworkCondition['kind'], part: unknown): NetworkCondition[] {
  return part === undefined ? [] : [{ kind, text: JSON.stringify(part) }];
}

const Authentication = z.strictObject({ mode: z.enum(['disabled', 'required', 'test-always-fail']) });

/** Whether both sides must prove who they are. */
export function readAuthentication(
  value: unknown,
  path: Path,
): { readonly conditions: readonly NetworkCondition[]; readonly faults: readonly Fault[] } {
  const read = absent(Authentication).safeParse(value);
  if (!read.success) return { conditions: [], faults: faultsOf(read.error, path) };
  const isAsked = read.data !== undefined && read.data.mode !== 'disabled';
  return { conditions: isAsked ? condition('authentication', read.data) : [], faults: [] };
}

const icmpName = /^[A-Za-z ]{1,40}$/;
const IcmpType = z.union(
  [
    z.int().min(0).max(255),
    z
      .string()
      .regex(/^\d{1,3}$/)
      .transform(Number),
    z.string().regex(icmpName),
  ],
  {
    error: 'Must be the number or the name of a type of ICMP',
  },
);
const Icmp = z.strictObject({
  fields: absent(shortListOf(z.strictObject({ type: IcmpType, family: absent(z.enum(['IPv4', 'IPv6'])) }))),
});

/** One item of icmps. */
export function readIcmp(value: unknown, path: Path): ReadPorts {
  const read = Icmp.safeParse(value);
  if (!read.success) return { faults: faultsOf(read.error, path) };
  const ports = (read.data.fields ?? []).map(({ type, family = 'IPv4' }) => ({
    protocol: family === 'IPv4' ? 'ICMP' : 'ICMPv6',
    icmpType: type,
  }));
  if (ports.length > 0) return { set: { ports, conditions: [] }, faults: [] };
  return {
    faults: [{ path: [...path, 'fields'], message: 'Must list types: what none of them means is not documented' }],
  };
}
