import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Constraint } from '../../crds/constraint.ts';
import { handleOf } from '../../crds/report-line.ts';
import { type Binding, inheritedBinding, ownBinding } from '../catalog/binding.ts';
import { hostileConstraint, hostileRules } from '../testing/hostile.ts';
import { entryOf, changedAt, networkConstraint } from '../testing/objects.ts';
import { remediationFor } from './remediation.ts';

/** Of what its line or entry says and, behind a right, of the full form. */
function bindingOf(told: Constraint, full: Constraint, as: 'own' | 'cluster' | 'foreign'): Binding {
  const home = { own: 'shop', cluster: undefined, foreign: 'platform' }[as];
  const form = { home, text: JSON.stringify(full), value: full };
  if (as === 'own') return ownBinding(entryOf(told), () => form);
  const { severity, effect, type, source, id, summary } = told;
  const name = as === 'foreign' ? handleOf(id) : told.name;
  return inheritedBinding({ severity, effect, type, kind: source.kind, name, id, summary }, changedAt, () => form);
}

const told = networkConstraint('shop', 'db-in');
const at = (binding: Binding, level: 'summary' | 'full') =>
  JSON.stringify(remediationFor(binding, level, { namespace: 'shop', contact: undefined }));

describe.each(['own', 'cluster', 'foreign'] as const)('of a policy that is %s', (as) => {
  test.each(Object.entries(hostileRules))('the summary does not depend on a full form %s', (_form, rule) => {
    fc.assert(
      fc.property(hostileConstraint([rule]), (full) => {
        // The version of the policy is told at every level.
        const source = { ...full.source, apiVersion: told.source.apiVersion };
        const other = { ...full, id: told.id, source };
        expect(at(bindingOf(told, other, as), 'summary')).toBe(at(bindingOf(told, told, as), 'summary'));
      }),
    );
  });

  test('the full form says more', () => {
    const binding = bindingOf(told, told, as);
    expect(at(binding, 'summary')).not.toContain('15432');
    expect(at(binding, 'full')).toContain('15432');
  });
});

test('the name of a policy of another namespace is in no step', () => {
  const secret = networkConstraint('platform', 'secret-peer');
  expect(at(bindingOf(secret, secret, 'foreign'), 'summary')).not.toContain('secret-peer');
  expect(at(bindingOf(secret, secret, 'foreign'), 'summary')).toContain(handleOf(secret.id));
  expect(at(bindingOf(secret, secret, 'foreign'), 'full')).toContain('secret-peer -n platform');
});
