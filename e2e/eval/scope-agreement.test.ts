/**
 * Scopes agree with the verdicts of engines and with plain matchers at least as far as they once did: floors only rise.
 * `npm run -s eval:scope` tells the whole of it, and each miss.
 */
import { expect, test } from 'vitest';
import { corpusMissing } from './corpus.ts';
import { generatedRows } from './generated-scope.ts';
import { type ScopeCounts, scopeAgreement } from './scope-agreement.ts';
import { type ScopeOracle, scopeRows, sharedIndex } from './scope-rows.ts';

interface Floor {
  readonly oracle: ScopeOracle;
  /** One of so many is judged, to take no longer than some seconds. */
  readonly every: number;
  readonly rowsMin: number;
  /** Shares of each of the two. */
  readonly bound: number;
  readonly unbound: number;
}

const ofEngines: readonly Floor[] = [
  { oracle: 'kyverno', every: 100, rowsMin: 20, bound: 1, unbound: 1 },
  { oracle: 'gatekeeper', every: 4, rowsMin: 15, bound: 1, unbound: 1 },
  { oracle: 'vap', every: 8, rowsMin: 20, bound: 1, unbound: 1 },
];
const generated = [
  { oracle: 'kyverno', every: 50, rowsMin: 500, bound: 1, unbound: 0.99 },
  { oracle: 'gatekeeper', every: 4, rowsMin: 400, bound: 1, unbound: 0.99 },
] as const satisfies readonly Floor[];

test.skipIf(corpusMissing !== undefined).each(ofEngines)(
  'Scopes agree with the verdicts of the oracle $oracle',
  (floor) => {
    const { index, root } = sharedIndex(floor.oracle);
    expect(below(scopeAgreement(scopeRows(floor.oracle, index, root, floor.every)), floor)).toEqual([]);
  },
);

test.skipIf(corpusMissing !== undefined).each(generated)(
  'Scopes agree with a plain matcher on requests just inside and outside of what policies of $oracle match',
  (floor) => {
    expect(below(scopeAgreement(generatedRows(floor.oracle, floor.every)), floor)).toEqual([]);
  },
);

/** What lies under the floor, with the first misses; nothing when all is well. */
function below(agreement: { counts: ScopeCounts; misses: readonly string[] }, floor: Floor): readonly string[] {
  const { bound, bound_right: boundRight, unbound, unbound_right: unboundRight } = agreement.counts;
  const why = agreement.misses.slice(0, 10).join('\n');
  return [
    ...(bound + unbound < floor.rowsMin ? [`only ${bound + unbound} rows`] : []),
    ...(boundRight < bound * floor.bound ? [`${boundRight} of ${bound} bound: ${why}`] : []),
    ...(unboundRight < unbound * floor.unbound ? [`${unboundRight} of ${unbound} unbound: ${why}`] : []),
  ];
}
