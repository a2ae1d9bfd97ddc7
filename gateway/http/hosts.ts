/**
 * Under which names the gateway may be asked. A page in a browser can make its own host name point at a loopback or cluster
 * address (DNS rebinding) and then read answers as if they were its own; the Host header still holds that name.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning
 */
import { isIPv4 } from 'node:net';
import { type Refusal, refusal } from '../errors.ts';

export interface HostPolicy {
  /** @param request.localAddress Of the connection: a pod may be asked by its address. */
  refused(request: {
    readonly host: string;
    readonly origin: string | undefined;
    /** `Sec-Fetch-Site`, where a browser says whose page asks. */
    readonly fetchSite?: string | undefined;
    readonly localAddress: string | undefined;
  }): Refusal | undefined;
}

const serviceNames = ['potoo-controller', 'potoo'];

/** @param options.allowed Further host names, as `hostNameOf` gives them. */
export function createHostPolicy(options: {
  readonly systemNamespace: string;
  readonly allowed: readonly string[];
}): HostPolicy {
  const suffixes = ['', '.svc', '.svc.cluster.local'].map((suffix) => `.${options.systemNamespace}${suffix}`);
  const names = new Set([
    'localhost',
    '::1',
    ...serviceNames.flatMap((name) => [name, ...suffixes.map((suffix) => name + suffix)]),
    ...options.allowed,
  ]);
  const allows = (host: string | undefined, localAddress: string | undefined) =>
    host !== undefined &&
    (names.has(host) ||
      (host.startsWith('127.') && isIPv4(host)) ||
      (localAddress !== undefined && host === localAddress.replace(/^::ffff:/, '')));

  return {
    refused({ host, origin, localAddress }) {
      if (!allows(hostNameOf(host), localAddress)) {
        return refusal(
          'HOST_NOT_ALLOWED',
          'The Host header is none of the names of this gateway; POTOO_ALLOWED_HOSTS adds names.',
        );
      }
      if (origin !== undefined && !allows(nameOfOrigin(origin), localAddress)) {
        return refusal('ORIGIN_NOT_ALLOWED', 'Pages of other sites may not ask this gateway.');
      }
      return undefined;
    },
  };
}

/** The host name of a Host header, in lower case, without brackets, port and final dot; undefined for what is none. */
export function hostNameOf(host: string): string | undefined {
  const match = /^(?:\[([\da-f:.]{2,45})\]|([\da-z.-]{1,253}))(?::\d{1,5})?$/.exec(host.toLowerCase());
  const name = match?.[1] ?? match?.[2];
  return name?.endsWith('.') ? name.slice(0, -1) : name;
}

/** The host name in an Origin header; undefined for what is none. */
export function nameOfOrigin(origin: string): string | undefined {
  const match = /^https?:\/\/([^/?#@\\]{1,270})$/i.exec(origin);
  return match?.[1] === undefined ? undefined : hostNameOf(match[1]);
}
