import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holdsExpression } from '../../../kube/label-expression.ts';
import { conditionOf } from './selection.ts';
import { type Comparison, parseSelector, type Selector, selectorDepthMax, SelectorError } from './selector.ts';

const is = (key: string, comparison: Comparison, ...values: string[]): Selector => ({
  is: 'label',
  key,
  comparison,
  values,
});

describe('reads', () => {
  test.each<[string, Selector]>([
    ['', { is: 'all' }],
    [' \t', { is: 'all' }],
    ['all()', { is: 'all' }],
    ['all( )', { is: 'all' }],
    ['global()', { is: 'global' }],
    ["a == 'b'", is('a', 'In', 'b')],
    ['a=="b"', is('a', 'In', 'b')],
    [`a == "it's"`, is('a', 'In', "it's")],
    ["a == '\\'", is('a', 'In', '\\')],
    ["a == ''", is('a', 'In', '')],
    ["a != 'b'", is('a', 'NotIn', 'b')],
    ['a in {\'b\', "c"}', is('a', 'In', 'b', 'c')],
    ["a in{'b',}", is('a', 'In', 'b')],
    ['a in {}', is('a', 'In')],
    ["a not in {'b'}", is('a', 'NotIn', 'b')],
    ["a notin {'b'}", is('a', 'NotIn', 'b')],
    ["a not \t in{'b'}", is('a', 'NotIn', 'b')],
    ["a contains 'b'", is('a', 'Contains', 'b')],
    ["a starts with 'b'", is('a', 'StartsWith', 'b')],
    ["a startswith'b'", is('a', 'StartsWith', 'b')],
    ["a ends  with 'b'", is('a', 'EndsWith', 'b')],
    ['has(a)', is('a', 'Exists')],
    ['has( a )', is('a', 'Exists')],
    ["projectcalico.org/name == 'x'", is('projectcalico.org/name', 'In', 'x')],
    ["has == 'x'", is('has', 'In', 'x')],
    ["all == 'x'", is('all', 'In', 'x')],
    ["in in {'in'}", is('in', 'In', 'in')],
    ['!has(a)', { is: 'not', of: is('a', 'Exists') }],
    ['!!has(a)', is('a', 'Exists')],
    ['! ! !all()', { is: 'not', of: { is: 'all' } }],
    ['((has(a)))', is('a', 'Exists')],
    ["!has(a) && b == 'c'", { is: 'and', parts: [{ is: 'not', of: is('a', 'Exists') }, is('b', 'In', 'c')] }],
    [
      'has(a) || has(b) && has(c)',
      { is: 'or', parts: [is('a', 'Exists'), { is: 'and', parts: [is('b', 'Exists'), is('c', 'Exists')] }] },
    ],
    [
      '(has(a) || has(b)) && has(c)',
      { is: 'and', parts: [{ is: 'or', parts: [is('a', 'Exists'), is('b', 'Exists')] }, is('c', 'Exists')] },
    ],
  ])('%j', (text, selector) => {
    expect(parseSelector(text)).toEqual(selector);
  });
});

describe('says where it cannot read', () => {
  test.each([
    ['a', 2],
    ["a = 'b'", 3],
    ['a == b', 6],
    ["a == 'b", 6],
    ['a == \'b"', 6],
    ["'a' == 'b'", 1],
    ['has(', 5],
    ['has (a)', 5],
    ['has()', 5],
    ['all(a)', 5],
    ['all', 4],
    ["a in 'b'", 6],
    ["a in {'b' 'c'}", 11],
    ['a in {,}', 7],
    ["a not 'b'", 7],
    ["a starts 'b'", 10],
    ["a == {'b'}", 6],
    ['(has(a)', 8],
    ['has(a))', 7],
    ['has(a) &&', 10],
    ['has(a) & has(b)', 8],
    ['|| has(a)', 1],
    ['has(a) has(b)', 8],
    ['!', 2],
    ["a !== 'b'", 5],
    ['has(a)\n&& has(b)', 7],
    ["ä == 'b'", 1],
  ])('%j at character %i', (text, character) => {
    expect(() => parseSelector(text)).toThrow(new RegExp(`must stand at character ${character}$`));
  });

  test('of what is longer or deeper than it reads', () => {
    const nested = (depth: number) => `${'('.repeat(depth)}has(a)${')'.repeat(depth)}`;
    expect(parseSelector(nested(selectorDepthMax))).toEqual(is('a', 'Exists'));
    expect(() => parseSelector(nested(selectorDepthMax + 1))).toThrow(SelectorError);
    expect(() => parseSelector('('.repeat(99_999))).toThrow(SelectorError);
    expect(() => parseSelector(' '.repeat(100_001))).toThrow(SelectorError);
    expect(() => parseSelector(`has(${'a'.repeat(513)})`)).toThrow(SelectorError);
    expect(parseSelector(`${'!'.repeat(99_990)}has(a)`)).toEqual(is('a', 'Exists'));
  });
});

const labels = ['a', 'b', 'pcns.team', 'pcsa.team', 'projectcalico.org/namespace', 'projectcalico.org/orchestrator'];
const key = fc.constantFrom(...labels, 'projectcalico.org/serviceaccount', 'pcns.projectcalico.org/name');
const value = fc.constantFrom('', 'x', 'y', 'xy', 'shop', 'k8s', 'db');
const label = fc.oneof(
  fc.record({
    is: fc.constant('label' as const),
    key,
    comparison: fc.constantFrom<Comparison[]>('In', 'NotIn'),
    values: fc.array(value, { maxLength: 3 }),
  }),
  fc.record({
    is: fc.constant('label' as const),
    key,
    comparison: fc.constantFrom<Comparison[]>('Contains', 'StartsWith', 'EndsWith'),
    values: fc.tuple(value),
  }),
  key.map((one) => is(one, 'Exists')),
);
const { selector: anySelector } = fc.letrec<{ selector: Selector }>((tie) => ({
  selector: fc.oneof(
    { maxDepth: 4 },
    label,
    fc.constant<Selector>({ is: 'all' }),
    tie('selector').map((of): Selector => ({ is: 'not', of })),
    fc.record({
      is: fc.constantFrom('and' as const, 'or' as const),
      parts: fc.array(tie('selector'), { minLength: 2, maxLength: 3 }),
    }),
  ),
}));

/** Written as wildly as the language allows. */
function written(selector: Selector, style: () => number): string {
  const blank = () => ['', ' ', '\t ', '  '][style() % 4] ?? '';
  const quoted = (text: string) => (style() % 2 === 0 ? `'${text}'` : `"${text}"`);
  switch (selector.is) {
    case 'all':
    case 'global':
      return `${selector.is}(${blank()})`;
    case 'not':
      return `${blank()}!${blank()}(${written(selector.of, style)})`;
    case 'and':
    case 'or': {
      const parts = selector.parts.map((part) => `(${written(part, style)})${blank()}`);
      return parts.join(selector.is === 'and' ? '&&' : '||');
    }
    case 'label': {
      const { key: name, comparison, values } = selector;
      const [only = ''] = values;
      const words = { Contains: ['contains'], StartsWith: ['starts', 'with'], EndsWith: ['ends', 'with'] };
      if (comparison === 'Exists') return `has(${blank()}${name}${blank()})`;
      if (comparison === 'In' || comparison === 'NotIn') {
        if (values.length === 1 && style() % 2 === 0) {
          return `${name}${blank()}${comparison === 'In' ? '==' : '!='}${blank()}${quoted(only)}`;
        }
        const set = `{${values.map(quoted).join(`${blank()},${blank()}`)}}`;
        return `${name} ${comparison === 'In' ? 'in' : `not${blank()}in`}${blank()}${set}`;
      }
      return `${name} ${words[comparison].join(blank())}${blank()}${quoted(only)}`;
    }
    default:
      return selector satisfies never;
  }
}

/** As the documentation says it, on the labels that Calico gives a pod. */
function slowly(selector: Selector, of: Readonly<Record<string, string>>): boolean {
  switch (selector.is) {
    case 'all':
      return true;
    case 'global':
      return false;
    case 'not':
      return !slowly(selector.of, of);
    case 'and':
      return selector.parts.every((part) => slowly(part, of));
    case 'or':
      return selector.parts.some((part) => slowly(part, of));
    case 'label': {
      const found = of[selector.key];
      if (selector.comparison === 'NotIn') return found === undefined || !selector.values.includes(found);
      if (found === undefined) return false;
      if (selector.comparison === 'Exists') return true;
      if (selector.comparison === 'In') return selector.values.includes(found);
      const part = selector.values[0] ?? '';
      if (selector.comparison === 'Contains') return found.split(part).length > 1 || part === '';
      return selector.comparison === 'StartsWith'
        ? found.slice(0, part.length) === part
        : found.slice(found.length - part.length) === part;
    }
    default:
      return selector satisfies never;
  }
}

test('a selector that is written down and read again holds for the same pods, however it is put', () => {
  const some = fc.dictionary(fc.constantFrom('a', 'b', 'team'), value, { maxKeys: 3 });
  const styles = fc.array(fc.nat({ max: 11 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(anySelector, styles, some, some, some, fc.boolean(), (selector, style, own, ns, sa, isHome) => {
      let turn = 0;
      const text = written(selector, () => style[turn++ % style.length] ?? 0);
      const all = {
        ...own,
        ...Object.fromEntries(Object.entries(ns).map(([name, one]) => [`pcns.${name}`, one])),
        ...Object.fromEntries(Object.entries(sa).map(([name, one]) => [`pcsa.${name}`, one])),
        'pcns.projectcalico.org/name': 'shop',
        'projectcalico.org/namespace': 'shop',
        'projectcalico.org/serviceaccount': 'db',
        'projectcalico.org/orchestrator': 'k8s',
      };
      const world = { objects: 'pods' as const, namespace: isHome ? 'shop' : undefined };
      const condition = conditionOf(parseSelector(text), 'own', world);
      const namespace = { ...ns, 'kubernetes.io/metadata.name': 'shop' };
      const serviceAccount = { ...sa, 'projectcalico.org/name': 'db' };
      const holds =
        typeof condition === 'boolean' ? condition : holdsExpression(condition, { own, namespace, serviceAccount });
      expect(holds, text).toBe(slowly(selector, all));
    }),
    { numRuns: 2_000 },
  );
});

test('any text is read or refused with its place', () => {
  const pieces = fc.constantFrom(
    'has(',
    'a',
    ')',
    '(',
    '!',
    '==',
    "'x'",
    ' in ',
    '{',
    '}',
    ',',
    '&&',
    '||',
    'not',
    ' ',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((some) => some.join('')),
      ),
      (text) => {
        try {
          parseSelector(text);
        } catch (error) {
          expect(error).toBeInstanceOf(SelectorError);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
