import { expect, test } from 'vitest';
import type { LabelExpression } from '../crds/label-expression.ts';
import { holdsExpression } from './label-expression.ts';

const own = { app: 'web-frontend', tier: 'front' };

test.each<[string, LabelExpression, boolean | undefined]>([
  ['an empty all holds', { all: [] }, true],
  ['an empty any does not', { any: [] }, false],
  ['In', { key: 'tier', operator: 'In', values: ['front', 'back'] }, true],
  ['NotIn without the label', { key: 'other', operator: 'NotIn', values: ['a'] }, true],
  ['NotIn with the value', { key: 'tier', operator: 'NotIn', values: ['front'] }, false],
  ['Exists', { key: 'other', operator: 'Exists' }, false],
  ['DoesNotExist', { key: 'other', operator: 'DoesNotExist' }, true],
  ['Contains', { key: 'app', operator: 'Contains', values: ['-front'] }, true],
  ['StartsWith', { key: 'app', operator: 'StartsWith', values: ['front'] }, false],
  ['EndsWith', { key: 'app', operator: 'EndsWith', values: ['end'] }, true],
  ['not', { not: { key: 'tier', operator: 'Exists' } }, false],
  [
    'any',
    {
      any: [
        { key: 'other', operator: 'Exists' },
        { key: 'tier', operator: 'Exists' },
      ],
    },
    true,
  ],
  ['a name that every object has is no label', { key: 'constructor', operator: 'Exists' }, false],
  ['labels that are not known', { key: 'a', operator: 'Exists', of: 'serviceAccount' }, undefined],
  ['not of what is not known', { not: { key: 'a', operator: 'Exists', of: 'namespace' } }, undefined],
  [
    'what is not known beside a false',
    { all: [{ key: 'a', operator: 'Exists', of: 'namespace' }, { any: [] }] },
    false,
  ],
  ['what is not known beside a true', { any: [{ key: 'a', operator: 'Exists', of: 'namespace' }, { all: [] }] }, true],
])('%s', (_name, expression, answer) => {
  expect(holdsExpression(expression, { own })).toBe(answer);
});
