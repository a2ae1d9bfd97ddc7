/**
 * What the API server says of a webhook that it asked: a refusal, and what else it may make of an answer.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/errors/statuserror.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/mutating/dispatcher.go
 */
import type { ErrorText, Span } from '../error-text.ts';
import { format, word } from '../format.ts';
import { endsAt, messageFrom, standsAt } from '../message.ts';

/** denied: with or without a reason. dryRun: it has side effects. modified: it changed what cannot be changed, like a deletion. */
export type WebhookAnswer = 'denied' | 'dryRun' | 'modified';

export interface WebhookRefusal {
  /** Undefined when the text is cut within the name. */
  readonly hook: string | undefined;
  readonly answer: WebhookAnswer;
  /** What the webhook says; undefined when it says nothing, or the text is cut before it. */
  readonly reason: Span | undefined;
  /** Whether the API server says that there was no reason. */
  readonly isSilent: boolean;
  readonly span: Span;
}

/** Where a refusal stands. */
export const refusalAnchor = 'admission webhook "';

const named = format`admission webhook "${word('hook')}"`;
const answers: readonly (readonly [WebhookAnswer, string])[] = [
  ['denied', ' denied the request'],
  ['dryRun', ' does not support dry run'],
  ['modified', ' attempted to modify the object, which is not supported for this operation'],
];

const silent = ' without explanation';

/** The refusal that begins at the anchor; undefined when it is none. */
export function readRefusal(text: ErrorText, at: number): WebhookRefusal | undefined {
  if (text.lower.slice(Math.max(0, at - 8), at) === 'calling ') return undefined;
  const head = named.read(text, at);
  if (head === undefined) return undefined;
  const { hook } = head.parts;
  if (hook === undefined || endsAt(text.lower, head.end)) {
    // Only errors end in a webhook's name: others write of webhooks, too.
    if (!/^[:*]$/.test(text.lower.charAt(at - 2))) return undefined;
    return { hook, answer: 'denied', reason: undefined, isSilent: false, span: { start: at, end: text.lineEnd(at) } };
  }
  for (const [answer, words] of answers) {
    const stands = standsAt(text, head.end, words);
    if (stands === 'absent') continue;
    const end = Math.min(text.flat.length, head.end + words.length);
    const reason = answer === 'denied' && stands === 'whole' ? reasonAt(text, end) : undefined;
    const isSilent = text.lower.startsWith(silent, end);
    const ownEnd = isSilent ? end + silent.length : end;
    return { hook, answer, reason, isSilent, span: { start: at, end: reason?.end ?? ownEnd } };
  }
  return undefined;
}

function reasonAt(text: ErrorText, at: number): Span | undefined {
  if (!text.flat.startsWith(':', at)) return undefined;
  const reason = messageFrom(text, at + 1);
  return reason.end > reason.start ? reason : undefined;
}
