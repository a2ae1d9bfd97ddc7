/**
 * What signatures of causes have in common that are no constraint: a table of what components say, in their own words.
 */
import { manual } from '../remediation/steps.ts';
import type { Privilege, RemediationStep } from '../remediation/schema.ts';
import type { Category } from './category.ts';
import type { ErrorText, Span } from './error-text.ts';
import type { Certainty, Finding, Signature } from './finding.ts';
import { isDigit, isLetter, wholeWordsStart } from './places.ts';

/** Something that a component says in fixed words. */
export interface Saying {
  /** Any of these: ASCII, lower case. No letter or digit of their own kind may continue them at either end. */
  readonly words: readonly string[];
  /** They begin something: a number, say, goes on behind them. */
  readonly open?: boolean;
  /** stated unless said otherwise. */
  readonly certainty?: Certainty;
  /** One of these stands near, in the same or a neighbouring line. */
  readonly beside?: readonly string[];
  /** None of these stands near: then it is something else. */
  readonly never?: readonly string[];
  /** Told the place; whether the words mean this here. */
  readonly holds?: (text: ErrorText, at: number) => boolean;
  readonly category?: Category;
  /** With its full stop. */
  readonly sentence: string;
  /** What to do, in words. */
  readonly advice: readonly string[];
  /** Who can do that; a developer unless said otherwise. */
  readonly privilege?: Privilege;
}

/** How far around a place its neighbourhood reaches. */
const nearMax = 320;
/** How much of what follows belongs to the same message. */
const messageLengthMax = 400;
/** How much in front of the words is quoted with them. */
const leadMax = 100;

/** A signature for each saying. */
export function says(from: { category: Category; engine?: string }, sayings: readonly Saying[]): readonly Signature[] {
  return sayings.map((saying) => ({
    anchors: saying.words,
    read(text, at) {
      const word = saying.words.find(
        (each) => text.lower.startsWith(each, at) && standsAlone(text.lower, at, each, saying.open === true),
      );
      if (word === undefined) return undefined;
      const near = nearby(text, at, word.length);
      if (saying.beside !== undefined && !saying.beside.some((each) => near.includes(each))) return undefined;
      if (saying.never?.some((each) => near.includes(each)) === true) return undefined;
      if (saying.holds?.(text, at) === false) return undefined;
      return outside({
        category: saying.category ?? from.category,
        engine: from.engine,
        certainty: saying.certainty ?? 'stated',
        span: clauseAt(text, at, word.length),
        evidence: [quotationAt(text, at, word.length)],
        sentence: saying.sentence,
        steps: () => saying.advice.map((each) => manual(each, saying.privilege ?? 'developer')),
      });
    },
  }));
}

/** A finding that no constraint is held against. */
export function outside(
  finding: Omit<Finding, 'suspects' | 'steps'> & {
    steps: (about: Parameters<Finding['steps']>[1]) => readonly RemediationStep[];
  },
): Finding {
  const { steps, ...rest } = finding;
  return { ...rest, steps: (_, about) => steps(about) };
}

/** Whether neither a letter goes on where words begin or end with a letter, nor a digit where they do with a digit. */
function standsAlone(lower: string, at: number, word: string, isOpen: boolean): boolean {
  if (sameKind(lower.charAt(at - 1), word.charAt(0))) return false;
  return isOpen || !sameKind(word.charAt(word.length - 1), lower.charAt(at + word.length));
}

function sameKind(one: string, other: string): boolean {
  return (isLetter(one) && isLetter(other)) || (isDigit(one) && isDigit(other));
}

/** What stands around a place, in lower case: more in front of it than behind it. */
export function nearby({ lower }: ErrorText, at: number, length = 0): string {
  return lower.slice(Math.max(0, at - nearMax), at + length + nearMax);
}

/** From the words to the end of their line, as far as one message reaches. */
export function clauseAt(text: ErrorText, at: number, length: number): Span {
  const end = Math.min(text.lineEnd(at), at + length + messageLengthMax);
  return { start: at, end: Math.max(end, at + length) };
}

/** The same with what leads to it in the same line. */
export function quotationAt(text: ErrorText, at: number, length: number): Span {
  const { end } = clauseAt(text, at, length);
  return { start: wholeWordsStart(text, at, leadMax), end: Math.min(end, at + length + 180) };
}
