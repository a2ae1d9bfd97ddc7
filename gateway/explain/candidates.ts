/**
 * A constraint as its caller may know it, to be held against an error. What the caller may not see is not here, so no answer
 * can follow from it: who guesses names learns what the report tells, and nothing more.
 */
import type { Effect, ConstraintType, Severity, StoredConstraint } from '../../crds/constraint.ts';
import { handleOf } from '../../crds/report-line.ts';
import { visible } from '../answer/constraint.ts';
import type { DetailLevel, LevelOf } from '../answer/levels.ts';
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
export function candidateOf(binding: Binding, level: LevelOf, namespace: string): Candidate {
  return new BoundCandidate(binding, level, namespace);
}

/** A class, as there are hundreds in each answer: what is looked at of few of them is no closure of each. */
class BoundCandidate implements Candidate {
  readonly binding: Binding;
  readonly kind: string;
  readonly type: ConstraintType;
  readonly effect: Effect;
  readonly severity: Severity;
  readonly #level: LevelOf;
  readonly #namespace: string;
  #seen: ReturnType<typeof visible> | undefined;

  constructor(binding: Binding, level: LevelOf, namespace: string) {
    this.binding = binding;
    this.kind = binding.kind;
    this.type = binding.type;
    this.effect = binding.effect;
    this.severity = binding.severity;
    this.#level = level;
    this.#namespace = namespace;
  }

  get level() {
    return this.#level(this.binding);
  }

  get name() {
    // The name in a report is the policy's own unless a handle stands for it: then no form need be read to compare it.
    const { own, name, id } = this.binding;
    return !own && name === handleOf(id) ? this.#visible.name : name;
  }

  get key() {
    return this.binding.own ? this.binding.key : this.#visible.rule;
  }

  get home() {
    return this.#visible.home;
  }

  get full() {
    return this.level === 'summary' ? undefined : this.binding.form?.value;
  }

  get #visible() {
    this.#seen ??= visible(this.binding, this.level, this.#namespace);
    return this.#seen;
  }
}

/** What a text names: of these kinds the policies with this name. */
export function namedIn(
  candidates: readonly Candidate[],
  { kinds, name }: { readonly kinds: readonly string[]; readonly name: string },
): readonly Candidate[] {
  return candidates.filter((candidate) => kinds.includes(candidate.kind) && candidate.name === name);
}
