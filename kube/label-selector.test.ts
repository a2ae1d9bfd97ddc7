import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LabelSelector } from '../crds/label-selector.ts';
import { labelSelectorText, matchesLabels } from './label-selector.ts';

const web = { app: 'web', tier: 'front' };

describe('matchesLabels', () => {
  test.each<[string, LabelSelector, boolean]>([
    ['an empty selector selects everything', {}, true],
    ['empty parts select everything', { matchLabels: {}, matchExpressions: [] }, true],
    ['matchLabels wants the value', { matchLabels: { app: 'web' } }, true],
    ['matchLabels does not take another value', { matchLabels: { app: 'db' } }, false],
    ['all of matchLabels must hold', { matchLabels: { app: 'web', tier: 'back' } }, false],
    ['an empty value is a value', { matchLabels: { zone: '' } }, false],
    ['In wants one of the values', { matchExpressions: [{ key: 'app', operator: 'In', values: ['db', 'web'] }] }, true],
    ['In needs the label', { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }, false],
    ['NotIn refuses its values', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, false],
    ['NotIn holds without the label', { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }, true],
    ['Exists wants the label', { matchExpressions: [{ key: 'app', operator: 'Exists' }] }, true],
    ['Exists misses a label', { matchExpressions: [{ key: 'zone', operator: 'Exists' }] }, false],
    ['DoesNotExist refuses the label', { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, false],
    ['DoesNotExist holds without it', { matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }, true],
    [
      'labels and expressions are ANDed',
      { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] },
      false,
    ],
    ['a label that every object inherits in JavaScript is absent', { matchLabels: { constructor: 'x' } }, false],
    ['and does not exist', { matchExpressions: [{ key: 'toString', operator: 'DoesNotExist' }] }, true],
  ])('%s', (_name, selector, expected) => {
    expect(matchesLabels(selector, web)).toBe(expected);
  });
});

const keys = fc.constantFrom('a', 'b', 'c');
const values = fc.constantFrom('', '1', '2');
const labels = fc.dictionary(keys, values);

test('In and NotIn, Exists and DoesNotExist are each the opposite of the other', () => {
  fc.assert(
    fc.property(labels, keys, fc.array(values, { minLength: 1 }), (carried, key, wanted) => {
      const holds = (operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist') =>
        matchesLabels({ matchExpressions: [{ key, operator, values: wanted }] }, carried);
      expect(holds('In')).toBe(!holds('NotIn'));
      expect(holds('Exists')).toBe(!holds('DoesNotExist'));
    }),
  );
});

test('an object is selected by its own labels', () => {
  fc.assert(
    fc.property(labels, (carried) => {
      expect(matchesLabels({ matchLabels: carried }, carried)).toBe(true);
    }),
  );
});

describe('labelSelectorText', () => {
  test('writes all operators as kubectl does, sorted by key', () => {
    expect(
      labelSelectorText({
        matchLabels: { app: 'web' },
        matchExpressions: [
          { key: 'x', operator: 'DoesNotExist' },
          { key: 'tier', operator: 'In', values: ['b', 'a'] },
          { key: 'env', operator: 'NotIn', values: ['prod'] },
          { key: 'team', operator: 'Exists' },
        ],
      }),
    ).toBe('app=web,env notin (prod),team,tier in (a,b),!x');
  });

  test('says nothing of a selector that selects everything', () => {
    expect(labelSelectorText({})).toBe('');
  });

  test('gives equal texts for selectors that differ in order only', () => {
    expect(labelSelectorText({ matchLabels: { b: '1', a: '2' } })).toBe(
      labelSelectorText({ matchLabels: { a: '2', b: '1' } }),
    );
  });
});

/** More of everything than is compared one after the other, of which none changes what is selected. */
function enlarged({ matchLabels = {}, matchExpressions = [] }: LabelSelector): LabelSelector {
  const more = Array.from({ length: 40 }, (_, index) => ({ key: `x${index}`, operator: 'DoesNotExist' as const }));
  return { matchLabels, matchExpressions: [...matchExpressions, ...more] };
}

test('a selector with many parts selects the same as one with few', () => {
  const operator = fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist');
  const expression = fc.record({ key: keys, operator, values: fc.array(values) });
  const selector = fc.record({ matchLabels: labels, matchExpressions: fc.array(expression) }, { requiredKeys: [] });
  fc.assert(
    fc.property(selector, labels, (small, of) => {
      expect(matchesLabels(enlarged(small), of)).toBe(matchesLabels(small, of));
    }),
    { numRuns: 2_000 },
  );
});

test.each<[string, LabelSelector]>([
  [
    'expressions',
    { matchExpressions: Array.from({ length: 20_000 }, (_, i) => ({ key: `x${i}`, operator: 'DoesNotExist' })) },
  ],
  [
    'values',
    {
      matchExpressions: [{ key: 'app', operator: 'NotIn', values: Array.from({ length: 20_000 }, (_, i) => `v${i}`) }],
    },
  ],
])('a selector with thousands of %s is looked at once, and not for each object', (_, selector) => {
  let reads = 0;
  const [first] = selector.matchExpressions ?? [];
  const counted = new Proxy(first ?? { key: '', operator: 'Exists' as const }, {
    get(target, field) {
      reads += 1;
      return Reflect.get(target, field) as unknown;
    },
  });
  const watched: LabelSelector = { matchExpressions: [counted, ...(selector.matchExpressions ?? []).slice(1)] };
  expect(matchesLabels(watched, web)).toBe(true);
  const once = reads;
  for (let objects = 0; objects < 1_000; objects += 1) expect(matchesLabels(watched, web)).toBe(true);
  expect(reads).toBe(once);
});
