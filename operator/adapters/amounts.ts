/**
 * Lists of amounts, one a resource, as quotas and limit ranges hold them.
 */
import * as z from 'zod';
import { compareText } from '../../crds/constraint.ts';
import { parseQuantity, type Quantity } from '../../kube/quantity.ts';
import type { Fault } from './define.ts';
import { absent } from './fields.ts';
import { sentence } from './text.ts';

/** Read by `readAmounts`, so that one amount that is none does not hide the others. */
export const Amounts = absent(z.record(z.string(), z.unknown()));

export interface Amount {
  readonly name: string;
  readonly text: string;
  /** Undefined when the text is no quantity. */
  readonly quantity: Quantity | undefined;
}

/** More than any cluster has kinds of resources that a person would limit. */
const amountsMax = 200;
const amountLengthMax = 64;

/** Sorted by name. What is no text and no number is left out, what is no quantity is kept without one. */
export function readAmounts(values: Readonly<Record<string, unknown>> = {}, path: readonly PropertyKey[]) {
  const amounts: Amount[] = [];
  const faults: Fault[] = [];
  const names = Object.keys(values).toSorted(compareText);
  if (names.length > amountsMax) faults.push({ path, message: `Only the first ${amountsMax} resources are read` });
  for (const name of names.slice(0, amountsMax)) {
    const value = values[name];
    const readable = typeof value === 'string' || typeof value === 'number';
    const quantity = readable ? parseQuantity(value) : undefined;
    if (readable) amounts.push({ name, text: sentence(String(value), amountLengthMax), quantity });
    if (quantity === undefined) faults.push({ path: [...path, name], message: 'Must be a quantity, like 500m or 2Gi' });
  }
  return { amounts, faults };
}
