/**
 * A connection as an error tells of it. What the text does not say is absent.
 */
import { inAnyBlock, ipVersionOf } from '../../../kube/ip-address.ts';

export type Direction = 'Ingress' | 'Egress';

/** Who is at one end of a connection. */
export interface End {
  readonly namespace?: string | undefined;
  /** Of a pod, or of what makes pods. */
  readonly name?: string | undefined;
  /** Of the pod, where the text lists them all. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly address?: string | undefined;
  /** A domain name, or that of a Service. */
  readonly host?: string | undefined;
  /** A name that an engine has for a part of the world: world, host, kube-apiserver, … */
  readonly entity?: string | undefined;
}

export interface Connection {
  /** Absent: whoever dropped it may stand at either end. */
  readonly direction?: Direction | undefined;
  readonly from: End;
  readonly to: End;
  readonly protocol?: string | undefined;
  readonly port?: number | undefined;
  /** Whether the port is that of the pod. That of a Service leads to another one. */
  readonly portIsFinal: boolean;
}

/** Of a Service that the text names as one: the namespace, as far as the name says it. */
export interface ServiceHost {
  readonly service: string;
  readonly namespace: string | undefined;
}

/** `web.shop.svc.cluster.local`, `web.shop.svc`; not what may be any domain. */
export function serviceOf(host: string): ServiceHost | undefined {
  const parts = host.toLowerCase().split('.');
  const at = parts.indexOf('svc');
  const [service, namespace] = parts.slice(-(parts.length - at + 2));
  if (at < 2 || service === undefined || namespace === undefined) return undefined;
  return { service, namespace };
}

const isInLoopback = inAnyBlock(['127.0.0.0/8', '::1/128']);
/** Networks that no public host is in: private, shared, link-local. */
const isInside = inAnyBlock([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
]);

/** The pod or host itself: no policy stands in between. */
export function isLoopback(host: string): boolean {
  // Node.js writes no brackets around an address of IPv6: `::1:6379`.
  return (
    isInLoopback(host) ||
    host.startsWith('::1:') ||
    host === '0.0.0.0' ||
    host === '::' ||
    host.toLowerCase() === 'localhost'
  );
}

/** An address that a cluster or its network may have. */
export function isPrivate(address: string): boolean {
  return isInside(address);
}

/** Of IPv6 with an address of IPv4 at its end. */
const addressLengthMax = 45;

/** `a.b.c.d:80`, `[v6]:80`, `namespace/pod:80`, `host:80`; without a port as well. */
export function readEndpoint(text: string): (End & { readonly port: number | undefined }) | undefined {
  const { host, port } = splitPort(text);
  if (host === '') return undefined;
  const slash = host.indexOf('/');
  if (slash >= 0) {
    const [namespace, name] = [host.slice(0, slash), host.slice(slash + 1)];
    return namespace === '' || name === '' || name.includes('/') ? undefined : { namespace, name, port };
  }
  return host.length > addressLengthMax || ipVersionOf(host) === undefined ? { host, port } : { address: host, port };
}

function splitPort(text: string): { readonly host: string; readonly port: number | undefined } {
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    return end < 0 ? { host: '', port: undefined } : { host: text.slice(1, end), port: portOf(text.slice(end + 2)) };
  }
  const colon = text.lastIndexOf(':');
  // An address of IPv6 without brackets has no port.
  if (colon < 0 || text.indexOf(':') !== colon) {
    return ipVersionOf(text) === 6 || colon < 0 ? { host: text, port: undefined } : lastPart(text, colon);
  }
  return lastPart(text, colon);
}

function lastPart(text: string, colon: number): { readonly host: string; readonly port: number | undefined } {
  const port = portOf(text.slice(colon + 1));
  return port === undefined ? { host: '', port } : { host: text.slice(0, colon), port };
}

/** A port number, or undefined. */
export function portOf(text: string): number | undefined {
  const port = /^[0-9]+$/.test(text) ? Number(text) : 0;
  return port > 0 && port < 65_536 ? port : undefined;
}
