/**
 * Why a webhook gave no answer, and whom the API server asked: what stands behind `failed calling webhook "x": `.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/util/webhook/client.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/util/proxy/proxy.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/request/admissionreview.go
 */

/**
 * endpoints: no ready pod. service: no such Service. port: the Service has no such port. refused: nothing listens. unreachable:
 * no packet comes back. timeout: no answer in time. closed: the connection broke off. dns: no address for the name. authority:
 * who signed the certificate is not trusted. expired, hostname: of the certificate. tls: the handshake fails otherwise.
 * path: the program does not know the path. server: it fails itself. rejected: it refuses to be asked. proxy: the way from the
 * control plane to the nodes. response: its answer cannot be used. setup: the configuration is wrong.
 */
export type FailureKind =
  | 'endpoints'
  | 'service'
  | 'port'
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'closed'
  | 'dns'
  | 'authority'
  | 'expired'
  | 'hostname'
  | 'tls'
  | 'path'
  | 'server'
  | 'rejected'
  | 'proxy'
  | 'response'
  | 'setup';

/** The first line that fits tells the kind: what is more exact stands before what may be part of it. */
const kinds: readonly (readonly [FailureKind, readonly string[]])[] = [
  ['endpoints', ['no endpoints available for service']],
  ['port', ['no service port']],
  ['setup', ['unsupported service type', 'could not get rest client', 'could not create admission objects']],
  ['setup', ['sideeffects is nil', 'unable to load root certificates', 'unable to parse bytes as pem block']],
  ['expired', ['certificate has expired', 'is not yet valid']],
  [
    'hostname',
    ['x509: certificate is valid for', 'x509: certificate is not valid for any', 'cannot validate certificate for'],
  ],
  ['hostname', ["doesn't contain any ip sans", 'certificate relies on legacy common name']],
  [
    'authority',
    ['certificate signed by unknown authority', 'certificate is not trusted', 'unknown certificate authority'],
  ],
  ['timeout', ['tls handshake timeout']],
  ['tls', ['server gave http response to https client', 'does not look like a tls handshake', 'tls: ', 'x509: ']],
  ['proxy', ['no agent available', 'proxyconnect', 'proxy error from', 'error dialing backend', 'konnectivity']],
  ['dns', ['no such host', 'server misbehaving', 'temporary failure in name resolution', 'dial tcp: lookup ']],
  ['refused', ['connection refused']],
  ['closed', ['connection reset', 'broken pipe']],
  ['timeout', ['read tcp ']],
  ['unreachable', ['no route to host', 'network is unreachable', 'host is down', 'operation not permitted']],
  ['unreachable', ['i/o timeout', 'connection timed out', 'canceled while waiting for connection']],
  ['setup', ['address is not allowed']],
  ['response', ['invalid webhook response', 'expected webhook response', 'webhook response was absent']],
  ['response', ['webhook may not return', 'invalid character', 'json parse error', 'unable to decode', 'json patch']],
  ['response', ['is registered in scheme', 'admissionreview', 'cannot unmarshal', 'unexpected end of json']],
  ['path', ['could not find the requested resource', 'page not found']],
  [
    'server',
    ['an error on the server', 'currently unable to handle the request', 'bad gateway', 'service unavailable'],
  ],
  ['timeout', ['context deadline exceeded', 'client.timeout', 'request canceled', 'timed out', 'timeout awaiting']],
  ['timeout', ['unable to return a response in the time allotted', 'did not complete within', 'timeout exceeded']],
  ['closed', ['server closed', 'goaway', 'use of closed', 'connection lost', 'client disconnected', 'stream error']],
  ['rejected', ['rejected our request', 'provide credentials', 'unauthorized', 'forbidden', 'too many requests']],
  ['rejected', ['does not allow this method', 'method not allowed', 'request entity too large']],
];

/** Undefined when the text is cut before it, or says something that is not known. */
export function failureKindOf(message: string): FailureKind | undefined {
  const lower = message.toLowerCase();
  const known = kinds.find(([, words]) => words.some((each) => lower.includes(each)))?.[0];
  if (known !== undefined && known !== 'timeout' && known !== 'server') return known;
  if (lower.includes('service "') && lower.includes('" not found')) return 'service';
  if (known !== undefined) return known;
  const end = lower.trimEnd();
  return end.endsWith('eof') || end.includes(': eof') ? 'closed' : undefined;
}

/** Whom the API server asked. */
export interface Asked {
  /** A Service of the cluster: `<name>.<namespace>.svc`. */
  readonly service?: string;
  readonly namespace?: string;
  /** What else stands for the host. */
  readonly host?: string;
  readonly port?: string;
  readonly path?: string;
}

const urlStartMax = 200;
const urlLengthMax = 600;

/** From the URL in the message; without one, from the Service that it names. */
export function askedIn(message: string): Asked {
  const lower = message.toLowerCase();
  const from = lower.slice(0, urlStartMax).indexOf('https://');
  const named = serviceIn(message);
  if (from < 0) return named;
  const start = from + 'https://'.length;
  let end = start;
  while (end < message.length && end - start < urlLengthMax && !' "\')]\\<>'.includes(message.charAt(end))) end += 1;
  const url = message.slice(start, end);
  const slash = url.search(/[/?]/);
  const authority = slash < 0 ? url : url.slice(0, slash);
  const rest = slash < 0 ? '' : url.slice(slash);
  const colon = authority.lastIndexOf(':');
  const hasPort = colon > 0 && /^[0-9]+$/.test(authority.slice(colon + 1));
  const host = (hasPort ? authority.slice(0, colon) : authority).replace(/[:.]$/, '');
  const port = hasPort ? authority.slice(colon + 1) : undefined;
  const query = rest.indexOf('?');
  const path = query < 0 ? rest : rest.slice(0, query);
  const where = { ...(port === undefined ? {} : { port }), ...(path === '' ? {} : { path }) };
  const [service, namespace, svc] = host.split('.', 4);
  // Half a name is another name: cut texts end within the host.
  const isWhole = hasPort || slash >= 0 || end < message.length;
  if (!isWhole || host === '') return named;
  if (service !== undefined && namespace !== undefined && svc === 'svc') return { service, namespace, ...where };
  return { ...named, host, ...where };
}

/** `no endpoints available for service "x"`, `service "x" not found`; some versions write `namespace/x`. */
function serviceIn(message: string): Asked {
  const words = 'service "';
  const found = message.toLowerCase().indexOf(words);
  if (found < 0) return {};
  const from = found + words.length;
  const length = message.slice(from, from + urlLengthMax).indexOf('"');
  if (length <= 0) return {};
  const [first = '', second] = message.slice(from, from + length).split('/', 2);
  return second === undefined ? { service: first } : { service: second, namespace: first };
}
