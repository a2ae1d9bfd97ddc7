/**
 * Values of fields in a text, be it a line of a log (`name=value`), JSON or a part of either. No parser reads these: texts
 * are cut, quoted and mixed.
 */
import type { ErrorText, Span } from './error-text.ts';
import { firstWithin } from './places.ts';

/** The value after `name=`, `"name"=` (klog) or `"name":` within a span: to its closing quotation mark, or to a blank or comma. */
export function fieldIn(text: ErrorText, name: string, { start, end }: Span): string | undefined {
  for (const lead of [`${name}="`, `"${name}"="`, `"${name}":"`, `"${name}": "`, `${name}=`]) {
    const at = firstWithin(text.lower, lead, start, end);
    if (at < 0) continue;
    const from = at + lead.length;
    const isQuoted = lead.endsWith('"');
    let stop = from;
    while (stop < end && !(isQuoted ? '"' : ' ,"').includes(text.flat.charAt(stop))) stop += 1;
    // Half a value is another one.
    if (stop === text.flat.length) continue;
    const value = text.flat.slice(from, stop);
    if (value !== '' && value !== '-') return value;
  }
  return undefined;
}

/** What stands in the quotation marks of a field of JSON; undefined where they are not closed, or nothing stands in them. */
export function quotedField({ flat }: ErrorText, name: string, { start, end }: Span): Span | undefined {
  const key = `"${name}"`;
  const at = firstWithin(flat, key, start, end);
  if (at < 0) return undefined;
  let open = at + key.length;
  while (open < end && ' :'.includes(flat.charAt(open))) open += 1;
  if (flat.charAt(open) !== '"') return undefined;
  const close = firstWithin(flat, '"', open + 1, end);
  return close <= open + 1 ? undefined : { start: open + 1, end: close };
}

/** What follows `key` up to one of the characters that end it; undefined when the key is not there. */
export function valueAfter(text: string, key: string, ends = ' ,"'): string | undefined {
  const at = text.indexOf(key);
  if (at < 0) return undefined;
  const start = at + key.length;
  let end = start;
  while (end < text.length && end - start < 512 && !ends.includes(text.charAt(end))) end += 1;
  return end === start ? undefined : text.slice(start, end);
}

/** The value of a field in JSON, as text: `"key":"value"`, `"key": 12`. */
export function fieldOf(json: string, key: string): string | undefined {
  const at = json.indexOf(`"${key}"`);
  if (at < 0) return undefined;
  const value = json.slice(at + key.length + 2, at + key.length + 600).replace(/[ :]+/, '');
  return value.startsWith('"') ? valueAfter(value, '"', '"') : valueAfter(value, '', ' ,}]');
}

/** The object or list of a field in JSON, with its brackets; as far as it is there. */
export function partOf(json: string, key: string): string | undefined {
  for (let at = json.indexOf(`"${key}"`); at >= 0; at = json.indexOf(`"${key}"`, at + 1)) {
    const rest = json.slice(at + key.length + 2, at + key.length + 6_000).replace(/[ :]+/, '');
    if (rest.startsWith('{') || rest.startsWith('[')) return rest.slice(0, endOfBrackets(rest));
  }
  return undefined;
}

/** Where the brackets end that a text begins with. */
function endOfBrackets(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

/** The innermost object of JSON around a place, as far as it is there. */
export function objectAround({ flat }: ErrorText, at: number): Span {
  const bound = Math.max(0, at - 6_000);
  let depth = 0;
  let start = at;
  for (let place = at - 1; place >= bound && start === at; place -= 1) {
    const character = flat.charAt(place);
    if (character === '}' || character === ']') depth += 1;
    else if (character === '{' || character === '[') {
      if (depth === 0) start = place;
      else depth -= 1;
    }
  }
  const window = flat.slice(start, start + 12_000);
  return { start, end: start + (start === at ? Math.min(window.length, 2_000) : endOfBrackets(window)) };
}
