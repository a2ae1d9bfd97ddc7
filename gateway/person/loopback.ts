/**
 * Who may ask a listener on a person's machine: programs on it, which may do what the person may. Not pages in a browser, also
 * not those of another server on this machine: a browser names the page that asks (Origin), and the host that it believes to
 * talk to (Host), which for a page that had its name rebound to this address is the name of the page.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning
 */
import { isIPv4 } from 'node:net';
import { refusal } from '../errors.ts';
import { hostNameOf, type HostPolicy } from '../http/hosts.ts';

/** Takes names of this machine alone, and nothing that a page sends. */
export function createLoopbackPolicy(): HostPolicy {
  return {
    refused({ host, origin }) {
      const name = hostNameOf(host);
      const isLoopback =
        name !== undefined && (name === 'localhost' || name === '::1' || (name.startsWith('127.') && isIPv4(name)));
      if (!isLoopback) return refusal('HOST_NOT_ALLOWED', 'Ask by localhost or 127.0.0.1.');
      if (origin !== undefined) return refusal('ORIGIN_NOT_ALLOWED', 'Pages in a browser may not ask here.');
      return undefined;
    },
  };
}
