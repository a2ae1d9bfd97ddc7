import type { Fault } from './define.ts';
import { faultsMax } from './define.ts';

/** Every field of an object that is not known is a fault: it may change what all the others mean. */
export function unknownFields(
  object: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
  path: readonly PropertyKey[],
): Fault[] {
  return Object.keys(object)
    .filter((field) => !known.has(field) && (object[field] ?? undefined) !== undefined)
    .toSorted()
    .slice(0, faultsMax)
    .map((field) => ({ path: [...path, field], message: 'Not a field that this version knows' }));
}
