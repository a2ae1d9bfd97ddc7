/**
 * Schemas for parts of which nobody writes many: what is longer than that is not read at all, and is one fault.
 */
import * as z from 'zod';
import { listOf, SelectorField } from './fields.ts';

/** More than people write, of what takes time to read. */
const itemsMax = 1_000;

/** An array of at most `max` items. */
export function shortListOf<Schema extends z.ZodType>(item: Schema, max = itemsMax) {
  return z
    .array(z.unknown(), 'Must be a list')
    .max(max, `Must have at most ${max} entries to be read`)
    .pipe(listOf(item));
}

/** An object of which each field is read by itself: zod would copy all of them, of which there may be thousands. */
export const FieldsOfObject = z.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'Must be an object',
);

/** An object with at most `max` fields of any name. */
export function smallRecordOf<Schema extends z.ZodType>(value: Schema, max: number) {
  return FieldsOfObject.refine((record) => Object.keys(record).length <= max, {
    error: `Must have at most ${max} fields to be read`,
    abort: true,
  }).pipe(z.record(z.string(), value));
}

/** A label selector with at most `max` labels and as many expressions. */
export function smallSelector(max: number) {
  return z
    .unknown()
    .refine((value) => isSmallSelector(value, max), {
      error: `Must have at most ${max} labels and ${max} expressions to be read`,
      abort: true,
    })
    .pipe(SelectorField);
}

function isSmallSelector(value: unknown, max: number): boolean {
  const { matchLabels, matchExpressions } = { matchLabels: {}, matchExpressions: [], ...Object(value) };
  return [matchLabels, matchExpressions].every((part) => Object.keys(Object(part)).length <= max);
}
