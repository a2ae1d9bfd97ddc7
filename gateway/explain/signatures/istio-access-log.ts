/**
 * Access logs of Envoy, as text and as JSON, and of ztunnel: where a request arrived, and the flags that say what became of
 * it.
 *
 * @see https://www.envoyproxy.io/docs/envoy/v1.35.0/configuration/observability/access_log/usage#config-access-log-format-response-flags
 * @see https://github.com/istio/istio/blob/1.27.0/pilot/pkg/model/telemetry_logging.go (the format)
 */
import { fieldIn } from '../fields.ts';
import { objectNameAt } from '../object-name.ts';
import { firstWithin, lastWithin, lineAround } from '../places.ts';
import type { Asked } from '../steps/mesh.ts';
import { limitSteps, reachSteps, tlsSteps, upstreamSteps, providerSteps } from '../steps/mesh.ts';
import {
  type Arrival,
  delegating,
  registryOnly,
  strictTls,
  suspectsAt,
  unknownArrival,
  unlikeTls,
} from '../suspects/mesh.ts';
import type { ErrorText, Span } from '../error-text.ts';
import type { Finding, Signature } from '../finding.ts';

/** Characters of a line of a log that are looked at, to either side of a place. */
const reach = 2_000;

export interface AccessLog {
  readonly span: Span;
  readonly asked: Asked;
  readonly arrival: Arrival;
}

/** The entry around a place: its line, or the lines of its JSON object. */
export function accessLogAt(text: ErrorText, at: number): AccessLog {
  const span = entryAround(text, at);
  const local = fieldIn(text, 'dst.hbone_addr', span) ?? fieldIn(text, 'dst.addr', span);
  const inbound = inboundPort(text, span);
  const host = serverHost(text, span);
  const isOutbound = fieldIn(text, 'direction', span) === 'outbound';
  return {
    span,
    asked: {
      client: fieldIn(text, 'src.identity', span),
      method: fieldIn(text, 'method', span) ?? requestLine(text, span)?.method,
      path: fieldIn(text, 'path', span) ?? requestLine(text, span)?.path,
      port: portOf(local) ?? inbound,
    },
    arrival: {
      namespace: fieldIn(text, 'dst.namespace', span) ?? (isOutbound ? undefined : host?.namespace),
      name: fieldIn(text, 'dst.workload', span) ?? host?.name,
      port: portOf(local) ?? inbound,
      proxy: undefined,
    },
  };
}

/** A line; of JSON over several lines, those of the object. */
function entryAround(text: ErrorText, at: number): Span {
  const line = lineAround(text, at, reach);
  if (text.flat.charAt(line.start) !== '"') return line;
  const open = lastWithin(text.lower, '{ "', at - reach, at);
  const close = firstWithin(text.lower, ' }', at, at + reach);
  const isCut = close < 0 && text.flat.length - at < reach;
  if (open < 0 || (close < 0 && !isCut)) return line;
  return { start: open, end: close < 0 ? text.flat.length : close + 2 };
}

function portOf(address: string | undefined): number | undefined {
  const colon = address?.lastIndexOf(':') ?? -1;
  const digits = address?.slice(colon + 1) ?? '';
  return colon >= 0 && /^[0-9]+$/.test(digits) ? Number(digits) : undefined;
}

/** `inbound|8080||`: the port of the workload. */
function inboundPort(text: ErrorText, { start, end }: Span): number | undefined {
  const at = firstWithin(text.lower, 'inbound|', start, end);
  const found = at < 0 ? undefined : objectNameAt(text, at + 'inbound|'.length);
  return found !== undefined && /^[0-9]+$/.test(found.name) ? Number(found.name) : undefined;
}

/** The Service: the name that its proxy was asked for by TLS, which the client's proxy makes `outbound_.8000_._.web.shop.svc…`. */
function serverHost(
  text: ErrorText,
  { start, end }: Span,
): { readonly name: string; readonly namespace: string } | undefined {
  for (const suffix of ['.svc.cluster.local', '.svc']) {
    const at = firstWithin(text.lower, suffix, start, end);
    if (at < 0) continue;
    const [namespace, name] = text.flat
      .slice(Math.max(start, at - 253), at)
      .split(/[^a-z0-9-]/)
      .toReversed();
    if (namespace !== undefined && name !== undefined && namespace !== '' && name !== '') return { name, namespace };
  }
  return undefined;
}

/** `"GET /path HTTP/1.1"`. */
function requestLine(
  text: ErrorText,
  { start, end }: Span,
): { readonly method: string; readonly path: string } | undefined {
  const at = firstWithin(text.lower, ' http/', start, end);
  const open = at < 0 ? -1 : lastWithin(text.lower, '"', at - 1_000, at);
  if (open < start) return undefined;
  const [method = '', path = ''] = text.flat.slice(open + 1, at).split(' ');
  return /^[A-Z]+$/.test(method) && path.startsWith('/') ? { method, path } : undefined;
}

type Told = Pick<Finding, 'certainty' | 'sentence' | 'suspects' | 'steps'>;

const provider = (arrival: Arrival): Told => ({
  certainty: 'stated',
  sentence: 'The external service that the proxy asks about requests refused this one (flag UAEX).',
  suspects: suspectsAt(delegating, arrival),
  steps: providerSteps,
});
const failed = (arrival: Arrival, isLocal: boolean): Told => ({
  certainty: 'possible',
  sentence: isLocal
    ? 'The proxy could not connect to the server: nothing listens, the network drops it, or one side speaks TLS and the other does not.'
    : 'The server ended the connection that the proxy had to it: the program did, or TLS was spoken on one side alone.',
  suspects: suspectsAt(unlikeTls, arrival),
  steps: upstreamSteps('failed'),
});
const noEndpoints: Told = {
  certainty: 'possible',
  sentence:
    'The proxy knows no healthy endpoint of the Service: no pod of it is ready, or all were taken out after errors. Policies rarely do that.',
  suspects: suspectsAt({ ...registryOnly, kinds: [] }),
  steps: upstreamSteps('noEndpoints'),
};
const noRoute = (arrival: Arrival): Told => ({
  certainty: 'possible',
  sentence: 'The proxy has no route for the request: a VirtualService, a Gateway or a Sidecar says which there are.',
  suspects: suspectsAt(registryOnly, { ...arrival, namespace: undefined, name: undefined }),
  steps: reachSteps,
});

const limited: Told = {
  certainty: 'possible',
  sentence:
    'The proxy has as many requests or connections open, or took as many in this time, as it is configured to: a DestinationRule or a rate limit says how many.',
  suspects: suspectsAt({ ...registryOnly, kinds: [] }),
  steps: limitSteps,
};

/** Flags of Envoy that a mesh can be behind; timeouts and clients that leave are none of them. */
const flags: Readonly<Record<string, (arrival: Arrival) => Told>> = {
  UAEX: provider,
  UF: (arrival) => failed(arrival, true),
  URX: (arrival) => failed(arrival, true),
  UC: (arrival) => failed(arrival, false),
  UR: (arrival) => failed(arrival, false),
  UH: () => noEndpoints,
  NR: noRoute,
  NC: noRoute,
  UO: () => limited,
  RL: () => limited,
};

/** `"- - -" 0 UF,URX`, `HTTP/1.1" 503 UH` and `"response_flags":"UF"`. */
const ofFlags: Signature = {
  anchors: [
    '"- - -" 0 ',
    'http/1.1" 503 ',
    'http/2" 503 ',
    'http/1.1" 502 ',
    'http/1.1" 403 ',
    'http/2" 403 ',
    'http/1.1" 429 ',
    'http/1.1" 404 ',
    'http/2" 404 ',
    '"response_flags":"',
    '"response_flags": "',
  ],
  read(text, at) {
    const from = flagsAt(text, at);
    let end = from;
    while (end < from + 24 && /^[A-Z,]$/.test(text.flat.charAt(end))) end += 1;
    const known = text.flat
      .slice(from, end)
      .split(',')
      .find((flag) => Object.hasOwn(flags, flag));
    if (known === undefined) return undefined;
    const { span, arrival } = accessLogAt(text, at);
    const tell = flags[known];
    if (tell === undefined) return undefined;
    return {
      category: 'mesh',
      engine: 'istio',
      span,
      evidence: [{ start: at, end: end }],
      ...tell(arrival),
    };
  },
};

/** Where they begin, behind the code or the name of the field. */
function flagsAt({ lower }: ErrorText, at: number): number {
  const json = ['"response_flags":"', '"response_flags": "'].find((words) => lower.startsWith(words, at));
  if (json !== undefined) return at + json.length;
  const code = lower.slice(at, at + 20);
  return at + code.indexOf('" ') + (code.includes('" 0 ') ? '" 0 '.length : '" 503 '.length);
}

/** No filter chain for the connection: plaintext where mutual TLS is demanded, mostly. */
const ofFilterChain: Signature = {
  anchors: ['filter_chain_not_found', 'no matching filter chain found'],
  read(text, at) {
    const { span } = accessLogAt(text, at);
    const port = localPort(text, span);
    return {
      category: 'mesh',
      engine: 'istio',
      certainty: 'likely',
      span,
      evidence: [{ start: at, end: at + 'filter_chain_not_found'.length }],
      sentence:
        'The proxy of the server has nothing that takes such a connection: mostly plaintext, where a PeerAuthentication demands mutual TLS (STRICT).',
      suspects: suspectsAt(strictTls, { ...unknownArrival, port }),
      steps: tlsSteps,
    };
  },
};

/** The local address of the proxy is the first of two addresses behind. */
function localPort(text: ErrorText, span: Span): number | undefined {
  const words = text.flat.slice(span.start, span.end).split(' ');
  return words
    .map((each) => (/^[0-9.:]+$/.test(each) && each.includes('.') ? portOf(each) : undefined))
    .find((port) => port !== undefined);
}

/** Hosts that the proxy does not know, where only known ones are let through. */
const ofBlackHole: Signature = {
  anchors: ['blackholecluster', 'block_all'],
  read(text, at) {
    const { span } = accessLogAt(text, at);
    const isCluster = text.lower.startsWith('blackholecluster', at);
    if (
      !isCluster &&
      firstWithin(text.lower, 'outbound', span.start, span.end) < 0 &&
      firstWithin(text.lower, '502', span.start, span.end) < 0
    )
      return undefined;
    return {
      category: 'mesh',
      engine: 'istio',
      certainty: 'stated',
      span,
      evidence: [{ start: at, end: at + (isCluster ? 'blackholecluster' : 'block_all').length }],
      sentence:
        'The proxy of the client does not know the host, and the mesh lets nothing through to such (REGISTRY_ONLY).',
      suspects: suspectsAt(registryOnly),
      steps: reachSteps,
    };
  },
};

export const accessLogSignatures: readonly Signature[] = [ofFilterChain, ofBlackHole, ofFlags];
