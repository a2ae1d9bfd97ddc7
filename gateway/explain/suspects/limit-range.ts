/**
 * Which LimitRange a message speaks of: the one that has these very bounds.
 */
import type { LimitRangeRule } from '../../../crds/rules/limit-range.ts';
import { compareQuantities, parseQuantity, type Quantity } from '../../../kube/quantity.ts';
import { listed, shown } from '../../words.ts';
import type { Candidate } from '../candidates.ts';
import type { Suspect, Suspects } from '../finding.ts';

export type Bound = 'min' | 'max' | 'ratio';

/** A bound that was not kept; what is absent was cut off. */
export interface Violation {
  readonly bound: Bound;
  readonly resource: string;
  /** Type of the item: Container, Pod, PersistentVolumeClaim, or another one. */
  readonly on?: string | undefined;
  readonly limit?: Quantity | undefined;
  /** What was compared. */
  readonly of?: 'request' | 'limit' | undefined;
  /** What was stated; absent where nothing was. */
  readonly actual?: Quantity | 'unread' | undefined;
  /** How many times the request the limit was. */
  readonly ratio?: string | undefined;
}

interface Item {
  readonly candidate: Candidate;
  readonly rule: LimitRangeRule;
}

const fields = { min: 'min', max: 'max', ratio: 'maxLimitRequestRatio' } as const;

/** A message tells of one LimitRange, so only one that has all these bounds can have caused it. */
export function limitRangesWith(candidates: readonly Candidate[], violations: readonly Violation[]): Suspects {
  const ranges = candidates.filter(({ kind }) => kind === 'LimitRange');
  const items = ranges.flatMap((candidate): Item[] => {
    const rule = candidate.full?.rule;
    return rule?.form === 'limitRange' ? [{ candidate, rule }] : [];
  });
  const certain = [...Map.groupBy(items, ({ candidate: { name } }) => name).values()].flatMap((own) =>
    exactly(own, violations),
  );
  if (certain.length > 0) return { certain, possible: [] };
  const similar = items.flatMap((item) => otherwise(item, violations));
  const types = new Set(violations.map(({ on }) => on));
  const unseen = ranges.filter((candidate) => candidate.full === undefined && mayBound(candidate, types));
  return {
    certain: [],
    possible: [
      ...similar,
      ...unseen.map((candidate) => ({
        candidate,
        reason: 'It bounds that kind of thing; its amounts are not shown to you',
      })),
    ],
  };
}

/** The items of one LimitRange that hold the violations; none unless all are held. */
function exactly(items: readonly Item[], violations: readonly Violation[]): Suspect[] {
  const holding = violations.map((violation) => items.find((item) => holds(item, violation)));
  if (holding.includes(undefined)) return [];
  const texts = listed(violations.map(({ bound, resource }) => `${nouns[bound]} of ${resource}`));
  return items
    .filter((item) => holding.includes(item))
    .map(({ candidate }) => ({ candidate, reason: `It has exactly this ${texts}` }));
}

const nouns: Readonly<Record<Bound, string>> = { min: 'minimum', max: 'maximum', ratio: 'ratio' };

function holds({ rule }: Item, { bound, resource, on, limit }: Violation): boolean {
  const own = amountOf(rule, bound, resource);
  const quantity = own === undefined ? undefined : parseQuantity(own);
  return rule.on === on && limit !== undefined && quantity !== undefined && compareQuantities(quantity, limit) === 0;
}

function amountOf(rule: LimitRangeRule, bound: Bound, resource: string): string | undefined {
  const amounts = rule[fields[bound]];
  return amounts !== undefined && Object.hasOwn(amounts, resource) ? amounts[resource] : undefined;
}

/** A bound of the same kind with another amount: it may have been changed since, or the text is cut before it. */
function otherwise({ candidate, rule }: Item, violations: readonly Violation[]): Suspect[] {
  const texts = violations.flatMap(({ bound, resource, on }) => {
    const amount = on === undefined || rule.on === on ? amountOf(rule, bound, resource) : undefined;
    return amount === undefined ? [] : [`${nouns[bound]} of ${resource} ${shown(amount, 40)}`];
  });
  return texts.length === 0 ? [] : [{ candidate, reason: `It has, by now, a ${listed([...new Set(texts)])}` }];
}

/** By its key, which is the type of the item, and counted where there are several. */
function mayBound({ effect, key }: Candidate, types: ReadonlySet<string | undefined>): boolean {
  if (effect !== 'limit') return false;
  return key === undefined || types.has(undefined) || [...types].some((on) => key === on || key.startsWith(`${on}-`));
}
