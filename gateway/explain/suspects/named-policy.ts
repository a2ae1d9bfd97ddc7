/**
 * Policies that a message names, as suspects: those that do what the message tells first.
 */
import type { Effect } from '../../../crds/constraint.ts';
import type { Candidate } from '../candidates.ts';
import type { Suspect } from '../finding.ts';

const namesIt = 'The message names it';

/** Effects of what refuses a request. An unknown one may. */
export const refusing: readonly Effect[] = ['deny', 'require', 'limit', 'restrict', 'mutate', 'unknown'];

const now: Partial<Readonly<Record<Effect, string>>> = {
  audit: 'it only notes what does not meet it',
  warn: 'it only warns',
  allow: 'it refuses nothing',
  deny: 'it refuses requests',
};

/**
 * Of constraints that a message names those with one of these effects; where none has, all of them, with the reason that they
 * must have changed.
 */
export function suspectsWith(effects: readonly Effect[], named: readonly Candidate[]): readonly Suspect[] {
  const fitting = named.filter(({ effect }) => effects.includes(effect));
  if (fitting.length > 0) return fitting.map((candidate) => ({ candidate, reason: namesIt }));
  return named.map((candidate) => {
    const does = now[candidate.effect];
    // What warns or notes may refuse as well; what does neither refuses nothing.
    const doubt = effects.includes('deny') ? does : undefined;
    return {
      candidate,
      reason: does === undefined ? namesIt : `${namesIt}; as it is now ${does}, so it may have changed since`,
      ...(doubt === undefined ? {} : { doubt }),
    };
  });
}
