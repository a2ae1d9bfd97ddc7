import { compareText } from '../../crds/constraint.ts';
import type { Fault } from './define.ts';
import { faultsMax } from './define.ts';

/** Every field of an object that is not known is a fault: it may change what all the others mean. The first ones by name. */
export function unknownFields(
  object: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
  path: readonly PropertyKey[],
): Fault[] {
  const first: string[] = [];
  // There may be thousands, of which sorting all takes long.
  for (const field of Object.keys(object)) {
    if (known.has(field) || (object[field] ?? undefined) === undefined) continue;
    if (first.length >= faultsMax && compareText(field, first.at(-1) ?? '') >= 0) continue;
    first.push(field);
    first.sort(compareText);
    first.length = Math.min(first.length, faultsMax);
  }
  return first.map((field) => ({ path: [...path, field], message: 'Not a field that this version knows' }));
}
