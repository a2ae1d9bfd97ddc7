import { expect, test } from 'vitest';
import type { LabelExpression } from '../crds/label-expression.ts';
import { holdsExpression, labelExpressionText } from './label-expression.ts';

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

test.each<[LabelExpression, string]>([
  [{ key: 'app', operator: 'In', values: ['web'] }, 'app=web'],
  [{ key: 'app', operator: 'In', values: ['web', 'db'] }, 'app in (web,db)'],
  [{ key: 'app', operator: 'NotIn', values: ['web'] }, 'app!=web'],
  [{ key: 'app', operator: 'NotIn', values: ['web', 'db'] }, 'app notin (web,db)'],
  [{ key: 'app', operator: 'Exists' }, 'app'],
  [{ key: 'app', operator: 'DoesNotExist' }, '!app'],
  [{ key: 'app', operator: 'Contains', values: ['we'] }, 'app contains we'],
  [{ key: 'app', operator: 'StartsWith', values: ['we', 'd'] }, 'app starts with (we,d)'],
  [{ key: 'app', operator: 'EndsWith', values: ['b'] }, 'app ends with b'],
  [{ key: 'team', operator: 'In', values: ['a'], of: 'namespace' }, 'team of the namespace=a'],
  [{ key: 'team', operator: 'Exists', of: 'serviceAccount' }, 'team of the ServiceAccount'],
  [{ all: [] }, 'any labels'],
  [{ any: [] }, 'labels that nothing has'],
  [
    {
      all: [
        { key: 'app', operator: 'Exists' },
        {
          any: [{ key: 'tier', operator: 'In', values: ['a'] }, { not: { key: 'tier', operator: 'Exists' } }],
        },
      ],
    },
    'app,(tier=a or not (tier))',
  ],
])('in words: %j', (expression, text) => {
  expect(labelExpressionText(expression)).toBe(text);
});
