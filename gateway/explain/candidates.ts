/**
 * A constraint as its caller may know it, to be held against an error. What the caller may not see is not here, so no answer
 * can follow from it: who guesses names learns what the report tells, and nothing more.
 */
import type { Effect, ConstraintType, Severity, StoredConstraint } from '../../crds/constraint.ts';
import { handleOf } from '../../crds/report-line.ts';
import { visible } from '../answer/constraint.ts';
import type { DetailLevel } from '../answer/levels.ts';
import type { Binding } from '../catalog/binding.ts';

export interface Candidate {
  readonly binding: Binding;
  readonly level: DetailLevel;
  /** Kind of the policy. */
  readonly kind: string;
  readonly type: ConstraintType;
  readonly effect: Effect;
  readonly severity: Severity;
  /** Of the policy; a handle for one of another namespace that the caller may not see. */
  readonly name: string;
  /** Which of the constraints of the policy; undefined where that is not shown. */
  readonly key: string | undefined;
  /** Where the policy lives; undefined for one that is cluster-wide or not shown. */
  readonly home: string | undefined;
  /** The full form; undefined for who sees the summary. Reading it takes some time, so look at the kind first. */
  readonly full: StoredConstraint | undefined;
}

/**
 * @param level At which the caller sees it; asked for when something is looked at that depends on it.
 * @param namespace The namespace that was asked about, which it binds.
 */
export function candidateOf(binding: Binding, level: () => DetailLevel, namespace: string): Candidate {
  let known: ReturnType<typeof visible> | undefined;
  const seen = () => {
    known ??= visible(binding, level(), namespace);
    return known;
  };
  return {
    binding,
    kind: binding.kind,
    type: binding.type,
    effect: binding.effect,
    severity: binding.severity,
    get level() {
      return level();
    },
    get name() {
      // The name in a report is the policy's own unless a handle stands for it: then no form need be read to compare it.
      const isHandle = !binding.own && binding.name === handleOf(binding.id);
      return isHandle ? seen().name : binding.name;
    },
    get key() {
      return binding.own ? binding.key : seen().rule;
    },
    get home() {
      return seen().home;
    },
    get full() {
      return level() === 'summary' ? undefined : binding.form?.value;
    },
  };
}

/** What a text names: of these kinds the policies with this name. */
export function namedIn(
  candidates: readonly Candidate[],
  { kinds, name }: { readonly kinds: readonly string[]; readonly name: string },
): readonly Candidate[] {
  return candidates.filter((candidate) => kinds.includes(candidate.kind) && candidate.name === name);
}
