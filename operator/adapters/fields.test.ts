import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchesLabels } from '../../kube/label-selector.ts';
import { SelectorField, selectorOfBoth } from './fields.ts';

test('a selector of both selects what each of the two selects', () => {
  const key = fc.constantFrom('a', 'b', '__proto__', 'constructor');
  const value = fc.constantFrom('x', 'y');
  const labels = fc.dictionary(key, value);
  const selector = fc
    .record(
      {
        matchLabels: labels,
        matchExpressions: fc.array(
          fc.record({
            key,
            operator: fc.constantFrom('In' as const, 'NotIn' as const, 'Exists' as const, 'DoesNotExist' as const),
            values: fc.array(value),
          }),
          { maxLength: 2 },
        ),
      },
      { requiredKeys: [] },
    )
    .map((one) => SelectorField.parse(one));
  fc.assert(
    fc.property(selector, selector, labels, (a, b, object) => {
      expect(matchesLabels(selectorOfBoth(a, b), object)).toBe(matchesLabels(a, object) && matchesLabels(b, object));
    }),
    { numRuns: 2_000 },
  );
});
