import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asStored, loadCases } from '../../crds/cases/load-cases.ts';
import { Constraint } from '../../crds/constraint.ts';
import { type FieldPaths, ProfileSpec } from '../../crds/profile.ts';
import { readCase } from '../testing/read-case.ts';
import { fieldPathFaults, genericAdapter } from './generic.ts';

const guardrails = { group: 'guards.example.com', plural: 'guardrails' };

function profileWith(fieldPaths: FieldPaths): ProfileSpec {
  return ProfileSpec.parse({ gvr: { group: guardrails.group, resource: guardrails.plural }, fieldPaths });
}

function read(spec: unknown, fieldPaths: FieldPaths, metadata: object = { name: 'g' }) {
  const object = asStored({ apiVersion: 'guards.example.com/v1', kind: 'Guardrail', metadata, spec });
  const { constraints, problems } = genericAdapter(guardrails, profileWith(fieldPaths)).read(object);
  const [constraint, ...others] = constraints;
  if (constraint === undefined || others.length > 0) throw new Error(`${constraints.length} constraints and not one`);
  return { ...constraint, problems };
}

test.each(loadCases('generic'))('$name: $why', (example) => {
  const { read: whole, parts, partsGiven } = readCase(genericAdapter(guardrails, example.profile), example);
  expect(whole).toMatchObject({ constraints: example.constraints, problems: example.problems });
  expect(parts).toEqual(partsGiven);
});

test('it is called generic whatever it reads, and reads the kind that it is made for', () => {
  expect(genericAdapter(guardrails, undefined)).toMatchObject({ id: 'generic', resources: [guardrails] });
});

describe('the effect', () => {
  test.each([
    ['deny', 'deny'],
    [' BLOCK ', 'deny'],
    ['Enforce', 'deny'],
    ['reject', 'deny'],
    ['Warn', 'warn'],
    ['dry-run', 'audit'],
    ['DryRun', 'audit'],
    ['monitor', 'audit'],
    ['Allow', 'allow'],
    ['mutate', 'mutate'],
    ['generate', 'generate'],
    ['denylist', 'unknown'],
    ['do not deny', 'unknown'],
    ['constructor', 'unknown'],
    [['allow', 'warn'], 'warn'],
    [['audit', 'quarantine'], 'unknown'],
    [['quarantine', 'deny'], 'deny'],
    [[], 'unknown'],
  ])('of %j is %s', (action, effect) => {
    expect(read({ action }, { effectPath: 'spec.action' })).toMatchObject({ effect, problems: [] });
  });

  test('of what is no word is unknown, and a problem', () => {
    const { effect, problems } = read({ action: true }, { effectPath: 'spec.action' });
    expect(effect).toBe('unknown');
    expect(problems).toMatchObject([{ path: 'spec.action', message: 'Must be a word, like deny, warn or audit' }]);
  });
});

describe('namespaces', () => {
  const at = { namespaceSelectorPath: 'spec.at' };
  test.each([
    ['shop', { names: ['shop'] }],
    [['b', 'a', 'b'], { names: ['a', 'b'] }],
    ['team-?', { globs: ['team-?'] }],
    [{ team: 'web' }, { selector: { matchLabels: { team: 'web' } } }],
    [{ matchLabels: { team: 'web' } }, { selector: { matchLabels: { team: 'web' } } }],
    [[{ team: 'web' }, { matchLabels: { team: 'web' } }], { selector: { matchLabels: { team: 'web' } } }],
    [{}, {}],
    [null, {}],
  ])('%j', (value, namespaces) => {
    expect(read({ at: value }, at)).toMatchObject({ scope: { namespaces }, problems: [] });
    expect(read({ at: value }, at).scope.namespaces).toEqual(namespaces);
  });

  test.each([[7], [['a', 7]], [['a', '']], [{ matchLabels: 'web' }], [{ team: 7 }], [{ matchLabels: {}, any: true }]])(
    'of %j are all, and a problem',
    (value) => {
      const { scope, problems, message } = read({ at: value }, at);
      expect(scope).toEqual({ namespaces: {} });
      expect(problems).toMatchObject([{ path: 'spec.at' }]);
      expect(message).toContain('it may bind less than is said here, because spec.at could not be read');
    },
  );

  test('more than anybody lists by hand are all, and a problem', () => {
    const { scope, problems } = read({ at: Array.from({ length: 501 }, (_, index) => `n${index}`) }, at);
    expect(scope).toEqual({ namespaces: {} });
    expect(problems).toHaveLength(1);
  });
});

test('an object in a namespace binds no other namespace, whatever it and its profile say', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (at) => {
      const paths = { namespaceSelectorPath: 'spec.at', selectorPath: 'spec.at', effectPath: 'spec.at' };
      const { problems, ...constraint } = read({ at }, paths, { name: 'g', namespace: 'shop' });
      expect(constraint.scope.namespaces).toEqual({ names: ['shop'] });
      expect(Constraint.parse(constraint)).toEqual(constraint);
      expect(problems.length).toBeLessThanOrEqual(2);
    }),
  );
});

test('what is wrong with the paths of a profile is told for its status, and such a path is not followed', () => {
  const paths = { effectPath: `spec${'[0]'.repeat(40)}`, summaryPath: 'spec.title' };
  expect(fieldPathFaults(profileWith(paths))).toEqual([
    { path: ['spec', 'fieldPaths', 'effectPath'], message: 'Must have at most 32 steps' },
  ]);
  expect(read({ title: 'Known' }, paths)).toMatchObject({ effect: 'unknown', summary: 'Known', problems: [] });
});
