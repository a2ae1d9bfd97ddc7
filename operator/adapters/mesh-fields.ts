/**
 * Reading the specs of mesh policies, which hold long lists of texts and few fields.
 */
import * as z from 'zod';
import { compareText } from '../../crds/constraint.ts';
import { type Fault, jsonPointer, NamespacedMetadata } from './define.ts';
import { absent } from './fields.ts';

/** Of objects of which the oldest wins. */
export const DatedMetadata = NamespacedMetadata.extend({ creationTimestamp: absent(z.string()) });

/** A spec may be left out: every field of it is absent then. */
export const LooseSpec = absent(z.record(z.string(), z.unknown())).transform((spec) => spec ?? {});

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
export function unknownFields(
  fields: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
  path: readonly PropertyKey[],
): Fault[] {
  return Object.keys(fields)
    .filter((field) => !known.has(field))
    .toSorted(compareText)
    .slice(0, unknownMax)
    .map((field) => ({ path: [...path, field], message: 'Not a field that this version knows' }));
}

const unknownMax = 20;
const pointersMax = 10;

/** Where the faults are, each once. */
export function pointersOf(faults: readonly Fault[]): string[] {
  return [...new Set(faults.map(({ path }) => jsonPointer(path)))].toSorted(compareText).slice(0, pointersMax);
}

/** As an optional field: absent when nothing is unread. */
export function unreadField(faults: readonly Fault[]): { readonly unread?: string[] } {
  return faults.length === 0 ? {} : { unread: pointersOf(faults) };
}
