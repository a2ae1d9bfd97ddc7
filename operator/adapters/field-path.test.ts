import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fieldPathLengthMax, fieldPathPattern } from '../../crds/profile.ts';
import {
  everyElement,
  type FieldStep,
  fieldPathDepthMax,
  fieldPathText,
  fieldValuesMax,
  parseFieldPath,
  valuesAt,
} from './field-path.ts';

describe('parseFieldPath', () => {
  test.each<[string, FieldStep[]]>([
    ['spec', ['spec']],
    ['.spec.match', ['spec', 'match']],
    ['spec.match.selector', ['spec', 'match', 'selector']],
    ['spec.rules[0].action', ['spec', 'rules', 0, 'action']],
    ['spec.rules[*].action', ['spec', 'rules', everyElement, 'action']],
    ['metadata.annotations["a.b/c"]', ['metadata', 'annotations', 'a.b/c']],
    [String.raw`metadata.annotations['it\'s \\']`, ['metadata', 'annotations', String.raw`it's \ `.trim()]],
    [String.raw`["\u0041\n"].b`, ['A\n', 'b']],
    ['a["*"]["0"]', ['a', '*', '0']],
  ])('reads %s', (text, path) => {
    expect(parseFieldPath(text)).toEqual({ path });
  });

  test.each([
    ['', 'Must not be empty'],
    ['a b', 'Must have a dot or a bracket between two steps, at character 2'],
    ['a..b', 'Must have a name; other keys are quoted, like ["a.b/c"], at character 3'],
    ['a.', 'Must have a name; other keys are quoted, like ["a.b/c"], at character 3'],
    ['a.[0]', 'Must have a name; other keys are quoted, like ["a.b/c"], at character 3'],
    ['a[', 'Must be a number, * or a key in quotes, at character 3'],
    ['a["b\n"]', 'Must not have control characters, at character 5'],
    ['a[01]', 'Must close the bracket, at character 4'],
    ['a[*', 'Must close the bracket, at character 4'],
    ['a["b]', 'Must be a key in quotes, closed and with known escapes, at character 3'],
    [String.raw`a["\x"]`, 'Must be a key in quotes, closed and with known escapes, at character 3'],
    ['a'.repeat(fieldPathLengthMax + 1), 'Must be at most 512 characters long'],
    [`a${'[0]'.repeat(fieldPathDepthMax)}`, 'Must have at most 32 steps'],
  ])('says of %j what is wrong and where', (text, fault) => {
    expect(parseFieldPath(text)).toEqual({ fault });
  });
});

const anyStep = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.nat({ max: 99_999 }),
  fc.constant(everyElement),
);
const anyPath = fc.array(anyStep, { minLength: 1, maxLength: fieldPathDepthMax });
const pathLike = fc
  .array(fc.constantFrom('a', 'B-', '.', '[', ']', '*', '0', '17', '"', "'", '\\', 'n', 'u0041', '/', '\n', 'é'), {
    maxLength: 24,
  })
  .map((parts) => parts.join(''));

test('a path that is printed is read as itself', () => {
  fc.assert(
    fc.property(anyPath, (path) => {
      const text = fieldPathText(path);
      fc.pre(text.length <= fieldPathLengthMax);
      expect(parseFieldPath(text)).toEqual({ path });
    }),
    { numRuns: 500 },
  );
});

test('any text is read or refused, and what is read is printed in a form that means the same', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), pathLike), (text) => {
      const { path, fault } = parseFieldPath(text);
      if (path === undefined) expect(fault).not.toBe('');
      else expect(parseFieldPath(fieldPathText(path))).toEqual({ path });
    }),
    { numRuns: 2_000 },
  );
});

test('the API server takes the paths that are read here, and no other', () => {
  const pattern = new RegExp(fieldPathPattern);
  const printed = anyPath.map(fieldPathText).filter((text) => text.length <= fieldPathLengthMax);
  fc.assert(
    fc.property(fc.oneof(pathLike, fc.string(), printed), (text) => {
      expect(pattern.test(text)).toBe(parseFieldPath(text).fault === undefined);
    }),
    { numRuns: 2_000 },
  );
});

describe('valuesAt', () => {
  const object = {
    spec: {
      rules: [{ action: 'deny' }, { action: null }, {}, { action: 'warn' }, 7],
      matrix: [[1, 2], [], [3]],
      names: ['a', 'b'],
      empty: {},
      zero: 0,
    },
  };
  test.each<[string, unknown[]]>([
    ['spec.rules[*].action', ['deny', 'warn']],
    ['spec.rules[3].action', ['warn']],
    ['spec.matrix[*][*]', [1, 2, 3]],
    ['spec.names', [['a', 'b']]],
    ['spec.empty', [{}]],
    ['spec.zero', [0]],
    ['spec.missing.deeper', []],
    ['spec.rules.length', []],
    ['spec.rules["0"]', []],
    ['spec[0]', []],
    ['spec.names[*].length', []],
    ['constructor.name', []],
    ['__proto__', []],
  ])('%s', (text, values) => {
    const { path = [] } = parseFieldPath(text);
    expect(valuesAt(object, path)).toEqual({ values, cut: false });
  });

  test('gives a bounded list and says that there is more', () => {
    const path: FieldStep[] = [everyElement, everyElement];
    const row = Array.from({ length: 1_000 }, (_, index) => index);
    const found = valuesAt(
      row.map(() => row),
      path,
    );
    expect(found).toEqual({ values: row.slice(0, fieldValuesMax), cut: true });
    expect(valuesAt([row.slice(0, fieldValuesMax)], path).cut).toBe(false);
  });

  test('never throws, whatever the object and the path', () => {
    fc.assert(
      fc.property(fc.jsonValue(), anyPath, (value, path) => {
        expect(valuesAt(value, path).values.length).toBeLessThanOrEqual(fieldValuesMax);
      }),
    );
  });
});
