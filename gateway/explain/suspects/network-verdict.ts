/**
 * What the rules on one direction of connections, of all policies together, come to for one connection, and which of them
 * decide it. Pure; nothing is looked up.
 *
 * - NetworkPolicies add up: one that lets through is enough, and what none of those that bind the pod lets through is dropped.
 * - Where rules have an order, the first that matches decides: those of administrators in tiers before and after, of Cilium
 *   all denials first, of Calico by tier, order and name. Where the policies of Cilium or Calico bind, these enforce
 *   NetworkPolicies too: Cilium among its own, Calico in its tier `default` in the place 1000.
 * - What may match leaves open what follows.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 * @see https://network-policy-api.sigs.k8s.io/api-overview/
 * @see https://docs.cilium.io/en/v1.18/security/policy/intro/
 * @see https://docs.tigera.io/calico/latest/reference/resources/tier
 */
import { compareText } from '../../../crds/constraint.ts';
import type { NetworkClause, NetworkPlace, NetworkRule } from '../../../crds/rules/network.ts';
import { type Answer, matchesClause, type Passage } from './network-match.ts';

/** A rule of the direction that is judged, and whether it binds the pod whose rules these are; undefined: it may. */
export interface BoundRule<Of> {
  readonly of: Of;
  /** Decides between rules of Calico in one place. */
  readonly name: string;
  readonly rule: NetworkRule;
  readonly binds: Exclude<Answer, false>;
}

export interface Decider<Of> {
  readonly of: Of;
  /** denies: by a clause, whose path is given. isolates: what nothing lets through is dropped. */
  readonly how: 'denies' | 'isolates';
  readonly path?: string | undefined;
  /** Whether a clause of its own may let the connection through. */
  readonly mayAllow: boolean;
}

export interface Judgement<Of> {
  readonly verdict: 'allow' | 'deny' | 'unknown';
  /** What denies, or may; empty when the verdict is `allow`. */
  readonly deciders: readonly Decider<Of>[];
}

type Outcome = 'allow' | 'deny' | 'next';

/** @param rules Of one direction; those that surely do not bind the pod are not among them. */
export function judge<Of>(rules: readonly BoundRule<Of>[], passage: Passage): Judgement<Of> {
  const outcomes = new Set<Outcome>(['next']);
  const deciders: Decider<Of>[] = [];
  for (const tier of tiersOf(rules.filter(({ rule }) => rule.staged !== true && rule.hook === undefined))) {
    outcomes.delete('next');
    for (const outcome of judgeTier(tier, passage, deciders)) outcomes.add(outcome);
    if (!outcomes.has('next')) break;
  }
  // What nothing decides passes.
  if (outcomes.delete('next')) outcomes.add('allow');
  if (!outcomes.has('deny')) return { verdict: 'allow', deciders: [] };
  return { verdict: outcomes.has('allow') ? 'unknown' : 'deny', deciders };
}

/** What a tier may come to; those who deny in it are added to `deciders`. */
function judgeTier<Of>(
  tier: readonly BoundRule<Of>[],
  passage: Passage,
  deciders: Decider<Of>[],
): ReadonlySet<Outcome> {
  const outcomes = new Set<Outcome>();
  const mayAllow = new Set<Of>();
  for (const { bound, clause } of clausesOf(tier)) {
    const { of, rule, binds } = bound;
    if (clause.action === 'log') continue;
    const matches = matchesClause(clause, passage, engineOf(rule));
    if (matches === false) continue;
    const outcomesOfClause = outcomesOf(clause, rule);
    for (const outcome of outcomesOfClause) outcomes.add(outcome);
    if (outcomesOfClause.includes('allow') || outcomesOfClause.includes('next')) mayAllow.add(of);
    if (outcomesOfClause.includes('deny')) {
      deciders.push({ of, how: 'denies', path: clause.path, mayAllow: outcomesOfClause.length > 1 });
    }
    if (matches === true && binds === true) return outcomes;
  }
  for (const each of endOf(tier)) outcomes.add(each);
  for (const { of, rule } of tier) {
    const ends = rule.otherwise ?? 'deny';
    if (ends === 'deny' || ends === 'unknown')
      deciders.push({ of, how: 'isolates', mayAllow: mayAllow.has(of) || ends === 'unknown' });
  }
  return outcomes;
}

/** Of a clause that is not understood all that the clauses of such a policy can do: a NetworkPolicy only lets through. */
function outcomesOf({ action, unread }: NetworkClause, { place }: NetworkRule): readonly Outcome[] {
  if (unread !== undefined) return place === undefined ? ['allow'] : ['allow', 'deny', 'next'];
  return [action === 'pass' ? 'next' : action === 'deny' ? 'deny' : 'allow'];
}

/** What becomes of connections that no clause of the tier decides. */
function endOf(tier: readonly BoundRule<unknown>[]): readonly Outcome[] {
  const sure = tier.filter(({ binds }) => binds === true).map(({ rule }) => rule.otherwise ?? 'deny');
  const maybe = tier.filter(({ binds }) => binds === undefined).map(({ rule }) => rule.otherwise ?? 'deny');
  if (sure.includes('deny')) return ['deny'];
  const open: Outcome[] = maybe.includes('deny') ? ['deny'] : [];
  if (sure.includes('unknown') || maybe.includes('unknown')) return ['allow', 'deny', 'next'];
  if (sure.includes('allow')) return [...open, 'allow'];
  return [...open, ...(maybe.includes('allow') ? (['allow'] as const) : []), 'next'];
}

/** In the order in which they are tried. */
function clausesOf<Of>(
  tier: readonly BoundRule<Of>[],
): readonly { readonly bound: BoundRule<Of>; readonly clause: NetworkClause }[] {
  const clauses = tier.flatMap((bound) => bound.rule.clauses.map((clause) => ({ bound, clause })));
  if (!tier.some(({ rule }) => rule.place?.engine === 'cilium')) return clauses;
  const denies = ({ clause }: { readonly clause: NetworkClause }) => clause.action === 'deny';
  return [...clauses.filter(denies), ...clauses.filter((each) => !denies(each))];
}

function engineOf({ place }: NetworkRule): NetworkPlace['engine'] {
  return place?.engine ?? 'kubernetes';
}

/** Rank of the policies of administrators of Kubernetes, around all others. */
const ranks: Readonly<Record<string, number>> = { Admin: 0, NetworkPolicy: 1, Baseline: 2 };

interface Placed<Of> {
  readonly bound: BoundRule<Of>;
  readonly rank: number;
  readonly tier: string;
  readonly tierOrder: number;
  readonly order: number;
}

/** Tiers in their order, and in each the rules in theirs. */
function tiersOf<Of>(rules: readonly BoundRule<Of>[]): readonly (readonly BoundRule<Of>[])[] {
  const engines = new Set(rules.map(({ rule }) => engineOf(rule)));
  const placed = rules.map((bound) => placeOf(bound, engines)).toSorted(comparePlaced);
  const tiers = new Map<string, BoundRule<Of>[]>();
  for (const { bound, rank, tier } of placed) {
    const key = `${rank}/${tier}`;
    const known = tiers.get(key);
    if (known === undefined) tiers.set(key, [bound]);
    else known.push(bound);
  }
  return [...tiers.values()];
}

function placeOf<Of>(bound: BoundRule<Of>, engines: ReadonlySet<NetworkPlace['engine']>): Placed<Of> {
  const { place } = bound.rule;
  if (place?.engine === 'kubernetes') {
    return { bound, rank: ranks[place.tier] ?? 1, tier: place.tier, tierOrder: 0, order: place.order ?? Infinity };
  }
  if (place !== undefined) {
    const { engine, tier, tierOrder = Infinity, order = Infinity } = place;
    return { bound, rank: 1, tier: `${engine}/${tier}`, tierOrder, order };
  }
  if (engines.has('cilium')) return { bound, rank: 1, tier: 'cilium/Normal', tierOrder: 200, order: 0 };
  if (engines.has('calico')) return { bound, rank: 1, tier: 'calico/default', tierOrder: 1_000_000, order: 1_000 };
  return { bound, rank: 1, tier: 'NetworkPolicy', tierOrder: 0, order: 0 };
}

function comparePlaced(a: Placed<unknown>, b: Placed<unknown>): number {
  return (
    a.rank - b.rank ||
    compareNumbers(a.tierOrder, b.tierOrder) ||
    compareText(a.tier, b.tier) ||
    compareNumbers(a.order, b.order) ||
    compareText(a.bound.name, b.bound.name)
  );
}

/** Of two that are infinite the difference is no number. */
function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
