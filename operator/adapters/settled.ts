/**
 * Edges with hysteresis: what lies close to an edge says what it said before, or a quota that goes up and down around 90 %
 * would be a write each time.
 */
import type { Constraint, Severity } from '../../crds/constraint.ts';

/** A constraint as an adapter reads it, without knowing what was said before. */
export type ReadConstraint = Constraint & {
  /** What it says instead where its severity was this before. */
  readonly ifBefore?: Partial<Record<Severity, Pick<Constraint, 'severity' | 'summary'>>>;
};

/**
 * What is published of it. `before` is the severity in the report that stands in etcd, so that every replica, now and after
 * a restart, says the same. Settling twice changes nothing.
 */
export function settled(read: ReadConstraint, before: Severity | undefined): Constraint {
  // The same object, so that what was made of it once need not be made again.
  if (read.ifBefore === undefined) return read;
  const { ifBefore, ...constraint } = read;
  const instead = before === undefined ? undefined : ifBefore[before];
  return instead === undefined ? constraint : { ...constraint, ...instead };
}
