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
  return { ...passed(headers, notForward), authorization };
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
