/**
 * Tells of constraints whose full form is too large to be stored, each once for as long as it is.
 */
import type { Logger } from 'pino';
import type { Constraint } from '../../crds/constraint.ts';

export interface OversizedTeller {
  /** Those of a namespace, or of the policy of a ClusterConstraintDetail; all of them, each time it is composed. */
  tell(of: string, constraints: readonly Constraint[]): void;
  forget(of: string): void;
}

/** Nothing was told yet. */
export function createOversizedTeller(log: Logger): OversizedTeller {
  const told = new Map<string, readonly string[]>();
  return {
    tell(of, constraints) {
      const before = told.get(of) ?? [];
      for (const { id, source } of constraints) {
        if (before.includes(id)) continue;
        log.warn({ id, source }, 'full form too large to be stored, only its summary is published');
      }
      const ids = constraints.map(({ id }) => id);
      if (ids.length === 0) told.delete(of);
      else told.set(of, ids);
    },
    forget: (of) => void told.delete(of),
  };
}
