/**
 * Denials that lost the words around them: the beginning of the name of the webhook, or all that the API server said before the
 * webhook's own words.
 */
import { isDnsSubdomain } from '../../../kube/names.ts';

import type { ErrorText } from '../error-text.ts';
import { noSuspects, type Signature } from '../finding.ts';

import { messageFrom } from '../message.ts';
import { endOfRun, firstWithin } from '../places.ts';
import { webhookDeniedSteps } from '../steps/webhook.ts';
import { webhooksNamed } from '../suspects/webhook.ts';
import { saidWords } from './webhook-said.ts';
import { webhookOwner } from './webhook-owners.ts';

const denied = '" denied the request: ';
const nameLengthMax = 253;

/** `gate.example.com" denied the request: words` at the beginning of a line. */
export const deniedWithoutHead: Signature = {
  anchors: [denied],
  read(text, at) {
    const start = lineStartBefore(text, at);
    const hook = start === undefined ? undefined : text.flat.slice(start, at);
    // Of a shorter one too much may be lost.
    if (start === undefined || hook === undefined || hook.split('.').length < 3 || !isDnsSubdomain(hook))
      return undefined;
    const reason = messageFrom(text, at + denied.length);
    const said = text.flat.slice(reason.start, reason.end);
    const owner = webhookOwner(hook);
    const span = { start, end: Math.max(reason.end, at + denied.length) };
    return {
      category: 'webhook-denied',
      engine: owner?.engine ?? 'webhookconfig',
      policy: hook,
      certainty: 'likely',
      span,
      evidence: [span],
      sentence: `A webhook refused the request, most likely ${hook}: the beginning of its name may be cut off${saidWords(said === '' ? undefined : said, false)}.`,
      suspects: (candidates) =>
        webhooksNamed(hook, candidates, { first: 'Validating', reason: 'The message names the webhook' }),
      steps: (suspects, about) =>
        webhookDeniedSteps(
          { hook, answer: 'denied', said: said === '' ? undefined : said, isSilent: false, owner },
          suspects,
          about,
        ),
    };
  },
};

/** Where the line or the text begins whose first word ends here. */
function lineStartBefore(text: ErrorText, at: number): number | undefined {
  const { flat } = text;
  let start = at;
  while (start > 0 && at - start <= nameLengthMax && /[a-z0-9.-]/.test(flat.charAt(start - 1))) start -= 1;
  return start === 0 || (flat.charAt(start - 1) === ' ' && text.lineEnd(start - 1) === start - 1) ? start : undefined;
}

const wardenTitle = 'GKE Warden';
const wardenHook = '.common-webhooks.networking.gke.io';

/** `GKE Warden rejected the request because …` without the webhook, which has had several names. */
export const wardenRejected: Signature = {
  anchors: ['gke warden rejected the request'],
  read(text, at) {
    const { flat, lower } = text;
    // With its webhook it is read from there.
    if (lower.slice(Math.max(0, at - 400), at).includes(`${wardenHook}" denied the request`)) return undefined;
    const line = text.lineEnd(at);
    const found = firstWithin(lower, '[denied by ', at, at + 1_000);
    const ruleAt = found + '[denied by '.length;
    const ruleEnd = found < 0 ? found : endOfRun(flat, ruleAt, nameLengthMax, /[a-z0-9.-]/);
    const rule = found < 0 || flat.charAt(ruleEnd) !== ']' ? undefined : flat.slice(ruleAt, ruleEnd);
    const span = { start: at, end: rule === undefined ? line : Math.max(line, text.lineEnd(ruleEnd)) };
    const said = flat.slice(at, span.end);
    const owner = { title: wardenTitle };
    return {
      category: 'webhook-denied',
      engine: 'webhookconfig',
      rule,
      certainty: 'stated',
      span,
      evidence: [span],
      sentence: `A webhook of ${wardenTitle}, which Google runs in the cluster, refused the request${saidWords(said, false)}.`,
      suspects: () => noSuspects,
      steps: (suspects, about) =>
        webhookDeniedSteps({ hook: undefined, answer: 'denied', said, isSilent: false, owner }, suspects, about),
    };
  },
};
