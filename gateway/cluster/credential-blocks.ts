/**
 * Private keys in PEM, over many lines or in one with escaped ends, also such of which a log shows only a part.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7468
 */
import type { Span } from './credential-forms.ts';

const begin = '-----BEGIN ';
const finish = '-----END ';
const labelLengthMax = 64;
/** A key of 16,384 bits has 13 kB. */
const keyLengthMax = 32_768;
/** So long are lines of a key. What is shorter may be any word. */
const lineLengthMin = 48;
const lineLengthMax = 100;

interface Line {
  readonly start: number;
  readonly end: number;
}

/** Where private keys stand, or what is left of them. */
export function blockSpans(text: string): Span[] {
  const spans: Span[] = [];
  let done = 0;
  for (let at = text.indexOf(begin); at !== -1; at = text.indexOf(begin, Math.max(done, at + begin.length))) {
    const label = labelAt(text, at + begin.length);
    if (label === undefined || !label.includes('PRIVATE KEY')) continue;
    const bodyAt = at + begin.length + label.length;
    const again = text.indexOf(begin, bodyAt);
    const limit = Math.min(again === -1 ? text.length : again, bodyAt + keyLengthMax);
    const ended = text.slice(bodyAt, limit).indexOf(`${finish}${label}`);
    const end =
      ended === -1
        ? endOfKeyLines(text, bodyAt, limit)
        : endOfLabel(text, bodyAt + ended + finish.length + label.length);
    spans.push({ start: at, end, kind: 'private key' });
    done = end;
  }
  return [...spans, ...tailSpans(text), ...bodySpans(text)];
}

/** What stands between BEGIN or END and the dashes. */
function labelAt(text: string, at: number): string | undefined {
  const label = text.slice(at, at + labelLengthMax);
  const end = label.indexOf('-----');
  return end === -1 ? undefined : label.slice(0, end);
}

function endOfLabel(text: string, at: number): number {
  return text.startsWith('-----', at) ? at + 5 : at;
}

/** Of a key whose end is missing: lines that could belong to it. */
function endOfKeyLines(text: string, from: number, limit: number): number {
  let end = endOfLabel(text, from);
  let full = false;
  for (const line of linesOf(text, end, limit)) {
    const words = text.slice(line.start, line.end).trim();
    const last = words.slice(words.lastIndexOf(' ') + 1);
    const isHeader = /^(?:Proc-Type|DEK-Info|Version|Comment|Hash):/.test(words);
    // The last one is short; it may have a time in front as all others do.
    const isShort = full && (words === last || /^[0-9]/.test(words));
    const isKey = isBase64(last) && (last.length >= 16 || isShort);
    if (words !== '' && !isHeader && !isKey) break;
    if (isKey) full = last.length >= lineLengthMin;
    end = line.end;
  }
  return end;
}

/** Of a key whose beginning is missing: the lines before its end. */
function tailSpans(text: string): Span[] {
  const spans: Span[] = [];
  let done = 0;
  for (let at = text.indexOf(finish); at !== -1; at = text.indexOf(finish, at + finish.length)) {
    const label = labelAt(text, at + finish.length);
    if (label?.includes('PRIVATE KEY')) {
      let start = at;
      const lines = [...linesOf(text, Math.max(done, at - keyLengthMax), at)];
      for (const line of lines.toReversed()) {
        const words = text.slice(line.start, line.end).trim();
        const last = words.slice(words.lastIndexOf(' ') + 1);
        // Only the last line of a key is short.
        const isLast = line.end >= at - 2 && /[A-Z0-9+/=]/.test(last);
        if (words !== '' && !(isBase64(last) && (last.length >= 16 || isLast))) break;
        start = line.end - (text.slice(line.start, line.end).trimEnd().length === 0 ? 0 : last.length);
        start = Math.max(line.start, start);
      }
      spans.push({ start, end: endOfLabel(text, at + finish.length + label.length), kind: 'private key' });
    }
    done = at + finish.length;
  }
  return spans;
}

/** Of a key whose beginning and end are missing: two and more lines of base64 as long as those of a key. */
function bodySpans(text: string): Span[] {
  const spans: Span[] = [];
  let lines: Line[] = [];
  const close = () => {
    const [first] = lines;
    const last = lines.at(-1);
    if (first !== undefined && last !== undefined && lines.length > 1) {
      spans.push({ start: first.start, end: last.end, kind: 'base64' });
    }
    lines = [];
  };
  let open = false;
  for (const line of linesOf(text, 0, text.length)) {
    const words = text.slice(line.start, line.end);
    // A certificate or a public key, which is no secret, from its beginning on. What goes on past its end is none of it.
    open = isPublicBegin(words) || (open && words.length <= lineLengthMax && isBase64(words.trim()));
    if (open) {
      close();
      continue;
    }
    const isLong = words.length >= lineLengthMin && words.length <= lineLengthMax && isBase64(words);
    const isLast = lines.length > 0 && words.length > 0 && words.length <= lineLengthMax && isBase64(words);
    if (isLong && /[A-Z]/.test(words) && /[a-z]/.test(words)) lines.push(line);
    else if (isLast) {
      lines.push(line);
      close();
    } else close();
  }
  close();
  return spans;
}

function isPublicBegin(line: string): boolean {
  return /^\s{0,64}-----BEGIN (?:CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY)-----\s{0,8}$/.test(line);
}

/** Lines, also those whose ends are written as the two characters that JSON has for them. */
function* linesOf(text: string, from: number, to: number): Generator<Line> {
  let start = from;
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x0a) {
      yield { start, end: at };
      start = at + 1;
    } else if (code === 0x5c && at + 1 < to && text.charAt(at + 1) === 'n') {
      yield { start, end: at };
      start = at + 2;
    }
  }
  yield { start, end: to };
}

function isBase64(word: string): boolean {
  return word !== '' && /^[A-Za-z0-9+/=\r]+$/.test(word);
}
