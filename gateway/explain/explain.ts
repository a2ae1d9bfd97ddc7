/**
 * From an error text to the rule that caused it. Pure: the same text over the same constraints gives the same answer.
 */
import type { RemediationStep } from '../remediation/schema.ts';
import { stepsMax } from '../remediation/schema.ts';
import type { Candidate } from './candidates.ts';
import type { Category, Confidence } from './category.ts';
import { confidenceOf } from './confidence.ts';
import type { ErrorText } from './error-text.ts';
import { findCauses } from './find-causes.ts';
import { type About, type Finding, noSuspects, type Suspect, type Suspects } from './finding.ts';
import { namedObjects } from './named-objects.ts';
import { explanationOf, nothingFound } from './sentences.ts';

/** Constraints in one answer. */
export const matchesMax = 8;

/** What is asked, beside the text. */
export type Question = Omit<About, 'named'>;

export interface Cause {
  readonly category: Category;
  readonly engine?: string;
  readonly policy?: string;
  readonly rule?: string;
  /** As it was pasted. */
  readonly evidence: readonly string[];
}

export interface Explained {
  readonly explanation: string;
  readonly confidence: Confidence;
  /** What caused it or may have, the likeliest first. */
  readonly suspects: readonly Suspect[];
  /** From the text; what the constraints themselves advise is not in it. */
  readonly steps: readonly RemediationStep[];
  readonly cause: Cause;
  readonly otherCauses: readonly Cause[];
}

/** @param candidates All that binds the namespace, gravest first. */
export function explain(text: ErrorText, candidates: readonly Candidate[], question: Question): Explained {
  return explainCauses(searchedFor(text, findCauses(text)), candidates, question);
}

/** A text with all that follows from it alone. */
export interface Searched {
  readonly text: ErrorText;
  readonly findings: readonly Finding[];
  /** Objects that it names. */
  readonly named: About['named'];
}

/** @param findings What `findCauses` finds in the text. */
export function searchedFor(text: ErrorText, findings: readonly Finding[]): Searched {
  const named = namedObjects(
    text,
    findings.map(({ span }) => span),
  );
  return { text, findings, named };
}

/** As `explain`, of a text in which causes were looked for already. */
export function explainCauses(
  { text, findings, named }: Searched,
  candidates: readonly Candidate[],
  question: Question,
): Explained {
  const about = { ...question, named };
  const [first, ...others] = findings.map((finding) => ({ finding, suspects: suspectsOf(finding, candidates, about) }));
  if (first === undefined) return nothingFound(text);
  const all = [first, ...others];
  const confidence = confidenceOf(first.finding, first.suspects, about);
  return {
    explanation: explanationOf(all, { text, about, confidence }),
    confidence,
    suspects: distinct(
      all.flatMap(({ suspects }) => suspects.certain),
      first.suspects.possible,
    ),
    steps: all.flatMap(({ finding, suspects }) => finding.steps(suspects, about)).slice(0, stepsMax),
    cause: causeOf(first.finding, text),
    otherCauses: others.map(({ finding }) => causeOf(finding, text)),
  };
}

function suspectsOf(finding: Finding, candidates: readonly Candidate[], about: About): Suspects {
  return finding.suspects?.(candidates, about) ?? noSuspects;
}

function distinct(...lists: readonly (readonly Suspect[])[]): readonly Suspect[] {
  const byId = new Map<string, Suspect>();
  for (const suspect of lists.flat()) {
    const { id } = suspect.candidate.binding;
    if (!byId.has(id)) byId.set(id, suspect);
  }
  return [...byId.values()].slice(0, matchesMax);
}

function causeOf({ category, engine, policy, rule, evidence }: Finding, text: ErrorText): Cause {
  return {
    category,
    ...(engine === undefined ? {} : { engine }),
    ...(policy === undefined ? {} : { policy }),
    ...(rule === undefined ? {} : { rule }),
    evidence: evidence.map((span) => text.quote(span)).filter((quote) => quote !== ''),
  };
}
