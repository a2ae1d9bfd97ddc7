import type { ConstraintType, Effect, Severity, StoredConstraint } from '../../crds/constraint.ts';
import type { QuotaFigure } from '../answer/metrics.ts';

/** A constraint as its caller sees it: nothing that stands here is hidden from who reads the steps. */
export interface Subject {
  /** The namespace that was asked about. */
  readonly namespace: string;
  readonly id: string;
  /** The policy's name; a handle where that is not shown. */
  readonly name: string;
  /** Where the policy lives; undefined when it is cluster-wide or not shown. */
  readonly home: string | undefined;
  readonly kind: string;
  /** Empty while it is not known. */
  readonly apiVersion: string;
  readonly type: ConstraintType;
  readonly severity: Severity;
  readonly effect: Effect;
  readonly figures: Readonly<Record<string, QuotaFigure>> | null;
  /** The full form; undefined at the summary level. */
  readonly full: StoredConstraint | undefined;
  /** Whom to ask, as the administrators of the gateway have set it. */
  readonly contact: string | undefined;
}
