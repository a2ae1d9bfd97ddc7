/**
 * A finding from what a message of Gatekeeper says.
 */
import { cited, shown } from '../../words.ts';
import type { Span } from '../error-text.ts';
import type { Certainty, Finding } from '../finding.ts';
import { gatekeeperSteps } from '../steps/gatekeeper.ts';
import { gatekeeperSuspects } from '../suspects/gatekeeper.ts';

export interface GatekeeperTold {
  /** Undefined where the text does not name it. */
  readonly constraint: string | undefined;
  /** Where the text says it, as logs and audits do. */
  readonly kind?: string | undefined;
  readonly messages: readonly string[];
  readonly outcome: 'refused' | 'warned' | 'noted' | 'notMutated';
  readonly certainty?: Certainty;
  readonly span: Span;
  readonly evidence?: readonly Span[];
}

/** As every message of Gatekeeper is told. A constraint has one rule, which is named as the constraint is. */
export function gatekeeperFinding(told: GatekeeperTold): Finding {
  const { constraint, certainty = 'stated', span, evidence = [span] } = told;
  return {
    category: 'gatekeeper',
    engine: 'gatekeeper',
    policy: constraint,
    rule: constraint,
    certainty,
    passed: told.outcome === 'warned' || told.outcome === 'noted',
    span,
    evidence,
    sentence: sentenceOf(told),
    suspects: gatekeeperSuspects(told),
    steps: gatekeeperSteps(told),
  };
}

const messagesMax = 3;

function sentenceOf({ constraint, messages, outcome }: GatekeeperTold): string {
  const named =
    constraint === undefined ? 'a constraint that the text does not name' : `its constraint ${shown(constraint)}`;
  const distinct = [...new Set(messages)].filter((message) => message !== '');
  const more = distinct.length > messagesMax ? ` and ${distinct.length - messagesMax} more` : '';
  const quoted = distinct.slice(0, messagesMax).map((message) => cited(message, 240));
  const words = quoted.length === 0 ? '' : `: ${quoted.join(', ')}${more}`;
  switch (outcome) {
    case 'refused':
      return `Gatekeeper refused the request by ${named}${words}.`;
    case 'warned':
      return `Gatekeeper warned by ${named}${words}. A warning refuses nothing.`;
    case 'noted':
      return `Gatekeeper noted a violation of ${named}${words}. The note alone refuses nothing.`;
    case 'notMutated':
      return `Gatekeeper refused the request because it could not apply its mutators${words}.`;
    default:
      return outcome satisfies never;
  }
}
