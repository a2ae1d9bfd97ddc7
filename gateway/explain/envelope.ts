/**
 * The words by which the API server, and those who called it, carry a reason.
 *
 * @see https://github.com/kubernetes/apimachinery/blob/v0.36.3/pkg/api/errors/errors.go (NewForbidden)
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/controller/controller_utils.go (FailedCreate)
 */
import type { ErrorText } from './error-text.ts';

const forbidden = ' is forbidden: ';
const reachMax = 320;
const layersMax = 5;

/** Whether the API server forbade something with the reason that begins here. */
export function isForbidden({ lower }: ErrorText, at: number): boolean {
  return endsAt(lower, withoutBracket(lower, at), forbidden);
}

/**
 * Where the words around a reason begin: `Error creating: pods "a" is forbidden: ` and the like belong to it. The place itself
 * when there are none.
 */
export function envelopeStart({ lower }: ErrorText, at: number): number {
  let start = at;
  for (let layer = 0; layer < layersMax; layer += 1) {
    const before = layerStart(lower, layer === 0 ? withoutBracket(lower, start) : start);
    if (before === undefined) return start;
    start = before;
  }
  return start;
}

const leads = [
  'error creating: ',
  'error from server (forbidden): ',
  'error from server (internalerror): ',
  'error from server: ',
  'internal error occurred: ',
  'warning: ',
];
/** Fixed words with a quotation between them. */
const quoting = [
  { lead: 'admission webhook "', end: '" denied the request: ' },
  { lead: 'error when creating "', end: '": ' },
  { lead: "error when creating '", end: "': " },
  { lead: 'create pod ', end: ' failed error: ' },
];

function layerStart(lower: string, at: number): number | undefined {
  if (endsAt(lower, at, forbidden)) return objectStart(lower, at - forbidden.length);
  const fixed = leads.find((lead) => endsAt(lower, at, lead));
  if (fixed !== undefined) return at - fixed.length;
  for (const { lead, end } of quoting) {
    if (!endsAt(lower, at, end)) continue;
    const windowStart = Math.max(0, at - reachMax);
    const found = lower.slice(windowStart, at).lastIndexOf(lead);
    if (found >= 0) return windowStart + found;
  }
  return undefined;
}

/** Of `deployments.apps "web"`, which ends here. */
function objectStart(lower: string, end: number): number {
  const mark = lower.charAt(end - 1);
  let start = end;
  if (mark === '"' || mark === "'") {
    const windowStart = Math.max(0, end - reachMax);
    const found = lower.slice(windowStart, end - 1).lastIndexOf(mark);
    if (found < 0) return end;
    const opening = windowStart + found;
    start = lower.charAt(opening - 1) === ' ' ? opening - 1 : opening;
  }
  while (start > 0 && end - start < reachMax && /[a-z0-9./-]/.test(lower.charAt(start - 1))) start -= 1;
  return start;
}

/** Several reasons stand in brackets. */
function withoutBracket(lower: string, at: number): number {
  return lower.charAt(at - 1) === '[' ? at - 1 : at;
}

function endsAt(lower: string, at: number, words: string): boolean {
  return at >= words.length && lower.startsWith(words, at - words.length);
}
