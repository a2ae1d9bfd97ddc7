/**
 * Field paths, as people write them for kubectl: `spec.match.selector`, `metadata.annotations["a.b/c"]` or `['a.b/c']`,
 * `spec.rules[0].action`, `spec.rules[*].action` for every element of a list. Keys in double quotes have the escapes of JSON,
 * those in single quotes `\'` and `\\`. A dot in front is allowed.
 */
import { fieldPathLengthMax } from '../../crds/profile.ts';

/** Every element of a list. */
export const everyElement: unique symbol = Symbol('[*]');

export type FieldStep = string | number | typeof everyElement;
export type FieldPath = readonly FieldStep[];

/** More than the API server lets objects be deep in practice, and little enough to follow. */
export const fieldPathDepthMax = 32;
/** How many values of an object a path may lead to. */
export const fieldValuesMax = 100;

export type ParsedFieldPath =
  | { readonly path: FieldPath; readonly fault?: undefined }
  | { readonly path?: undefined; readonly fault: string };

/** Reads a path, or says what is wrong with it and at which character. Never throws. */
export function parseFieldPath(text: string): ParsedFieldPath {
  if (text === '') return { fault: 'Must not be empty' };
  if (text.length > fieldPathLengthMax) return { fault: `Must be at most ${fieldPathLengthMax} characters long` };
  const control = text.split('').findIndex((unit) => unit < ' ');
  if (control >= 0) return { fault: `Must not have control characters, at character ${control + 1}` };
  const path: FieldStep[] = [];
  let at = 0;
  while (at < text.length) {
    if (path.length === fieldPathDepthMax) return { fault: `Must have at most ${fieldPathDepthMax} steps` };
    const read = text[at] === '[' ? readBracket(text, at) : readName(text, at);
    if ('fault' in read) return { fault: `${read.fault}, at character ${read.at + 1}` };
    path.push(read.step);
    at = read.end;
  }
  return { path };
}

type ReadStep = { readonly step: FieldStep; readonly end: number } | { readonly fault: string; readonly at: number };

// Sticky: each is tried at one place, and none of them can match the same text in two ways.
const namePattern = /[A-Za-z_][A-Za-z0-9_-]*/y;
const indexPattern = /0|[1-9][0-9]{0,8}/y;
const doubleQuoted = /"(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const singleQuoted = /'(?:[^'\\]|\\['\\])*'/y;

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function readName(text: string, at: number): ReadStep {
  const from = text[at] === '.' ? at + 1 : at;
  if (from === at && at > 0) return { fault: 'Must have a dot or a bracket between two steps', at };
  const name = matchAt(namePattern, text, from);
  if (name === undefined) return { fault: 'Must have a name; other keys are quoted, like ["a.b/c"]', at: from };
  return { step: name, end: from + name.length };
}

function readBracket(text: string, at: number): ReadStep {
  const inside = readInside(text, at + 1);
  if ('fault' in inside) return inside;
  if (text[inside.end] !== ']') return { fault: 'Must close the bracket', at: inside.end };
  return { step: inside.step, end: inside.end + 1 };
}

function readInside(text: string, at: number): ReadStep {
  const mark = text[at];
  if (mark === '*') return { step: everyElement, end: at + 1 };
  if (mark === '"' || mark === "'") {
    const quoted = matchAt(mark === '"' ? doubleQuoted : singleQuoted, text, at);
    if (quoted === undefined) return { fault: 'Must be a key in quotes, closed and with known escapes', at };
    return { step: unquote(quoted), end: at + quoted.length };
  }
  const index = matchAt(indexPattern, text, at);
  if (index === undefined) return { fault: 'Must be a number, * or a key in quotes', at };
  return { step: Number(index), end: at + index.length };
}

function unquote(quoted: string): string {
  // What the pattern lets through is a JSON string.
  if (quoted.startsWith('"')) return String(JSON.parse(quoted));
  return quoted.slice(1, -1).replaceAll(/\\(['\\])/g, '$1');
}

const plainStep = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** `spec.ingress[0].ports`, `metadata.labels["a.b/c"]`, `spec.rules[*]`: the one way to write a path. */
export function fieldPathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (step === everyElement) text += '[*]';
    else if (plainStep.test(String(step))) text += `${text === '' ? '' : '.'}${String(step)}`;
    else text += `[${JSON.stringify(String(step))}]`;
  }
  return text;
}

export interface FieldValues {
  /** In the order of the lists. `null` is the same as nothing, as to the API server. */
  readonly values: readonly unknown[];
  /** There are more than `fieldValuesMax`. */
  readonly cut: boolean;
}

/** What stands at a path. A list that ends a path is one value. Never throws; follows own fields of JSON only. */
export function valuesAt(object: unknown, path: FieldPath): FieldValues {
  const values: unknown[] = [];
  collect(object, path, 0, values);
  return { values: values.slice(0, fieldValuesMax), cut: values.length > fieldValuesMax };
}

/** Ends early with one value more than is kept, so that a list of a million elements costs no more than its head. */
function collect(value: unknown, path: FieldPath, at: number, values: unknown[]): void {
  if (value === undefined || value === null || values.length > fieldValuesMax) return;
  const step = path[at];
  if (step === undefined) {
    values.push(value);
  } else if (step === everyElement) {
    for (const element of Array.isArray(value) ? value : []) {
      if (values.length > fieldValuesMax) return;
      collect(element, path, at + 1, values);
    }
  } else if (Array.isArray(value)) {
    if (typeof step === 'number') collect(value[step], path, at + 1, values);
  } else if (typeof value === 'object' && typeof step === 'string' && Object.hasOwn(value, step)) {
    collect(Reflect.get(value, step), path, at + 1, values);
  }
}
