import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { StoredConstraint } from '../../crds/constraint.ts';
import { hostileConstraint, hostileRules } from './hostile.ts';

// Or a property would look, now and then, at what is told of a full form that nobody can read.
test.each(Object.entries(hostileRules))('a hostile constraint of the form %s is one as it is stored', (_, rule) => {
  fc.assert(
    fc.property(hostileConstraint([rule]), (constraint) => {
      const { success, error } = StoredConstraint.safeParse(JSON.parse(JSON.stringify(constraint)));
      expect(success, error?.message).toBe(true);
    }),
    { numRuns: 100 },
  );
});
