/**
 * What a signature finds in a text: one cause, what of the text says so, and how constraints are held against it.
 */
import type { StoredWorkload } from '../../crds/detail.ts';
import type { RemediationStep } from '../remediation/schema.ts';
import type { Candidate } from './candidates.ts';
import type { Category } from './category.ts';
import type { ErrorText, Span } from './error-text.ts';
import type { NamedObject } from './named-objects.ts';

/**
 * stated: the component that refused says so, in its own format. likely: words that hardly stand for anything else.
 * possible: a symptom that has other causes too, like a timeout.
 */
export const certainties = ['stated', 'likely', 'possible'] as const;
export type Certainty = (typeof certainties)[number];

/** What is known of the question beside the text, as far as the caller may know it. */
export interface About {
  /** The namespace that was asked about. */
  readonly namespace: string;
  /** The workload that was asked about, as it was named. */
  readonly workloadName: string | undefined;
  /** Objects that the text names. */
  readonly named: readonly NamedObject[];
  /** What runs in the namespace; undefined for who may not see it. */
  readonly workloads: readonly StoredWorkload[] | undefined;
  /** Whether all that binds the namespace is among the candidates. */
  readonly complete: boolean;
  /** Whom steps name, where somebody else has to act. */
  readonly contact: string | undefined;
}

/** A constraint that may be the cause. */
export interface Suspect {
  readonly candidate: Candidate;
  /** Why it is taken for that, as a sentence without a full stop. */
  readonly reason: string;
  /** Why it cannot have done this as it is now, though the text names it; in words that go on after `as it is now `. */
  readonly doubt?: string | undefined;
}

export interface Suspects {
  /** What the text names; or those that by their rule cause exactly this. Gravest first. */
  readonly certain: readonly Suspect[];
  /** What may have caused it as well, as far as is known: the likeliest first. */
  readonly possible: readonly Suspect[];
}

export const noSuspects: Suspects = { certain: [], possible: [] };

/** One cause that a text tells of. */
export interface Finding {
  readonly category: Category;
  /** The engine or component that refused, as its adapter is called. */
  readonly engine?: string | undefined;
  /** The policy, as the text names it. */
  readonly policy?: string | undefined;
  /** Which rule of it, as the text names it. */
  readonly rule?: string | undefined;
  readonly certainty: Certainty;
  /** Whether the request passed all the same, as with a warning: what refused one is told first. */
  readonly passed?: boolean | undefined;
  /** All of the text that this cause explains: what stands in it is no cause of its own. */
  readonly span: Span;
  /** The words that say so. */
  readonly evidence: readonly Span[];
  /** What happened, in a sentence with its full stop. */
  readonly sentence: string;
  /** Holds constraints against it. Absent: no constraint causes this. */
  readonly suspects?: ((candidates: readonly Candidate[], about: About) => Suspects) | undefined;
  /** What to do, from the numbers and names in the text; the steps of the constraint itself follow them. */
  steps(suspects: Suspects, about: About): readonly RemediationStep[];
}

/** One form of message. */
export interface Signature {
  /** Words one of which every message of this form holds: ASCII, lower case, white space as single blanks. */
  readonly anchors: readonly string[];
  /**
   * The message around an anchor that was found, in `text.flat`; undefined when it is none. Several where one message tells of
   * several causes: their spans are apart.
   */
  read(text: ErrorText, at: number): Finding | readonly Finding[] | undefined;
}
