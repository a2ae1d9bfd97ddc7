/**
 * Formats of messages with named parts, written as the engines write them:
 *
 *     format`exceeded quota: ${word('quota')}, requested: ${text('requested')}, used: `
 *
 * A part reaches to the next fixed words, never further, and is never tried again: one pass, whatever the text. Letters of
 * fixed words may be of either case. Texts are cut by those who paste them, so a format that begins right and then meets the
 * end of the text is read as far as it goes.
 */
import type { ErrorText, Span } from './error-text.ts';

export interface Part<Name extends string> {
  readonly name: Name;
  /** Characters that end the part where they come before the fixed words do: then it is not the format. */
  readonly never: string;
  readonly lengthMax: number;
  /** Whether as much as there is will do where the text is cut. Half a name is another name. */
  readonly mayBeCut: boolean;
  readonly mayBeEmpty: boolean;
}

/** A name, a number or the like, without blanks and quotation marks. */
export function word<Name extends string>(name: Name, lengthMax = 320): Part<Name> {
  return { name, never: ' "\'', lengthMax, mayBeCut: false, mayBeEmpty: false };
}

/** What stands between quotation marks that the fixed words hold: anything but that mark. */
export function quoted<Name extends string>(name: Name, mark: '"' | "'" = '"', lengthMax = 512): Part<Name> {
  return { name, never: mark, lengthMax, mayBeCut: false, mayBeEmpty: true };
}

/** Anything. Behind the last fixed words: up to the end of the line. */
export function text<Name extends string>(name: Name, lengthMax = 2_000): Part<Name> {
  return { name, never: '', lengthMax, mayBeCut: true, mayBeEmpty: true };
}

export interface FormatMatch<Name extends string> extends Span {
  /** Each part as it stands in the text; absent when the text ends before it is whole. */
  readonly parts: { readonly [Each in Name]?: string };
  readonly spans: { readonly [Each in Name]?: Span };
  /** Whether the text ended within the format. */
  readonly cut: boolean;
}

export interface Format<Name extends string> {
  /** The message that begins exactly here, or undefined. */
  read(from: ErrorText, at: number): FormatMatch<Name> | undefined;
}

/** A format, as a template: fixed words, and parts between them. */
export function format<Name extends string>(
  literals: TemplateStringsArray,
  ...parts: readonly Part<Name>[]
): Format<Name> {
  const fixed = literals.map((literal) => literal.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase()));
  return {
    read(from, start) {
      const { flat, lower } = from;
      const values: { [Each in Name]?: string } = {};
      const spans: { [Each in Name]?: Span } = {};
      const first = fixed[0] ?? '';
      if (!lower.startsWith(first, start)) return undefined;
      let at = start + first.length;
      for (const [index, part] of parts.entries()) {
        const stop = fixed[index + 1] ?? '';
        const bound = Math.min(flat.length, at + part.lengthMax);
        const found = stop === '' ? endOf(part, from, at, bound) : lower.slice(at, bound + stop.length).indexOf(stop);
        const end = stop === '' ? found : found < 0 ? -1 : at + found;
        if (end < 0) {
          // Not there: another message, unless the text itself ends here.
          const kept = withoutStartOf(stop, lower, at, bound);
          if (bound < flat.length || holds(part.never, flat, at, kept)) return undefined;
          if (part.mayBeCut && kept > at) {
            values[part.name] = flat.slice(at, kept).trim();
            spans[part.name] = { start: at, end: kept };
          }
          return { start, end: bound, parts: values, spans, cut: true };
        }
        if (end === at && !part.mayBeEmpty) return undefined;
        if (holds(part.never, flat, at, end)) return undefined;
        values[part.name] = flat.slice(at, end).trim();
        spans[part.name] = { start: at, end };
        at = end + stop.length;
      }
      return { start, end: at, parts: values, spans, cut: false };
    },
  };
}

/** Where the last part ends: before what it never holds, or with the line. */
function endOf({ never, mayBeCut }: Part<string>, from: ErrorText, at: number, bound: number): number {
  const lineEnd = Math.min(from.lineEnd(at), bound);
  if (mayBeCut) return lineEnd;
  let end = at;
  while (end < lineEnd && !never.includes(from.flat.charAt(end)) && !',;)]}'.includes(from.flat.charAt(end))) end += 1;
  // The full stop of a sentence is none of the name.
  while (end > at && '.:'.includes(from.flat.charAt(end - 1))) end -= 1;
  return end;
}

function holds(characters: string, flat: string, from: number, to: number): boolean {
  if (characters === '') return false;
  for (let at = from; at < to; at += 1) if (characters.includes(flat.charAt(at))) return true;
  return false;
}

/** The end without what may be the beginning of the next fixed words. */
function withoutStartOf(stop: string, lower: string, from: number, to: number): number {
  for (let length = Math.min(stop.length, to - from); length > 0; length -= 1) {
    if (lower.startsWith(stop.slice(0, length), to - length) && to - length >= from) return to - length;
  }
  return to;
}
