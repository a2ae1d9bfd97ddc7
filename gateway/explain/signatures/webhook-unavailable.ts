/**
 * Webhooks that could not be asked, or whose answer could not be used. No policy refused anything: the request failed because
 * the program behind the webhook is down, slow, out of reach or not trusted, and its failurePolicy is Fail.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/util/webhook/error.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go
 */
import { isDnsSubdomain } from '../../../kube/names.ts';
import { shown } from '../../words.ts';
import type { ErrorText, Span } from '../error-text.ts';
import { lastWithin } from '../places.ts';
import type { Finding, Signature } from '../finding.ts';
import { endsAt, messageFrom } from '../message.ts';
import { type ConversionOf, conversionSteps, webhookFailureSteps } from '../steps/webhook-failure.ts';
import { kubewardenPolicyOf, kubewardenSuspects } from '../suspects/kubewarden.ts';
import { webhooksNamed } from '../suspects/webhook.ts';
import { type Asked, askedIn, failureKindOf } from './webhook-failure.ts';
import { failureSentence, programOf } from './webhook-failure-sentence.ts';
import { tooSlow } from './webhook-plugin.ts';
import { webhookOwner } from './webhook-owners.ts';

/** Characters of a name. */
const nameLengthMax = 320;
const internal = 'internal error occurred: ';
const calling = ['failed calling webhook ', 'failed calling admission webhook '];

const notCalled: Signature = {
  anchors: calling,
  read(text, at) {
    const words = calling.find((each) => text.lower.startsWith(each, at)) ?? '';
    const name = nameAt(text, { start: at, end: at + words.length });
    if (name === undefined) return undefined;
    return findingOf(text, { start: at, ...name });
  },
};

/** What the API server asks has a timeout in its URL, or is a Service; others call webhooks too, of chats and hosts of code. */
const ofApiServer = ['?timeout=', '.svc', 'webhook"'];
const outsideMax = 400;

/** The same without its beginning. */
const notCalledCut: Signature = {
  anchors: ['failed to call webhook: '],
  read(text, at) {
    const asked = text.lower.slice(at, Math.min(text.lineEnd(at), at + outsideMax));
    const isElsewhere = asked.includes('://') && !ofApiServer.some((each) => asked.includes(each));
    if (isElsewhere) return undefined;
    return findingOf(text, { start: at, end: at, hook: undefined });
  },
};

interface NameAt {
  readonly hook: string | undefined;
  readonly end: number;
}

/** A whole line that ends with the name, its second quotation mark lost. */
function openName(text: ErrorText, from: number): NameAt | undefined {
  const end = text.lineEnd(from);
  const hook = text.flat.slice(from, Math.min(end, from + nameLengthMax));
  return end < text.flat.length && hook.includes('.') && isDnsSubdomain(hook) ? { hook, end } : undefined;
}

const timeoutWords = '?timeout=';

/** `https://x.y.svc:443/path?timeout=10s": words` alone: only the API server asks a Service so. */
const notCalledUrl: Signature = {
  anchors: [timeoutWords],
  read(text, at) {
    const { flat, lower } = text;
    const start = lastWithin(lower, 'https://', at - nameLengthMax, at);
    const url = start < 0 ? '' : lower.slice(start, at);
    if (!['.svc:', '.svc/', '.svc.'].some((each) => url.includes(each)) || /[ "]/.test(url)) return undefined;
    let end = at + timeoutWords.length;
    while (/[0-9a-z]/.test(flat.charAt(end))) end += 1;
    if (flat.charAt(end) === '"') end += 1;
    if (!flat.startsWith(': ', end) || failureKindOf(flat.slice(end, text.lineEnd(end))) === undefined)
      return undefined;
    return { ...findingOf(text, { start, end: start, hook: undefined }), certainty: 'likely' };
  },
};

/**
 * The name behind the words, up to its colon; without a name where the text is cut within it. Webhooks of other kinds have
 * URLs, and what says so without quotation marks is the API server only where it calls that an internal error.
 */
function nameAt(text: ErrorText, { start, end: at }: Span): NameAt | undefined {
  const { flat, lower } = text;
  const mark = ['"', "'"].find((each) => flat.startsWith(each, at));
  if (mark === undefined && !lower.startsWith(internal, start - internal.length)) return undefined;
  const from = at + (mark?.length ?? 0);
  const window = flat.slice(from, from + nameLengthMax);
  // A mark that the line leaves open is not closed by one further on.
  const line = mark === undefined ? undefined : openName(text, from);
  if (line !== undefined) return line;
  const length = window.indexOf(mark ?? ': ');
  if (length < 0) {
    const isCut = mark !== undefined && from + window.length >= flat.length && !window.includes(' ');
    return isCut ? { hook: undefined, end: flat.length } : undefined;
  }
  const hook = window.slice(0, length);
  if (!isDnsSubdomain(hook)) return undefined;
  const end = from + length + (mark?.length ?? 0);
  if (flat.startsWith(':', end)) return { hook, end: end + 1 };
  return endsAt(lower, end) ? { hook, end } : undefined;
}

function findingOf(
  text: ErrorText,
  { start, end, hook }: { readonly start: number; readonly end: number; readonly hook: string | undefined },
): Finding {
  const rest = messageFrom(text, end);
  const span = spanWithHead(text, { start, end: Math.max(end, rest.end) });
  const message = text.flat.slice(rest.start, rest.end);
  const asked = askedIn(message);
  const failure = failureKindOf(message);
  const owner = hook === undefined ? undefined : webhookOwner(hook);
  const first = asked.path?.toLowerCase().includes('mutat') === true ? 'Mutating' : 'Validating';
  const reason = 'The message names the webhook, which could not be asked';
  return {
    category: 'webhook-unavailable',
    engine: owner?.engine ?? 'webhookconfig',
    policy: hook,
    certainty: 'stated',
    span,
    evidence: [span],
    sentence: failureSentence({ hook, owner, asked, failure, passed: passedWithout(text, start) }),
    suspects(candidates, about) {
      if (hook === undefined) return { certain: [], possible: [] };
      const named = webhooksNamed(hook, candidates, { first, reason });
      if (named.certain.length > 0 || kubewardenPolicyOf(hook) === undefined) return named;
      // The webhook of a policy of Kubewarden is known by the policy.
      return kubewardenSuspects(hook, candidates, about);
    },
    steps: (_suspects, about) => webhookFailureSteps({ hook, owner, asked, failure }, about),
  };
}

function spanWithHead({ lower }: ErrorText, { start, end }: Span): Span {
  const before = start - internal.length;
  return before >= 0 && lower.startsWith(internal, before) ? { start: before, end } : { start, end };
}

/** `Failed calling webhook, failing open x: ` stands in front in the log of the API server. */
function passedWithout({ lower }: ErrorText, at: number): boolean {
  return lower.slice(Math.max(0, at - nameLengthMax), at).includes('failed calling webhook, failing open ');
}

const conversionFailed: Signature = {
  anchors: ['conversion webhook for '],
  read(text, at) {
    const from = at + 'conversion webhook for '.length;
    const window = text.lower.slice(from, from + nameLengthMax);
    const verb = [' failed', ' returned '].find((each) => window.includes(each));
    if (verb === undefined) return undefined;
    const length = window.indexOf(verb);
    const of = text.flat.slice(from, from + length);
    const end = from + length + verb.length;
    const goesOn = verb === ' returned ' || text.flat.startsWith(':', end) || endsAt(text.lower, end);
    if (!goesOn || !of.includes('Kind=')) return undefined;
    const rest = messageFrom(text, text.flat.startsWith(':', end) ? end + 1 : end);
    const message = text.flat.slice(rest.start, rest.end);
    const conversion = conversionOf(of);
    const asked: Asked = askedIn(message);
    const failure = verb === ' returned ' ? 'response' : failureKindOf(message);
    const span = { start: at, end: Math.max(end, rest.end) };
    return {
      category: 'webhook-unavailable',
      engine: 'apiextensions',
      certainty: 'stated',
      span,
      evidence: [span],
      sentence:
        `Objects of ${shown(of)} cannot be read or written: the webhook that converts between the versions of their definition ` +
        `gave no proper answer${programOf(asked)}.`,
      steps: (_suspects, about) => conversionSteps({ conversion, asked, failure }, about),
    };
  },
};

/** `cert-manager.io/v1alpha2, Kind=Issuer`. */
function conversionOf(words: string): ConversionOf {
  const [version = '', kind = ''] = words.split(', Kind=', 2);
  const [group = ''] = version.split('/', 1);
  return { group: version.includes('/') ? group : '', kind };
}

export const webhookUnavailableSignatures: readonly Signature[] = [
  notCalled,
  conversionFailed,
  tooSlow,
  notCalledCut,
  notCalledUrl,
];
