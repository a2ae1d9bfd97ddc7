/**
 * Requests that the gateway and a proxy before it could read in two ways: one of the two would check what the other does not use.
 */
import type { IncomingMessage } from 'node:http';

/** Of these Node takes the first and says nothing. */
const singleHeaders: ReadonlySet<string> = new Set(['host', 'origin', 'authorization', 'content-type']);
const [shortest, longest] = [4, 17];

const onlyChunked = 'Of transfer codings, chunked is all there is.';

/**
 * What is ambiguous about a request, as a sentence for its sender.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2 on Host, and on targets that name a host themselves
 */
export function ambiguityOf({ rawHeaders, url, headers }: IncomingMessage): string | undefined {
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const given = rawHeaders[index] ?? '';
    if (given.length < shortest || given.length > longest) continue;
    const name = given.toLowerCase();
    // Node unpacks nothing: what it takes for the body is not what a reader of the other codings takes for it.
    if (name === 'transfer-encoding' && rawHeaders[index + 1]?.toLowerCase() !== 'chunked') return onlyChunked;
    if (!singleHeaders.has(name)) continue;
    if (seen.has(name)) return `The header ${name} may stand in a request once.`;
    seen.add(name);
  }
  if (url === undefined || url.startsWith('/')) return undefined;
  const authority = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
  if (authority !== undefined && authority.toLowerCase() !== headers.host?.toLowerCase()) {
    return 'The request names another host than its Host header.';
  }
  return undefined;
}
