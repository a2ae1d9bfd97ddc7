/**
 * What signatures of causes have in common that are no constraint: a table of what components say, in their own words.
 */
import { manual } from '../remediation/steps.ts';
import type { Privilege, RemediationStep } from '../remediation/schema.ts';
import type { Category } from './category.ts';
import type { ErrorText, Span } from './error-text.ts';
import type { Certainty, Finding, Signature } from './finding.ts';

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

/** A to Z, in lower case. */
export function isLetter(character: string): boolean {
  return character >= 'a' && character <= 'z';
}

/** 0 to 9. */
export function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
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
  return { start: lineStart(text, at, leadMax), end: Math.min(end, at + length + 180) };
}

/** Where the line begins that holds this place, or as far in front of it as is looked at. */
export function lineStart(text: ErrorText, at: number, leadLength: number): number {
  const from = Math.max(0, at - leadLength);
  const lines = text.linesFrom(from, at - from + 1);
  const start = lines.at(-1)?.start ?? from;
  if (start !== from || from === 0) return start;
  // Not in the middle of a word.
  const blank = text.flat.indexOf(' ', from);
  return blank >= 0 && blank < at ? blank + 1 : from;
}

/** The run of characters that ends right before a place, none of them a blank or a quotation mark. */
export function wordBefore({ flat }: ErrorText, at: number, lengthMax = 320): string {
  let start = at;
  const bound = Math.max(0, at - lengthMax);
  while (start > bound && !' "\'([{,;'.includes(flat.charAt(start - 1))) start -= 1;
  return flat.slice(start, at);
}

/** The run of characters that begins at a place, none of them one of these. */
export function runFrom({ flat }: ErrorText, at: number, stops: string, lengthMax = 320): string {
  let end = at;
  const bound = Math.min(flat.length, at + lengthMax);
  while (end < bound && !stops.includes(flat.charAt(end))) end += 1;
  return flat.slice(at, end);
}
