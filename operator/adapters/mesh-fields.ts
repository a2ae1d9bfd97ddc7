/**
 * Reading the specs of mesh policies, which hold long lists of texts and few fields.
 */
import * as z from 'zod';
import { type Fault, NamespacedMetadata } from './define.ts';
import { pointersOf } from './fault-pointers.ts';
import { absent } from './fields.ts';

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

/** More than people write, of what takes time to read. */
const itemsMax = 1_000;

/** Values by name, of which nothing is read when there are too many. */
export const ShortRecord = z.custom<Fields>(
  (value) => isFields(value) && Object.keys(value).length <= itemsMax,
  `Must be an object of at most ${itemsMax} fields`,
);

/** As an optional field: absent when nothing is unread. */
export function unreadField(faults: readonly Fault[]): { readonly unread?: string[] } {
  return faults.length === 0 ? {} : { unread: pointersOf(faults) };
}
