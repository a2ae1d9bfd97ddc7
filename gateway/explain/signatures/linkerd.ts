/**
 * Linkerd: what its proxies refuse, in their logs and in the header `l5d-proxy-error` of their answers.
 *
 * A Server is named as `server.kind=server server.name=NAME`; of the kind `default` is what pods were made with, an
 * annotation and no policy.
 *
 * @see https://linkerd.io/2-edge/features/server-policy/#policy-rejections
 * @see https://github.com/linkerd/linkerd2-proxy/blob/release/v2.300.0/linkerd/app/inbound/src/policy.rs
 */
import { manual } from '../../remediation/steps.ts';
import { shown } from '../../words.ts';
import type { ErrorText, Span } from '../error-text.ts';
import { fieldIn } from '../fields.ts';
import type { Finding, Signature } from '../finding.ts';
import { objectNameAt } from '../object-name.ts';
import { firstWithin, lastWithin, lineAround } from '../places.ts';
import { serverSteps } from '../steps/mesh.ts';
import { guarded, namedServer, suspectsAt, unknownArrival } from '../suspects/mesh.ts';

const engine = 'linkerd';
const reach = 1_500;

interface Refused {
  readonly server: string | undefined;
  readonly isDefault: boolean;
  readonly client?: string | undefined;
  readonly port?: number | undefined;
}

function refused({ server, isDefault, client, port }: Refused, span: Span, evidence: Span): Finding {
  return {
    category: 'mesh',
    engine,
    policy: server,
    certainty: 'stated',
    span,
    evidence: [evidence],
    sentence: sentenceOf(server, isDefault, port),
    suspects:
      server === undefined
        ? suspectsAt(isDefault ? { ...guarded, kinds: [] } : guarded, { ...unknownArrival, port })
        : namedServer(server),
    steps: (suspects, about) => [
      ...(isDefault ? [manual(defaultText, 'namespace-admin')] : []),
      ...serverSteps({ client }, server !== undefined || isDefault)(suspects, about),
    ],
  };
}

function sentenceOf(server: string | undefined, isDefault: boolean, port: number | undefined): string {
  const where = port === undefined ? '' : ` to port ${port}`;
  if (isDefault)
    return `The default inbound policy of the pod refused the client${where}: no Server stands for the port.`;
  if (server === undefined)
    return `The proxy of the server refused the client${where}: nothing authorizes it for the Server or route.`;
  return `Server ${shown(server)} refused the client${where}: nothing authorizes it.`;
}

const defaultText =
  'Make a Server for the port and an AuthorizationPolicy for the client, or have config.linkerd.io/default-inbound-policy changed and the pods made anew, which read it once.';

/** Logs of the proxy of the server, newer and older. */
const ofLog: Signature = {
  anchors: [
    'request denied server.',
    'request denied server=',
    'connection denied server.',
    'connection denied server=',
  ],
  read(text, at) {
    const line = lineAround(text, at, reach);
    const kind = fieldIn(text, 'server.kind', line);
    const server = fieldIn(text, 'server.name', line) ?? fieldIn(text, ' server', line);
    const isDefault = kind === 'default' || server?.startsWith('default:') === true;
    const client = clientOf(text, line);
    const evidence = { start: at, end: evidenceEnd(text, { start: at, end: line.end }, server) };
    return refused(
      { server: isDefault ? undefined : server, isDefault, client, port: portIn(text, line) },
      line,
      evidence,
    );
  },
};

function evidenceEnd(text: ErrorText, { start, end }: Span, server: string | undefined): number {
  if (server === undefined) return end;
  const at = firstWithin(text.lower, `=${server.toLowerCase()}`, start, end);
  return at < 0 ? end : at + 1 + server.length;
}

/** The identity of the client, else its address. */
function clientOf(text: ErrorText, line: Span): string | undefined {
  const lead = 'clientid(name("';
  const at = firstWithin(text.lower, lead, line.start, line.end);
  const identity = at < 0 ? undefined : objectNameAt(text, at + lead.length)?.name;
  return identity ?? fieldIn(text, 'client.ip', line) ?? fieldIn(text, ' client', line);
}

/** `inbound:server{port=8080}`. */
function portIn(text: ErrorText, line: Span): number | undefined {
  const at = firstWithin(text.lower, 'server{port=', line.start, line.end);
  const found = at < 0 ? undefined : objectNameAt(text, at + 'server{port='.length);
  return found !== undefined && /^[0-9]+$/.test(found.name) ? Number(found.name) : undefined;
}

/** What the client gets, and the errors of the proxy: `unauthorized connection on server/NAME`. */
const ofError: Signature = {
  anchors: ['unauthorized request on route', 'unauthorized connection on server', 'unauthorized connection on default'],
  read(text, at) {
    const isRoute = text.lower.startsWith('unauthorized request', at);
    const isDefault = text.lower.startsWith('unauthorized connection on default', at);
    const words = isRoute
      ? 'unauthorized request on route'
      : `unauthorized connection on ${isDefault ? 'default' : 'server'}`;
    const behind = at + words.length;
    const mark = text.flat.charAt(behind);
    const found = !isRoute && (mark === '/' || mark === ' ') ? objectNameAt(text, behind + 1) : undefined;
    // The line before says more of the same request.
    if (isRoute && lastWithin(text.lower, 'request denied server', at - reach, at) >= 0) return undefined;
    const line = lineAround(text, at, reach);
    const server = isDefault ? undefined : found?.name;
    const evidence = { start: at, end: found?.end ?? behind };
    return refused(
      { server, isDefault, client: clientOf(text, line), port: portIn(text, line) ?? serverPort(text, at) },
      line,
      evidence,
    );
  },
};

/** `server: 10.0.0.1:8080: unauthorized …`. */
function serverPort(text: ErrorText, at: number): number | undefined {
  const words = text.flat.slice(Math.max(0, at - 80), at).split(':');
  const digits = words.at(-2) ?? '';
  return /^[0-9]+$/.test(digits) ? Number(digits) : undefined;
}

/** Other errors of the proxy: no policy, but the mesh says so. */
const ofProxy: Signature = {
  anchors: ['l5d-proxy-error', 'service in fail-fast', 'direct connections must be mutually authenticated'],
  read(text, at) {
    const line = lineAround(text, at, reach);
    if (firstWithin(text.lower, 'unauthorized', at, at + 200) >= 0) return undefined;
    const isTls = ['certificate', 'tls', 'identity', 'mutually'].some(
      (word) => firstWithin(text.lower, word, at, at + 200) >= 0,
    );
    return {
      category: 'mesh',
      engine,
      certainty: 'likely',
      span: line,
      evidence: [{ start: at, end: Math.min(line.end, at + 200) }],
      sentence: isTls
        ? 'A proxy of Linkerd could not agree on TLS with the other side.'
        : 'A proxy of Linkerd could not reach the server; that is mostly no policy of the mesh: no endpoint is ready, nothing listens, or the network drops it.',
      suspects: suspectsAt({ ...guarded, kinds: [] }),
      steps: serverSteps({}, true),
    };
  },
};

export const linkerdSignatures: readonly Signature[] = [ofLog, ofError, ofProxy];
