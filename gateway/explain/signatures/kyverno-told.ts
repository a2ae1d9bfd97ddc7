/**
 * A finding from what a message of Kyverno says.
 */
import { cited, shown } from '../../words.ts';
import type { Span } from '../error-text.ts';
import type { Certainty, Finding } from '../finding.ts';
import { kyvernoSteps } from '../steps/kyverno.ts';
import { kyvernoSuspects } from '../suspects/kyverno.ts';

/** The object that was judged, as the text names it. */
export interface JudgedObject {
  readonly kind: string;
  /** Empty for what has none. */
  readonly namespace: string;
  readonly name: string;
}

/** What came of it: the request was refused, it passed with a warning, or something is noted and no more. */
export type Outcome = 'refused' | 'warned' | 'noted';

export interface KyvernoTold {
  readonly policy: string | undefined;
  readonly rule: string | undefined;
  readonly message: string;
  readonly object?: JudgedObject | undefined;
  /** Kinds that the policy may have. */
  readonly kinds: readonly string[];
  readonly outcome: Outcome;
  readonly certainty?: Certainty;
  readonly span: Span;
  readonly evidence?: readonly Span[];
}

/** As every message of Kyverno is told. */
export function kyvernoFinding(told: KyvernoTold): Finding {
  const { policy, rule, certainty = 'stated', span, evidence = [span] } = told;
  return {
    category: 'kyverno',
    engine: 'kyverno',
    policy,
    rule,
    certainty,
    passed: told.outcome !== 'refused',
    span,
    evidence,
    sentence: sentenceOf(told),
    suspects: kyvernoSuspects(told),
    steps: kyvernoSteps(told),
  };
}

function sentenceOf({ policy, rule, message, object, outcome }: KyvernoTold): string {
  const named =
    policy === undefined
      ? rule === undefined
        ? 'a policy that the text does not name'
        : `rule ${shown(rule, 80)} of a policy that the text does not name`
      : rule === undefined
        ? `its policy ${shown(policy)}`
        : `rule ${shown(rule, 80)} of its policy ${shown(policy)}`;
  const words = message === '' ? '' : `: ${cited(message, 300)}`;
  const what = object === undefined ? 'the request' : `${shown(object.kind, 80)} ${shown(object.name)}`;
  switch (outcome) {
    case 'refused':
      return `Kyverno refused ${what} by ${named}${words}.`;
    case 'warned':
      return `Kyverno warned by ${named}, and the request passed${words}.`;
    case 'noted':
      return `Kyverno noted a violation of ${named}${words}. Such a note alone refuses nothing: it is written for policies that only audit, too.`;
    default:
      return outcome satisfies never;
  }
}

/** `Kind/namespace/name`, with nothing between the slashes for what is in no namespace. */
export function judgedObject(words: string): JudgedObject | undefined {
  const [kind = '', namespace, ...rest] = words.split('/', 8);
  const name = rest.join('/');
  return namespace === undefined || kind === '' || name === '' ? undefined : { kind, namespace, name };
}
