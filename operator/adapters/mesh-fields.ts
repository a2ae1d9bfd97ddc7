/**
 * Reading the specs of mesh policies, which hold long lists of texts and few fields.
 */
import * as z from 'zod';
import { compareText } from '../../crds/constraint.ts';
import { type Fault, jsonPointer, NamespacedMetadata } from './define.ts';
import { absent, listOf } from './fields.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** For what there are thousands of: a schema takes longer. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Items that are read one by one. */
export const AnyList = z.custom<readonly unknown[]>(Array.isArray, 'Must be a list');

/** Of objects of which the oldest wins. */
export const DatedMetadata = NamespacedMetadata.extend({ creationTimestamp: absent(z.string()) });

/** A spec may be left out: every field of it is absent then. */
export const LooseSpec = absent(z.custom<Fields>(isFields, 'Must be an object')).transform((spec) => spec ?? {});

/** Texts, however many. After the first that is none, no more is read. */
export const Texts = z.array(z.unknown()).transform((values, context): string[] => {
  const texts: string[] = [];
  for (const [index, value] of values.entries()) {
    if (typeof value === 'string') texts.push(value);
    else {
      context.issues.push({ code: 'custom', path: [index], message: 'Must be a text', input: value });
      break;
    }
  }
  return texts;
});

/** A fault for each field that is not known. */
export function unknownFields(fields: Fields, known: ReadonlySet<string>, path: readonly PropertyKey[]): Fault[] {
  const unknown = Object.keys(fields).filter((field) => !known.has(field));
  if (unknown.length > unknownMax) return [{ path, message: 'Has too many fields that this version does not know' }];
  return unknown
    .toSorted(compareText)
    .map((field) => ({ path: [...path, field], message: 'Not a field that this version knows' }));
}

const unknownMax = 100;

/** More than people write, of what takes time to read. */
const itemsMax = 1_000;

/** A list of which nothing is read when it is too long. */
export function shortListOf<Schema extends z.ZodType>(item: Schema) {
  return z.array(z.unknown()).max(itemsMax, `Must be at most ${itemsMax}`).pipe(listOf(item));
}

/** Values by name, of which nothing is read when there are too many. */
export const ShortRecord = z.custom<Fields>(
  (value) => isFields(value) && Object.keys(value).length <= itemsMax,
  `Must be an object of at most ${itemsMax} fields`,
);

const pointersMax = 10;

/** Where the faults are, each once. */
export function pointersOf(faults: readonly Fault[]): string[] {
  return [...new Set(faults.map(({ path }) => jsonPointer(path)))].toSorted(compareText).slice(0, pointersMax);
}

/** As an optional field: absent when nothing is unread. */
export function unreadField(faults: readonly Fault[]): { readonly unread?: string[] } {
  return faults.length === 0 ? {} : { unread: pointersOf(faults) };
}
