/**
 * Reading the rules of a network policy one by one: what is understood becomes a clause, what is not, one that says so.
 */
import type * as z from 'zod';
import type { NetworkClause } from '../../crds/rules/network.ts';
import { type Fault, faultsMax, faultsOf, jsonPointer, restUnread } from './define.ts';
import { pointersOf } from './fault-pointers.ts';

export type Path = readonly PropertyKey[];

/** What was read of a part of a policy. */
export interface Clauses {
  readonly clauses: readonly NetworkClause[];
  readonly faults: readonly Fault[];
}

/** Far more than people or programs write. Half a million fit into an object, and each takes time to read. */
const rulesMax = 10_000;
/** Objects and lists that the rules may hold together, for the same reason: text and numbers in them take little time. */
const partsMax = 32_000;

/**
 * The rules of a list in their order. Of one with too many, or with too much that cannot be read, the rest is one unknown.
 *
 * @param max How many an API server stores, where there is a limit.
 */
export function readClauses(
  rules: readonly unknown[],
  path: Path,
  readRule: (rule: unknown, path: Path) => Clauses,
  max = rulesMax,
): Clauses {
  const clauses: NetworkClause[] = [];
  const faults: Fault[] = [];
  let left = partsMax;
  for (const [index, rule] of rules.entries()) {
    left -= partsIn(rule, left);
    if (faults.length >= faultsMax || index >= max || left < 0) {
      const rest = [restUnread(path, index)];
      clauses.push(...unreadClauses(path, rest));
      faults.push(...rest);
      break;
    }
    const read = readRule(rule, [...path, index]);
    clauses.push(...read.clauses);
    faults.push(...read.faults);
  }
  return { clauses, faults };
}

/** How many objects and lists there are in a value, itself among them; no more than one beyond `max` are counted. */
function partsIn(value: unknown, max: number): number {
  const open: unknown[] = [value];
  let count = 0;
  while (open.length > 0 && count <= max) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    count += 1;
    for (const part of Object.values(next)) if (typeof part === 'object') open.push(part);
  }
  return count;
}

/** The items that can be read, and what is wrong with the others. */
export function readEach<Item>(
  values: readonly unknown[],
  schema: z.ZodType<Item>,
  path: Path,
): { readonly items: readonly Item[]; readonly faults: readonly Fault[] } {
  const items: Item[] = [];
  const faults: Fault[] = [];
  for (const [index, value] of values.entries()) {
    if (faults.length >= faultsMax) break;
    const read = schema.safeParse(value);
    if (read.success) items.push(read.data);
    else faults.push(...faultsOf(read.error, [...path, index]));
  }
  return { items, faults };
}

/** One clause for all that is not understood of the rule at `path`; none where nothing is. */
export function unreadClauses(path: Path, faults: readonly Fault[], action?: NetworkClause['action']): NetworkClause[] {
  if (faults.length === 0) return [];
  const unread = pointersOf(faults);
  return [{ path: jsonPointer(path), ...(action === undefined ? {} : { action }), unread }];
}
