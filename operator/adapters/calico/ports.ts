/**
 * Protocols and ports of rules of Calico: names or numbers, numbers, ranges like `8000:8080`, or names of ports.
 *
 * @see https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#ports
 * @see https://github.com/projectcalico/calico/blob/v3.32.1/api/pkg/lib/numorstring/port.go
 */
import * as z from 'zod';
import type { NetworkPort } from '../../../crds/rules/network.ts';

/** The names that the model has for protocols, by number. Calico also names UDPLite, which it knows no ports of. */
const protocolNames = new Map([
  [1, 'ICMP'],
  [6, 'TCP'],
  [17, 'UDP'],
  [58, 'ICMPv6'],
  [132, 'SCTP'],
]);
const named = new Map([...protocolNames.values(), 'UDPLite'].map((name) => [name.toLowerCase(), name]));
const withPorts: ReadonlySet<string> = new Set(['TCP', 'UDP', 'SCTP']);

/** A protocol in the terms of the model. */
export const ProtocolField = z.union([z.int(), z.string()]).transform((value, context): string => {
  const number = typeof value === 'number' ? value : /^\d{1,3}$/.test(value) ? Number(value) : undefined;
  const name = number === undefined ? named.get(String(value).toLowerCase()) : protocolNames.get(number);
  if (name === 'UDPLite') return '136';
  if (name !== undefined) return name;
  if (number !== undefined && number >= 1 && number <= 255) return String(number);
  const message = 'Must be TCP, UDP, SCTP, ICMP, ICMPv6, UDPLite or a number from 1 to 255';
  context.issues.push({ code: 'custom', message, input: value });
  return z.NEVER;
});

export type PortRange = Pick<NetworkPort, 'port' | 'endPort'>;

const portMax = 65_535;

/** A port, a range of ports or the name of a port. */
export const PortField = z.union([z.int(), z.string()]).transform((value, context): PortRange => {
  const [first, last] = typeof value === 'number' ? [value] : numbersOf(value);
  if (first !== undefined && first >= 0 && first <= portMax) {
    if (last === undefined || last === first) return { port: first };
    if (last > first && last <= portMax) return { port: first, endPort: last };
  } else if (typeof value === 'string' && first === undefined && /^[a-zA-Z0-9_.-]{1,128}$/.test(value)) {
    return { port: value };
  }
  const message = 'Must be a port number, a range like 8000:8080 or the name of a port';
  context.issues.push({ code: 'custom', message, input: value });
  return z.NEVER;
});

function numbersOf(text: string): number[] {
  return /^\d{1,5}(?::\d{1,5})?$/.test(text) ? text.split(':').map(Number) : [];
}

/** ICMP types and codes. */
export const IcmpField = z
  .strictObject({ type: z.int().min(0).max(254).nullish(), code: z.int().min(0).max(255).nullish() })
  .refine(({ type, code }) => (code ?? undefined) === undefined || (type ?? undefined) !== undefined, {
    error: 'Must have a type beside the code',
    path: ['type'],
  })
  .transform(({ type, code }) => ({
    ...(typeof type === 'number' ? { icmpType: type } : {}),
    ...(typeof code === 'number' ? { icmpCode: code } : {}),
  }));

/** Whether ports may stand beside the protocol; names of ports may stand beside none, and mean those of every protocol. */
export function allowsPorts(protocol: string | undefined, ports: readonly PortRange[]): boolean {
  if (ports.length === 0) return true;
  if (protocol === undefined) return ports.every(({ port }) => typeof port === 'string');
  return withPorts.has(protocol);
}

/** Ports of a protocol, or of every one; undefined for an empty list. */
export function portsOf(protocol: string | undefined, ranges: readonly PortRange[] = []): NetworkPort[] | undefined {
  return ranges.length === 0 ? undefined : ranges.map((range) => ({ protocol: protocol ?? 'ANY', ...range }));
}
