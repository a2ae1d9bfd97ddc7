import { expect, test } from 'vitest';
import type { NamespaceScope } from '../../crds/scope.ts';
import { bindingAll } from './namespace-parts.ts';

const prod = { matchLabels: { env: 'prod' } };
const web = { matchLabels: { team: 'web' } };

test.each<[string, NamespaceScope[], NamespaceScope]>([
  ['none is everywhere', [], {}],
  ['what says nothing takes nothing away', [{}, { names: ['a'] }], { names: ['a'] }],
  ['names and a selector', [{ names: ['a'] }, { selector: prod }], { names: ['a'], selector: prod }],
  ['names narrow names and patterns', [{ globs: ['a-*'] }, { names: ['a-1', 'b'] }], { names: ['a-1'] }],
  ['names that no other takes are none', [{ names: ['a'] }, { names: ['b'] }], { names: [] }],
  [
    'names narrow a choice that goes by names',
    [{ anyOf: [{ names: ['a'] }, { globs: ['b*'] }] }, { names: ['a', 'b1', 'c'] }],
    { names: ['a', 'b1'] },
  ],
  ['two selectors', [{ selector: prod }, { selector: web }], { selector: prod, anyOf: [{ selector: web }] }],
  [
    'patterns stay beside patterns',
    [{ globs: ['a*'] }, { globs: ['*b'] }],
    { globs: ['a*'], anyOf: [{ globs: ['*b'] }] },
  ],
  [
    'a choice beside a filter',
    [{ anyOf: [{ selector: web }, { names: ['a'] }] }, { selector: prod }],
    { selector: prod, anyOf: [{ selector: web }, { names: ['a'] }] },
  ],
  [
    'what is left out adds up',
    [{ noneOf: [{ names: ['a'] }] }, { noneOf: [{ names: ['b'] }, { names: ['a'] }] }],
    { noneOf: [{ names: ['a'] }, { names: ['b'] }] },
  ],
])('%s', (_name, scopes, bound) => {
  expect(bindingAll(scopes)).toEqual(bound);
});
