/**
 * What looks like the work of a network policy and hardly is.
 */
import type { Span } from '../error-text.ts';
import { type Certainty, type Finding, noSuspects } from '../finding.ts';

export interface NoPolicy {
  readonly span: Span;
  /** A sentence with its full stop. */
  readonly reason: string;
  readonly certainty: Certainty;
}

/** A cause that is no constraint. Where that is not sure, nothing says that no policy did it. */
export function noPolicy({ span, reason, certainty }: NoPolicy): Finding {
  return {
    category: 'negative',
    certainty,
    span,
    evidence: [span],
    sentence: reason,
    ...(certainty === 'possible' ? { suspects: () => noSuspects } : {}),
    steps: () => [],
  };
}
