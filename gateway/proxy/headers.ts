/**
 * Which headers a proxy passes on. Those of one connection end at it, and whoever asks it brings no credentials: it adds the
 * person's own, and nobody else's may take their place.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
 */
import type { IncomingHttpHeaders } from 'node:http';

const ofConnection = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
/** Host and Origin were looked at here, and are about this listener. */
const notForward: ReadonlySet<string> = new Set([
  ...ofConnection,
  'authorization',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'origin',
]);
const notBack: ReadonlySet<string> = new Set([...ofConnection, 'set-cookie']);

type Headers = Record<string, string | string[]>;

/** Of a request, with the credentials of the person. */
export function forwardHeaders(headers: IncomingHttpHeaders, authorization: string): Headers {
  return { ...passed(headers, notForward), ...framingOf(headers), authorization };
}

/** Whether a request has a body. */
export function hasBody(headers: IncomingHttpHeaders): boolean {
  return Object.keys(framingOf(headers)).length > 0;
}

/**
 * How long the body is, said in any case: Node writes that of a GET without a word of its length otherwise, and the gateway
 * would read it as the next request of this connection.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-6.3
 */
function framingOf(headers: IncomingHttpHeaders): Headers {
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  if (coding !== undefined) return { 'transfer-encoding': 'chunked' };
  return length === undefined ? {} : { 'content-length': length };
}

/** Of the answer to it. */
export function backHeaders(headers: IncomingHttpHeaders): Headers {
  return passed(headers, notBack);
}

function passed(headers: IncomingHttpHeaders, not: ReadonlySet<string>): Headers {
  const named = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const kept: Headers = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !not.has(name) && !named.has(name) && !name.startsWith('x-forwarded-'))
      kept[name] = value;
  }
  return kept;
}
