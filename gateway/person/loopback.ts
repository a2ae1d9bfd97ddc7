/**
 * Who may ask a listener on a person's machine: programs on it, which may do what the person may. Not pages in a browser, also
 * not those of another server on this machine: a browser names the page that asks (Origin), and the host that it believes to
 * talk to (Host), which for a page that had its name rebound to this address is the name of the page.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning
 */
import { isIPv4 } from 'node:net';
import { refusal } from '../errors.ts';
import { hostNameOf, type HostPolicy, nameOfOrigin } from '../http/hosts.ts';

/** What a browser says of who asks (Sec-Fetch-Site) when it is a page of another origin than this. */
const foreignSites: ReadonlySet<string | undefined> = new Set(['cross-site', 'same-site']);

/**
 * Takes names of this machine alone. Of pages it takes none, or those of servers on this machine that say so: an image or a
 * frame of any page can ask without an Origin, and see whether it got something.
 */
export function createLoopbackPolicy({ pages }: { readonly pages: 'none' | 'of this machine' }): HostPolicy {
  const none = pages === 'none';
  return {
    refused({ host, origin, fetchSite }) {
      if (!isLoopback(hostNameOf(host))) return refusal('HOST_NOT_ALLOWED', 'Ask by localhost or 127.0.0.1.');
      const isPage = origin === undefined ? foreignSites.has(fetchSite) : none || !isLoopback(nameOfOrigin(origin));
      if (!isPage) return undefined;
      return refusal(
        'ORIGIN_NOT_ALLOWED',
        none ? 'Pages in a browser may not ask here.' : 'Pages of other sites may not ask here.',
      );
    },
  };
}

function isLoopback(name: string | undefined): boolean {
  return name !== undefined && (name === 'localhost' || name === '::1' || (name.startsWith('127.') && isIPv4(name)));
}
