/**
 * Which sets of permissions a message names.
 */
import { namedIn, type Candidate } from '../candidates.ts';
import type { Suspects } from '../finding.ts';

/** Sets that were tried; where the message names none, all that there are may have been. */
export function setsNamed(
  candidates: readonly Candidate[],
  kind: string,
  { tried, unusable }: Readonly<Record<'tried' | 'unusable', readonly string[]>>,
): Suspects {
  const named = (names: readonly string[], reason: string) =>
    names.flatMap((name) => namedIn(candidates, { kinds: [kind], name }).map((candidate) => ({ candidate, reason })));
  if (tried.length > 0) {
    return {
      certain: named(tried, 'The message names it: the pod may use it, and it does not allow this'),
      possible: [],
    };
  }
  if (unusable.length > 0) {
    return { certain: [], possible: named(unusable, 'The message names it: the pod may not use it') };
  }
  const all = candidates.filter((candidate) => candidate.kind === kind);
  return { certain: [], possible: all.map((candidate) => ({ candidate, reason: 'A set that may have been tried' })) };
}
