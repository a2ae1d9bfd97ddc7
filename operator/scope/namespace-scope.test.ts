import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bindsNamespace, exactNames, matchesGlob } from './namespace-scope.ts';

const shop = { name: 'shop', labels: { team: 'store', env: 'prod' } };

describe('bindsNamespace', () => {
  test.each([
    ['an empty scope binds every namespace', {}, true],
    ['a listed name binds', { names: ['pay', 'shop'] }, true],
    ['a name that is not listed does not', { names: ['pay'] }, false],
    ['an empty list of names binds nobody', { names: [] }, false],
    ['a glob binds what it matches', { globs: ['sh*'] }, true],
    ['a name or a glob will do', { names: ['pay'], globs: ['s?op'] }, true],
    ['an exclusion takes a listed name away', { names: ['shop'], excluded: ['sh*'] }, false],
    ['a selector must hold beside a name', { names: ['shop'], selector: { matchLabels: { team: 'bank' } } }, false],
    ['a selector alone binds what it matches', { selector: { matchLabels: { team: 'store' } } }, true],
    ['an empty selector matches every namespace', { selector: {} }, true],
  ])('%s', (_, scope, expected) => {
    expect(bindsNamespace(scope, shop)).toBe(expected);
  });

  test('only a plain list of names spares the comparison with each namespace', () => {
    expect(exactNames({ names: ['a'] })).toEqual(['a']);
    expect(exactNames({ names: ['a'], excluded: ['a'] })).toBeUndefined();
    expect(exactNames({ selector: {} })).toBeUndefined();
    expect(exactNames({})).toBeUndefined();
  });
});

describe('matchesGlob', () => {
  /** The obvious definition, exponential in the worst case. */
  function slow(glob: string, text: string): boolean {
    if (glob === '') return text === '';
    const rest = glob.slice(1);
    if (glob[0] === '*') return slow(rest, text) || (text !== '' && slow(glob, text.slice(1)));
    return text !== '' && (glob[0] === '?' || glob[0] === text[0]) && slow(rest, text.slice(1));
  }

  test('agrees with the obvious definition', () => {
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
    fc.assert(
      fc.property(glob, text, (g, t) => matchesGlob(g, t) === slow(g, t)),
      { numRuns: 5_000 },
    );
  });

  test('many stars cost no more than the product of the lengths', () => {
    expect(matchesGlob('*a'.repeat(200), 'a'.repeat(200).concat('b'))).toBe(false);
  });
});
