/**
 * Texts and labels against patterns and selectors, once more: slow, obvious, and apart from what the product uses, so that
 * both do not share a fault.
 */
import * as z from 'zod';
import type { JsonObject } from './corpus.ts';

export type Labels = Readonly<Record<string, string>>;

const Json = z.record(z.string(), z.unknown());

/** The object in a field, and an empty one where there is none. */
export function objectIn(value: unknown, ...path: readonly string[]): JsonObject {
  return Json.catch({}).parse(valueIn(value, ...path));
}

/** The list in a field, and an empty one where there is none. */
export function listIn(value: unknown, ...path: readonly string[]): readonly unknown[] {
  return z
    .array(z.unknown())
    .catch([])
    .parse(valueIn(value, ...path));
}

/** The texts of a list in a field. */
export function textsIn(value: unknown, ...path: readonly string[]): readonly string[] {
  return listIn(value, ...path).filter((each) => typeof each === 'string');
}

/** The text in a field, and an empty one where there is none. */
export function textIn(value: unknown, ...path: readonly string[]): string {
  return z
    .string()
    .catch('')
    .parse(valueIn(value, ...path));
}

/** What stands in a field, at any depth. */
export function valueIn(value: unknown, ...path: readonly string[]): unknown {
  const [field, ...rest] = path;
  return field === undefined ? value : valueIn(Json.catch({}).parse(value)[field], ...rest);
}

/** `*` is any run of characters and `?` is exactly one; the whole text must match. */
export function fitsWildcard(pattern: string, text: string): boolean {
  const [first] = pattern;
  const rest = pattern.slice(1);
  if (first === undefined) return text === '';
  if (first === '*') return fitsWildcard(rest, text) || (text !== '' && fitsWildcard(pattern, text.slice(1)));
  return text !== '' && (first === '?' || first === text[0]) && fitsWildcard(rest, text.slice(1));
}

/** One requirement of a label selector; none that is no such thing holds. */
function fitsExpression(expression: unknown, labels: Labels): boolean {
  const key = textIn(expression, 'key');
  const value = labels[key];
  const values = textsIn(expression, 'values');
  const operator = textIn(expression, 'operator');
  if (operator === 'In') return value !== undefined && values.includes(value);
  if (operator === 'NotIn') return value === undefined || !values.includes(value);
  if (operator === 'Exists') return value !== undefined;
  if (operator === 'DoesNotExist') return value === undefined;
  return false;
}

/** Whether a LabelSelector of Kubernetes selects an object with these labels. */
export function fitsSelector(selector: unknown, labels: Labels): boolean {
  return (
    Object.entries(objectIn(selector, 'matchLabels')).every(([key, value]) => labels[key] === value) &&
    listIn(selector, 'matchExpressions').every((expression) => fitsExpression(expression, labels))
  );
}

/** The same where keys and values of matchLabels are patterns: some label must match both, as Kyverno has it. */
export function fitsPatternSelector(selector: unknown, labels: Labels): boolean {
  return (
    Object.entries(objectIn(selector, 'matchLabels')).every(([key, value]) =>
      Object.entries(labels).some(([k, v]) => fitsWildcard(key, k) && fitsWildcard(String(value), v)),
    ) && listIn(selector, 'matchExpressions').every((expression) => fitsExpression(expression, labels))
  );
}
