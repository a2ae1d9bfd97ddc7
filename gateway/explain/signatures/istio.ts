/**
 * Istio: what its proxies refuse, in the words of Envoy.
 *
 * Envoy tells the client no more than `RBAC: access denied`. The log of the server's proxy tells what it was: the policy that
 * denied, or `none` where no policy that allows matched; the name of a policy there is
 * `ns[namespace]-policy[name]-rule[index]`.
 *
 * @see https://github.com/envoyproxy/envoy/blob/v1.35.0/source/extensions/filters/common/rbac/utility.cc
 * @see https://github.com/istio/istio/blob/1.27.0/pilot/pkg/security/authz/builder/builder.go
 */
import { objectNameAt } from '../object-name.ts';
import { firstWithin, lastWithin } from '../places.ts';
import { authorizationSteps, providerSteps, tokenSteps } from '../steps/mesh.ts';
import { anyAuthorization, delegating, noneAllowed, suspectsAt, tokens, unknownArrival } from '../suspects/mesh.ts';
import { cited, shown } from '../../words.ts';
import type { ErrorText, Span } from '../error-text.ts';
import type { Signature } from '../finding.ts';
import { accessLogAt, accessLogSignatures } from './istio-access-log.ts';
import { deniedBy, notAllowed, type PolicyName } from './istio-denied.ts';
import { ztunnelSignatures } from './istio-ztunnel.ts';

const engine = 'istio';

/** `matched policy`, behind which stands `none`, a name, or the form of Istio, in brackets or not. */
function readPolicy(text: ErrorText, at: number): (PolicyName & { readonly end: number }) | 'none' | undefined {
  const { flat, lower } = text;
  if (lower.startsWith('none', at)) return 'none';
  if (!lower.startsWith('ns[', at)) {
    const found = objectNameAt(text, at);
    return found === undefined ? undefined : { ...found, rule: undefined };
  }
  const inNamespace = objectNameAt(text, at + 'ns['.length);
  if (inNamespace === undefined || !lower.startsWith(']-policy[', inNamespace.end)) return undefined;
  const named = objectNameAt(text, inNamespace.end + ']-policy['.length);
  if (named === undefined || flat.charAt(named.end) !== ']') return undefined;
  const lead = ']-rule[';
  const index = lower.startsWith(lead, named.end) ? objectNameAt(text, named.end + lead.length) : undefined;
  return {
    name: named.name,
    namespace: inNamespace.name,
    rule: index?.name,
    end: Math.min((index ?? named).end + 1, flat.length),
  };
}

/** What the log of a proxy says about the policy that decided. */
const ofLog: Signature = {
  anchors: ['rbac_access_denied_matched_policy[', 'enforced denied, matched policy '],
  read(text, at) {
    const isAccessLog = text.lower.startsWith('rbac', at);
    const lead = isAccessLog ? 'rbac_access_denied_matched_policy[' : 'enforced denied, matched policy ';
    const found = readPolicy(text, at + lead.length);
    const log = accessLogAt(text, at);
    const { span, asked, arrival } = log;
    if (found === undefined || found === 'none') {
      // A name that is cut away may be any.
      const isNone = found === 'none';
      const evidence = [
        within(text, at, at + lead.length + (isNone ? 'none'.length : 0) + (isAccessLog && isNone ? 1 : 0)),
      ];
      return {
        category: 'mesh',
        engine,
        certainty: 'stated',
        span,
        evidence,
        sentence: isNone ? notAllowed : 'An AuthorizationPolicy refused the request.',
        suspects: suspectsAt(isNone ? noneAllowed : anyAuthorization, arrival),
        steps: authorizationSteps(asked, false),
      };
    }
    const end = found.end + (isAccessLog ? 1 : 0);
    return deniedBy(found, { span, evidence: [within(text, at, end)], ...asked });
  },
};

/** The text may be cut before the brackets are closed. */
function within({ flat }: ErrorText, start: number, end: number): Span {
  return { start, end: Math.min(end, flat.length) };
}

/** The body of the answer, and what gRPC makes of it. */
const ofBody: Signature = {
  anchors: ['rbac: access denied', 'rbac: permission denied'],
  read(text, at) {
    // The log beside it says more of the same.
    if (hasLogNear(text, at)) return undefined;
    const handler = handlerBefore(text, at);
    const end = at + text.lower.slice(at, at + 30).indexOf('denied') + 'denied'.length;
    const start = handler?.start ?? at;
    return {
      category: 'mesh',
      engine,
      rule: handler?.name,
      certainty: 'stated',
      span: { start, end },
      evidence: [{ start, end }],
      sentence:
        'A proxy of the mesh refused the request (RBAC of Envoy, HTTP 403): an AuthorizationPolicy that denies matched it, or none that allows did. It is no RBAC of Kubernetes.',
      suspects: suspectsAt(anyAuthorization),
      steps: authorizationSteps({}, false),
    };
  },
};

function hasLogNear(text: ErrorText, at: number): boolean {
  const words = 'rbac_access_denied_matched_policy[';
  return firstWithin(text.lower, words, at, at + 2_000) >= 0 || lastWithin(text.lower, words, at - 2_000, at) >= 0;
}

/** Mixer, gone since Istio 1.8: `PERMISSION_DENIED:handler.rbac.istio-system:`. */
function handlerBefore(text: ErrorText, at: number): { readonly name: string; readonly start: number } | undefined {
  const lead = 'permission_denied:';
  const start = lastWithin(text.lower, lead, at - 340, at);
  if (start < 0) return undefined;
  const found = objectNameAt(text, start + lead.length);
  return found === undefined || found.end + 1 !== at ? undefined : { name: found.name, start };
}

/** Other handlers of Mixer, which refused, or could not be asked. */
const ofMixer: Signature = {
  anchors: ['permission_denied:', 'unavailable:no healthy upstream', 'unauthenticated:'],
  read(text, at) {
    const colon = firstWithin(text.lower, ':', at, at + 20);
    const handler = objectNameAt(text, colon + 1);
    const isUnavailable = text.lower.startsWith('unavailable', at);
    const isHandler = handler !== undefined && handler.name.includes('.') && text.flat.charAt(handler.end) === ':';
    if (!isUnavailable && !isHandler) return undefined;
    const end = isUnavailable ? at + 'unavailable:no healthy upstream'.length : Math.min(text.lineEnd(at), at + 300);
    return {
      category: 'mesh',
      engine,
      rule: isHandler ? handler.name : undefined,
      certainty: 'stated',
      span: isUnavailable ? accessLogAt(text, at).span : { start: at, end },
      evidence: [{ start: at, end }],
      sentence: isUnavailable
        ? 'The proxy could not reach what it has to ask about requests (Mixer), and refused.'
        : `A handler of Mixer, ${shown(handler?.name ?? '')}, refused the request.`,
      suspects: suspectsAt(anyAuthorization),
      steps: providerSteps,
    };
  },
};

/** Envoy on tokens, in the body of an HTTP 401 or 403. */
const tokenWords = [
  'jwt is missing',
  'jwt is expired',
  'jwt not yet valid',
  'jwt verification fails',
  'jwt issuer is not configured',
  'jwt header [alg] is not supported',
  'jwt header is an invalid',
  'jwt payload is an invalid',
  'jwt signature is an invalid',
  'jwt is not in the form of header.payload.signature',
  'jwks remote fetch is failed',
  "jwks doesn't have key to match kid or alg from jwt",
  'jwks rsa ',
  'audiences in jwt are not allowed',
  'origin authentication failed.',
  'jwt_authn_access_denied{',
] as const;

const ofToken: Signature = {
  anchors: tokenWords,
  read(text, at) {
    const isLog = text.lower.startsWith('jwt_authn', at);
    const close = isLog ? firstWithin(text.lower, '}', at, at + 120) + 1 : 0;
    const words = tokenWords.find((each) => text.lower.startsWith(each, at)) ?? '';
    const end = close > at ? close : at + words.length;
    const says = text.lower.slice(at, end).replaceAll('_', ' ');
    const log = isLog ? accessLogAt(text, at) : undefined;
    return {
      category: 'mesh',
      engine,
      certainty: 'stated',
      span: log?.span ?? { start: at, end },
      evidence: [{ start: at, end }],
      sentence: `A proxy of the mesh did not accept the token of the request: ${cited(text.flat.slice(at, end))}. Which tokens are accepted is said by a RequestAuthentication.`,
      suspects: suspectsAt(tokens, log?.arrival ?? unknownArrival),
      steps: tokenSteps(says),
    };
  },
};

/** An external provider was asked (action CUSTOM). */
const ofProvider: Signature = {
  anchors: ['ext_authz_denied', 'ext_authz_error'],
  read(text, at) {
    const isError = text.lower.startsWith('ext_authz_error', at);
    const { span, arrival } = accessLogAt(text, at);
    const evidence: Span = { start: at, end: at + 'ext_authz_denied'.length - (isError ? 1 : 0) };
    return {
      category: 'mesh',
      engine,
      certainty: 'stated',
      span,
      evidence: [evidence],
      sentence: isError
        ? 'The external provider that the proxy asks about requests did not answer, and the request was refused.'
        : 'The external provider that the proxy asks about requests refused this one.',
      suspects: suspectsAt(delegating, arrival),
      steps: providerSteps,
    };
  },
};

export const istioSignatures: readonly Signature[] = [
  ofLog,
  ...ztunnelSignatures,
  ofProvider,
  ofMixer,
  ofBody,
  ofToken,
  ...accessLogSignatures,
];
