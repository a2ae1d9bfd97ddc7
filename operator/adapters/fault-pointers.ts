import { compareText } from '../../crds/constraint.ts';
import { type Fault, jsonPointer } from './define.ts';

const pointersMax = 10;

/** Where the faults are: each place once, in one order, and not more than anybody looks at. */
export function pointersOf(faults: readonly Fault[]): string[] {
  const pointers = new Set(faults.map(({ path }) => jsonPointer(path)));
  return [...pointers].toSorted(compareText).slice(0, pointersMax);
}
