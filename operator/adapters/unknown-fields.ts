import { compareText } from '../../crds/constraint.ts';
import type { Fault } from './define.ts';
import { faultsMax } from './define.ts';

/** Every field of an object that is not known is a fault: it may change what all the others mean. The first ones by name. */
export function unknownFields(
  object: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
  path: readonly PropertyKey[],
): Fault[] {
  let first: string[] = [];
  let last: string | undefined;
  // There may be thousands, of which sorting all takes long.
  for (const field of Object.keys(object)) {
    if (known.has(field) || (object[field] ?? undefined) === undefined) continue;
    if (last !== undefined && compareText(field, last) >= 0) continue;
    first.push(field);
    if (first.length < faultsMax * 2) continue;
    first = first.toSorted(compareText).slice(0, faultsMax);
    last = first.at(-1);
  }
  first = first.toSorted(compareText).slice(0, faultsMax);
  return first.map((field) => ({ path: [...path, field], message: 'Not a field that this version knows' }));
}
