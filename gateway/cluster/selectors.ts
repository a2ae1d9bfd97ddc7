/**
 * Label and field selectors as kubectl takes them: read, and written anew from what was read, so that nothing is sent that
 * was not understood. By hand and in one pass: no pattern that could backtrack.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
 */
import { isDnsSubdomain } from '../../kube/names.ts';

export const selectorLengthMax = 1_000;
const requirementsMax = 32;

/** The selector in one form; undefined when it is none. `app=web,tier in (a,b),!canary,size>3` */
export function readLabelSelector(text: string): string | undefined {
  return readAll(text, labelRequirement);
}

/** The same for fields: `metadata.name=web,status.phase!=Running`. */
export function readFieldSelector(text: string): string | undefined {
  return readAll(text, fieldRequirement);
}

/** The name that a selector, as `readFieldSelector` has written it, asks for; undefined when it may be any. */
export function exactName(fieldSelector: string): string | undefined {
  const field = 'metadata.name=';
  const name = fieldSelector
    .split(',')
    .find((part) => part.startsWith(field))
    ?.slice(field.length);
  // What can stand in no path is none to the API server either.
  return name === undefined || ['', '.', '..'].includes(name) || name.includes('/') ? undefined : name;
}

function readAll(text: string, read: (part: string) => string | undefined): string | undefined {
  if (text.length > selectorLengthMax) return undefined;
  if (text.trim() === '') return '';
  const parts = partsOf(text);
  if (parts === undefined || parts.length > requirementsMax) return undefined;
  const written = parts.map((part) => read(part.trim()));
  return written.includes(undefined) ? undefined : written.join(',');
}

/** Between the commas that stand outside of brackets; undefined where brackets do not match. */
function partsOf(text: string): readonly string[] | undefined {
  const parts: string[] = [];
  let from = 0;
  let open = false;
  for (let index = 0; index < text.length; index += 1) {
    const sign = text[index];
    if (sign === '(' || sign === ')') {
      if (open === (sign === '(')) return undefined;
      open = !open;
    } else if (sign === ',' && !open) {
      parts.push(text.slice(from, index));
      from = index + 1;
    }
  }
  return open ? undefined : [...parts, text.slice(from)];
}

function labelRequirement(part: string): string | undefined {
  if (part.startsWith('!')) return isLabelKey(part.slice(1).trim()) ? `!${part.slice(1).trim()}` : undefined;
  if (part.endsWith(')')) return setRequirement(part);
  for (const operator of ['!=', '==', '=', '>', '<'] as const) {
    const at = part.indexOf(operator);
    if (at < 0) continue;
    const [key, value] = [part.slice(0, at).trim(), part.slice(at + operator.length).trim()];
    const compares = operator === '>' || operator === '<';
    const wellFormed = isLabelKey(key) && (compares ? isWholeNumber(value) : isLabelValue(value));
    return wellFormed ? `${key}${operator === '==' ? '=' : operator}${value}` : undefined;
  }
  return isLabelKey(part) ? part : undefined;
}

function setRequirement(part: string): string | undefined {
  const at = part.indexOf('(');
  const [key = '', operator, ...others] = part
    .slice(0, at)
    .split(' ')
    .filter((word) => word !== '');
  const values = part
    .slice(at + 1, -1)
    .split(',')
    .map((value) => value.trim());
  const wellFormed = others.length === 0 && isLabelKey(key) && values.every(isLabelValue);
  return wellFormed && (operator === 'in' || operator === 'notin')
    ? `${key} ${operator} (${values.join(',')})`
    : undefined;
}

function fieldRequirement(part: string): string | undefined {
  for (const operator of ['!=', '==', '='] as const) {
    const at = part.indexOf(operator);
    if (at < 0) continue;
    const [path, value] = [part.slice(0, at), part.slice(at + operator.length)];
    return isFieldPath(path) && isFieldValue(value)
      ? `${path}${operator === '==' ? '=' : operator}${value}`
      : undefined;
  }
  return undefined;
}

function isFieldPath(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_.\-/[\]]{0,126}$/.test(text) && !text.includes('..');
}

/** Printable, and without the signs that have a meaning of their own between fields. */
function isFieldValue(text: string): boolean {
  return /^[A-Za-z0-9_.:/@ -]{0,253}$/.test(text);
}

function isLabelKey(text: string): boolean {
  const at = text.indexOf('/');
  if (at < 0) return text !== '' && isLabelValue(text);
  const name = text.slice(at + 1);
  return isDnsSubdomain(text.slice(0, at)) && name !== '' && isLabelValue(name);
}

/** At most 63 letters, digits, dashes, dots and underscores, a letter or digit at both ends; or nothing. */
function isLabelValue(text: string): boolean {
  if (text === '') return true;
  const ends = /^[A-Za-z0-9]$/;
  return /^[A-Za-z0-9_.-]{1,63}$/.test(text) && ends.test(text.slice(0, 1)) && ends.test(text.slice(-1));
}

function isWholeNumber(text: string): boolean {
  return /^-?\d{1,18}$/.test(text);
}
