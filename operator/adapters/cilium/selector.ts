/**
 * Selectors of Cilium, which are those of Kubernetes with other keys.
 */
import type { LabelSelector } from '../../../crds/label-selector.ts';
import { type Fault, faultsOf } from '../define.ts';
import { SelectorField } from '../fields.ts';

/** Far more than people or programs write. */
const partsMax = 1_000;

/** How many labels, expressions and the like its parts hold. */
export function sizeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const parts = Object.values(value).filter((part) => typeof part === 'object' && part !== null);
  return parts.reduce<number>((sum, part) => sum + Object.keys(part).length, 0);
}

/** Either the selector in normal form, or why it cannot be read. */
export function readSelector(
  value: unknown,
  path: readonly PropertyKey[],
): { readonly selector?: LabelSelector; readonly faults: readonly Fault[] } {
  if (sizeOf(value) > partsMax)
    return { faults: [{ path, message: `Must have at most ${partsMax} labels and expressions` }] };
  const read = SelectorField.safeParse(value);
  if (!read.success) return { faults: faultsOf(read.error, path) };
  const faults = (read.data.matchExpressions ?? []).flatMap(({ operator, values }, index) => {
    const needsValues = operator === 'In' || operator === 'NotIn';
    if (needsValues === (values !== undefined)) return [];
    const message = needsValues ? 'Must have values' : 'Must have no values';
    return [{ path: [...path, 'matchExpressions', index, 'values'], message }];
  });
  return faults.length === 0 ? { selector: read.data, faults } : { faults };
}
