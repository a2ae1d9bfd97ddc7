/**
 * Refusals of cloud providers, whose client libraries print a code: what it is about, and what one can do.
 */
import { manual } from '../remediation/steps.ts';
import { shown } from '../words.ts';
import type { ErrorText } from './error-text.ts';
import type { Signature } from './finding.ts';
import { clauseAt, nearby, outside, quotationAt } from './sayings.ts';
import { isLetter, runFrom } from './places.ts';

type Refusal = 'rate' | 'quota' | 'access' | 'other';

/** What a code of a provider is about, by the words it is made of. */
function refusalOf(code: string): Refusal {
  const lower = code.toLowerCase();
  const holds = (...words: readonly string[]) => words.some((word) => lower.includes(word));
  if (holds('throttl', 'requestlimit', 'toomanyrequest', 'slowdown', 'ratelimit', 'rate_limit')) return 'rate';
  if (holds('limit', 'quota', 'exhausted', 'insufficient', 'toomany', 'capacity')) return 'quota';
  if (
    holds(
      'denied',
      'unauthor',
      'notauthor',
      'forbidden',
      'expired',
      'token',
      'credential',
      'signature',
      'authoriz',
      'authenti',
      'aadsts',
    )
  ) {
    return 'access';
  }
  return 'other';
}

const reasons: Readonly<Record<Refusal, string>> = {
  rate: 'it was asked too often',
  quota: 'a quota or limit of the account is used up',
  access: 'the identity that asked may not do that there',
  other: 'by rules of its own',
};

const advice: Readonly<Record<Refusal, string>> = {
  rate: 'Wait and try again with growing pauses, or ask for fewer calls: the limit counts all that the account does.',
  quota:
    'Look at the quotas of the account and region with the provider, remove what is not needed, or ask the provider for more.',
  access:
    'Look at the identity the workload uses (its ServiceAccount and what that is bound to with the provider) and at the permissions of that identity there.',
  other: 'Read the message of the provider: it concerns what is set up there, not the cluster.',
};

/** A refusal in which the code of the provider can be read. */
export function refusal(
  provider: { engine: string; title: string },
  anchor: string,
  codeAt: (text: ErrorText, at: number) => string | undefined,
): Signature {
  return {
    anchors: [anchor],
    read(text, at) {
      const code = codeAt(text, at);
      if (code === undefined) return undefined;
      const kind = refusalOf(code);
      return outside({
        category: 'negative',
        engine: provider.engine,
        certainty: 'stated',
        span: clauseAt(text, at, anchor.length),
        evidence: [quotationAt(text, at, anchor.length)],
        sentence: `${provider.title} refused a call (${shown(code, 80)}): ${reasons[kind]}.`,
        steps: () => [manual(advice[kind], 'developer')],
      });
    },
  };
}

/** A code: a word of letters, digits and a few marks. */
export function codeFrom(text: ErrorText, at: number): string | undefined {
  const code = runFrom(text, at, ' ,:;.)("\'\\<>{}[]', 80);
  return code.length > 1 && isLetter(code.charAt(0).toLowerCase()) ? code : undefined;
}

/** The code right behind the anchor, where these words are near. */
export function behind(anchor: string, beside?: string): (text: ErrorText, at: number) => string | undefined {
  return (text, at) =>
    beside === undefined || nearby(text, at).includes(beside) ? codeFrom(text, at + anchor.length) : undefined;
}
