/**
 * Parts of a long text, as texts of their own. A signature looks for the ends of lines, of quotations and of messages around a
 * place, and where a text has none it would look through all of it, from each of thousands of places: within a window it finds
 * the end of that instead.
 */
import type { ErrorText, Span } from './error-text.ts';
import type { Finding } from './finding.ts';

/** Windows begin at multiples of this: those of neighbouring places are the same. */
const step = 8_192;
/** Steps that are seen in front of that of the place, and from its own on. No message that is read is that long. */
const stepsBefore = 1;
const stepsFrom = 3;

export interface Window {
  readonly text: ErrorText;
  /** Where it begins in the whole. */
  readonly start: number;
}

/** @returns What is to be seen around a place. */
export function createWindows(whole: ErrorText): (at: number) => Window {
  const known = new Map<number, Window>();
  return (at) => {
    const index = Math.floor(at / step);
    const window = known.get(index) ?? {
      start: Math.max(0, index - stepsBefore) * step,
      text: part(whole, {
        start: Math.max(0, index - stepsBefore) * step,
        end: Math.min(whole.flat.length, (index + stepsFrom) * step),
      }),
    };
    known.set(index, window);
    return window;
  };
}

function part(whole: ErrorText, { start, end }: Span): ErrorText {
  if (start === 0 && end === whole.flat.length) return whole;
  return {
    flat: whole.flat.slice(start, end),
    lower: whole.lower.slice(start, end),
    shortened: whole.shortened,
    quote: (span, lengthMax) => whole.quote(moved(span, start), lengthMax),
    lineEnd: (at) => Math.min(whole.lineEnd(start + at), end) - start,
    linesFrom: (at, lengthMax) =>
      whole
        .linesFrom(start + at, Math.min(lengthMax, end - start - at))
        .map((line) => ({ ...line, ...moved(line, -start) })),
  };
}

/** As it stands in the whole. */
export function inWhole(finding: Finding, { start }: Window): Finding {
  if (start === 0) return finding;
  return {
    ...finding,
    span: moved(finding.span, start),
    evidence: finding.evidence.map((span) => moved(span, start)),
  };
}

function moved({ start, end }: Span, by: number): Span {
  return { start: start + by, end: end + by };
}
