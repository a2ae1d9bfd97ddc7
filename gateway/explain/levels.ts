/**
 * Candidates whose level is asked for once something is looked at that depends on it. A namespace may be bound by thousands of
 * constraints, and to know at which level one is seen its stored form has to be read; most errors are about few of them.
 */
import type { DetailLevel, LevelOf } from '../answer/levels.ts';
import type { Pace } from '../answer/pace.ts';
import type { Binding } from '../catalog/binding.ts';
import { type Candidate, candidateOf } from './candidates.ts';

/** Rounds after which all levels are asked for: each further one begins the work anew. */
const roundsMax = 4;

export interface Bound {
  readonly namespace: string;
  /** In the order of answers. */
  readonly bindings: readonly Binding[];
}

/**
 * Works on candidates as often as it takes until no level was looked at that is not known. While one is not known the constraint
 * is as in the summary, so nothing that a caller may not see is ever at hand. The answer is that of the last round, in which
 * all that was looked at was at its own level.
 *
 * @param work Pure: it is done over again.
 */
export async function atLevels<T>(
  { namespace, bindings }: Bound,
  asking: { readonly levels: (bindings: readonly Binding[]) => Promise<LevelOf>; readonly pace: Pace },
  work: (candidates: readonly Candidate[]) => T,
): Promise<T> {
  const known = new Map<Binding, DetailLevel>();
  const wanted = new Set<Binding>();
  const levelOf = (binding: Binding) => {
    const level = known.get(binding);
    if (level === undefined) wanted.add(binding);
    return level ?? 'summary';
  };
  let candidates = bindings.map((binding) => candidateOf(binding, levelOf, namespace));
  for (let round = 0; ; round += 1) {
    const answer = work(candidates);
    if (wanted.size === 0) return answer;
    const unknown = round < roundsMax ? [...wanted] : bindings.filter((binding) => !known.has(binding));
    // What tells where a form is stored takes its time.
    await asking.pace.each(unknown, ({ form }) => form?.home);
    const level = await asking.levels(unknown);
    await asking.pace.each(unknown, (binding) => known.set(binding, level(binding)));
    candidates = candidates.map((candidate) =>
      wanted.has(candidate.binding) ? candidateOf(candidate.binding, levelOf, namespace) : candidate,
    );
    wanted.clear();
  }
}
