import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  quantityRatio,
} from './quantity.ts';

function read(text: string | number): Quantity {
  const quantity = parseQuantity(text);
  if (quantity === undefined) throw new Error(`${text} should be a quantity`);
  return quantity;
}

/** Accepted and canonical forms as k8s.io/apimachinery v0.36.3 gives them, not as this code does. */
describe('parseQuantity', () => {
  test.each([
    ['0', '0'],
    ['-0', '0'],
    ['100m', '100m'],
    ['1000m', '1'],
    ['0.1', '100m'],
    ['1.5', '1500m'],
    ['.5', '500m'],
    ['1.', '1'],
    ['-', '0'],
    ['+2k', '2k'],
    ['1500k', '1500k'],
    ['1000k', '1M'],
    ['12e6', '12e6'],
    ['12E6', '12e6'],
    ['1e-3', '1e-3'],
    ['1e3', '1e3'],
    ['12000', '12k'],
    ['1E', '1E'],
    ['1024', '1024'],
    ['1Ki', '1Ki'],
    ['1024Ki', '1Mi'],
    ['1023Ki', '1023Ki'],
    ['1.5Gi', '1536Mi'],
    ['0.5Mi', '512Ki'],
    ['0.5Ki', '512'],
    ['-0.5Ki', '-512'],
    ['0.0001Ki', '102400u'],
    ['0.1n', '1n'],
    ['-0.1n', '-1n'],
    ['0.000000000001', '1n'],
    ['9Ei', '9223372036854775807'],
    ['-9Ei', '-9223372036854775807'],
    ['123456789e-12', '123457e-9'],
    ['Mi', '0'],
  ])('reads %j, canonically %j', (text, canonical) => {
    expect(formatQuantity(read(text))).toBe(canonical);
  });

  test.each([
    '',
    ' 1',
    '1 ',
    '1.1.M',
    '1+1.0M',
    '0.1mi',
    '0.1am',
    'aoeu',
    '.5i',
    '1i',
    '-3.01i',
    '-3.01e-',
    '1e',
    '1ee3',
    '1e3e',
    '1K',
    '1Kii',
    '1Mi5',
    '٣',
    'Pi',
    'e-12',
    '1e1000',
    '1'.repeat(257),
  ])('does not take %j', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });

  test('reads numbers as JSON writes them', () => {
    expect(formatQuantity(read(2))).toBe('2');
    expect(formatQuantity(read(0.25))).toBe('250m');
    expect(formatQuantity(read(1e21))).toBe('1e21');
    expect(parseQuantity(Number.NaN)).toBeUndefined();
  });

  test('writes a decimal amount beyond E without losing it, where upstream drops the suffix', () => {
    expect(formatQuantity(read('1000E'))).toBe('1000E');
  });

  test('takes any text without a throw', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(() => parseQuantity(text)).not.toThrow();
      }),
    );
  });
});

const amounts = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.bigInt({ min: 0n, max: 10n ** 20n }),
    fc.constantFrom('n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'e3', 'e-3'),
  )
  .map(([sign, digits, suffix]) => `${sign}${digits}${suffix}`);

test('the canonical form means the same amount and is its own canonical form', () => {
  fc.assert(
    fc.property(amounts, (text) => {
      const canonical = formatQuantity(read(text));
      expect(read(canonical).nano).toBe(read(text).nano);
      expect(formatQuantity(read(canonical))).toBe(canonical);
    }),
  );
});

test('adding is exact, and comparing agrees with it', () => {
  fc.assert(
    fc.property(amounts, amounts, (a, b) => {
      const sum = addQuantities(read(a), read(b));
      expect(sum.nano).toBe(read(a).nano + read(b).nano);
      const expected = sum.nano === read(a).nano ? 0 : sum.nano > read(a).nano ? 1 : -1;
      expect(compareQuantities(sum, read(a))).toBe(expected);
    }),
  );
});

test('a sum keeps the notation of its first part, or of the second when the first is zero', () => {
  expect(formatQuantity(addQuantities(read('1Gi'), read('1G')))).toBe('2073741824');
  expect(formatQuantity(addQuantities(read('0'), read('2Gi')))).toBe('2Gi');
});

test.each([
  ['0', '10', 0],
  ['5', '10', 0.5],
  ['500m', '2', 0.25],
  ['1Gi', '2Gi', 0.5],
  ['11', '10', 1],
  ['0', '0', 1],
  ['-1', '10', 0],
  ['1', '3', 0.333333333333],
])('%s of %s is %d', (used, hard, ratio) => {
  expect(quantityRatio(read(used), read(hard))).toBe(ratio);
});
