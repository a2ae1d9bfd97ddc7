/**
 * ztunnel, the proxy of an ambient mesh: it sees connections and no HTTP, and names the policy that denied.
 *
 * @see https://github.com/istio/ztunnel/blob/1.27.0/src/proxy.rs
 */
import { shown } from '../../words.ts';
import type { ErrorText } from '../error-text.ts';
import { fieldIn } from '../fields.ts';
import type { Finding, Signature } from '../finding.ts';
import { objectNameAt } from '../object-name.ts';
import { firstWithin, lineStart } from '../places.ts';
import { authorizationSteps, tlsSteps } from '../steps/mesh.ts';
import {
  anyAuthorization,
  type Arrival,
  incomingTraffic,
  namedPeer,
  noneAllowed,
  strictTls,
  suspectsAt,
  unknownArrival,
} from '../suspects/mesh.ts';
import { type AccessLog, accessLogAt } from './istio-access-log.ts';
import { deniedBy, notAllowed } from './istio-denied.ts';

const engine = 'istio';
/** How far around a line its fields stand, where each has a line of its own. */
const reach = 500;

/** ztunnel: connections that its RBAC closed. */
const ofZtunnel: Signature = {
  anchors: ['policy rejection'],
  read(text, at) {
    const behind = at + 'policy rejection'.length;
    const denied = ': explicitly denied by: ';
    const none = ': allow policies exist, but none allowed';
    const log = accessLogAt(text, at);
    const arrival: Arrival = { ...log.arrival, proxy: 'ztunnel' };
    const evidence = { start: Math.max(at - 'connection closed due to '.length, log.span.start), end: behind };
    if (text.lower.startsWith(denied, behind)) {
      const byPeer = deniedByPeer(text, behind + denied.length, log);
      if (byPeer !== undefined) return byPeer;
      const found = objectNameAt(text, behind + denied.length);
      if (found !== undefined) {
        return deniedBy(
          { ...found, rule: undefined },
          { span: log.span, evidence: [{ ...evidence, end: found.end }], ...log.asked },
        );
      }
    }
    const isNone = text.lower.startsWith(none, behind);
    if (!isNone && !text.lower.startsWith('connection closed due to ', at - 'connection closed due to '.length))
      return undefined;
    return {
      category: 'mesh',
      engine,
      certainty: 'stated',
      span: log.span,
      evidence: [{ ...evidence, end: isNone ? behind + none.length : behind }],
      sentence: isNone
        ? notAllowed.replace('request', 'connection')
        : 'ztunnel closed the connection: an AuthorizationPolicy refused it.',
      suspects: suspectsAt(isNone ? noneAllowed : anyAuthorization, arrival),
      steps: authorizationSteps(log.asked, false),
    };
  },
};

/**
 * For ztunnel a PeerAuthentication that demands mutual TLS is made into policies that deny.
 *
 * @see https://github.com/istio/istio/blob/1.27.0/pilot/pkg/serviceregistry/kube/controller/ambient/authorization.go
 */
function deniedByPeer(text: ErrorText, at: number, { span, arrival }: AccessLog): Finding | undefined {
  const slash = firstWithin(text.lower, '/', at, at + 70) + 1;
  const lead = 'converted_peer_authentication_';
  const isNamed = slash > 0 && text.lower.startsWith(lead, slash);
  if (!isNamed && !text.lower.startsWith('istio_converted_static_strict', slash)) return undefined;
  const named = isNamed ? objectNameAt(text, slash + lead.length) : undefined;
  const policy = named === undefined ? undefined : { name: named.name, namespace: text.flat.slice(at, slash - 1) };
  return {
    category: 'mesh',
    engine,
    policy: policy?.name,
    certainty: 'stated',
    span,
    evidence: [{ start: at, end: named?.end ?? slash + 'istio_converted_static_strict'.length }],
    sentence: `The connection was plaintext, and ${policy === undefined ? 'a PeerAuthentication' : `PeerAuthentication ${shown(policy.name)}`} accepts nothing but mutual TLS there.`,
    suspects: policy === undefined ? suspectsAt(strictTls, { ...arrival, proxy: 'ztunnel' }) : namedPeer(policy),
    steps: tlsSteps,
  };
}

/** ztunnel of the client: the other side answered that it may not. */
const ofAnswer: Signature = {
  anchors: ['http status: 401 unauthorized', 'http status: 403 forbidden', 'connection closed due to policy change'],
  read(text, at) {
    const { span, arrival, asked } = accessLogAt(text, at);
    const isChange = text.lower.startsWith('connection', at);
    if (fieldIn(text, 'dst.addr', span) === undefined && !isChange) return undefined;
    const end = firstWithin(text.lower, '"', at, at + 60);
    return {
      category: 'mesh',
      engine,
      certainty: 'stated',
      span,
      evidence: [{ start: at, end: end < 0 ? at + 'http status: 401'.length : end }],
      sentence: isChange
        ? 'ztunnel closed an open connection: an AuthorizationPolicy that is new or was changed refuses it.'
        : 'The proxy of the server refused the connection: an AuthorizationPolicy denies it, or none that allows matched.',
      suspects: suspectsAt(anyAuthorization, arrival),
      steps: authorizationSteps(asked, false),
    };
  },
};

/** ztunnel could not connect, and guesses itself. */
const ofHbone: Signature = {
  anchors: ['maybe a networkpolicy is blocking hbone port 15008'],
  read(text, at) {
    const { span } = accessLogAt(text, at);
    const namespace = fieldIn(text, 'dst.namespace', span);
    return {
      category: 'network',
      certainty: 'likely',
      span,
      evidence: [{ start: at, end: at + 'maybe a networkpolicy is blocking hbone port 15008'.length }],
      sentence:
        'ztunnel got no answer on TCP 15008 of the destination, through which all traffic of an ambient mesh passes: a NetworkPolicy that opens the port of the application alone does not let it in.',
      suspects: suspectsAt(incomingTraffic, {
        ...unknownArrival,
        namespace,
        name: fieldIn(text, 'dst.workload', span),
      }),
      steps: () => [],
    };
  },
};

/** The policies of a pod as ztunnel looks through them, a line each, before it closes the connection. */
const ofState: Signature = {
  anchors: ['no allow policies matched', 'deny policy match'],
  read(text, at) {
    const window = { start: Math.max(0, at - reach), end: Math.min(text.flat.length, at + reach) };
    if (!text.lower.slice(window.start, window.end).includes('ztunnel')) return undefined;
    const start = lineStart(text, at, reach);
    const span = { start, end: Math.min(text.lineEnd(at), at + reach) };
    const isNone = text.lower.startsWith('no allow', at);
    const length = (isNone ? 'no allow policies matched' : 'deny policy match').length;
    const evidence = [{ start: at, end: at + length }];
    const { asked } = accessLogAt(text, at);
    const key = isNone ? undefined : fieldIn(text, 'policy', span);
    const slash = key?.indexOf('/') ?? -1;
    if (key !== undefined && slash > 0) {
      const policy = { namespace: key.slice(0, slash), name: key.slice(slash + 1), rule: undefined };
      return deniedBy(policy, { span, evidence, ...asked });
    }
    const wl = fieldIn(text, 'wl', window)?.split('/');
    return {
      category: 'mesh',
      engine,
      certainty: 'stated',
      span,
      evidence,
      sentence: isNone
        ? notAllowed.replace('request', 'connection')
        : 'ztunnel closed the connection: an AuthorizationPolicy denies it.',
      suspects: suspectsAt(isNone ? noneAllowed : anyAuthorization, {
        ...unknownArrival,
        proxy: 'ztunnel',
        ...(wl?.length === 2 ? { namespace: wl[0], name: wl[1] } : {}),
      }),
      steps: authorizationSteps(asked, false),
    };
  },
};

export const ztunnelSignatures: readonly Signature[] = [ofZtunnel, ofAnswer, ofHbone, ofState];
