/**
 * What was asked for of a quota, in exact amounts.
 */
import { formatQuantity, type Quantity } from '../../kube/quantity.ts';
import { shown } from '../words.ts';

export interface Use {
  readonly resource: string;
  readonly requested: Quantity;
  readonly used: Quantity | undefined;
  readonly limited: Quantity | undefined;
}

/** What is left: below zero where the limit was lowered. Undefined where the text does not tell. */
export function roomOf({ used, limited }: Use): Quantity | undefined {
  if (used === undefined || limited === undefined) return undefined;
  const isBinary = [used, limited].some(({ format }) => format === 'BinarySI');
  return { nano: limited.nano - used.nano, format: isBinary ? 'BinarySI' : limited.format };
}

/** Whether it does not fit, as far as the text tells. */
export function isOver(use: Use): boolean {
  const room = roomOf(use);
  return room === undefined || use.requested.nano > room.nano || room.nano < 0n;
}

/** What a limit has to be for all of it to fit. */
export function neededOf({ requested, used }: Use): Quantity | undefined {
  if (used === undefined) return undefined;
  const isBinary = [used, requested].some(({ format }) => format === 'BinarySI');
  return { nano: used.nano + requested.nano, format: isBinary ? 'BinarySI' : used.format };
}

/** `requests.cpu: 2 asked, 9 of 10 used`. */
export function useText({ resource, requested, used, limited }: Use): string {
  const of = limited === undefined ? '' : ` of ${formatQuantity(limited)}`;
  const taken = used === undefined ? '' : `, ${formatQuantity(used)}${of} used`;
  return `${shown(resource)}: ${formatQuantity(requested)} asked${taken}`;
}
