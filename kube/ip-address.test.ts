import { expect, test } from 'vitest';
import { inAnyBlock, ipVersionOf, isInBlock } from './ip-address.ts';

test.each([
  ['10.0.0.1', 4],
  ['::1', 6],
  ['::ffff:10.0.0.1', 6],
  ['10.0.0', undefined],
  ['010.0.0.1', undefined],
  ['db', undefined],
  ['', undefined],
] as const)('%j is an address of version %s', (text, version) => {
  expect(ipVersionOf(text)).toBe(version);
});

test.each([
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.0.0.7/8', '10.1.2.3', true],
  ['0.0.0.0/0', '192.0.2.1', true],
  ['10.0.0.1/32', '10.0.0.1', true],
  ['fd00::/8', 'fd12::1', true],
  ['fd00::/8', '10.0.0.1', false],
  ['10.0.0.0/8', 'fd12::1', false],
  ['10.0.0.0/33', '10.0.0.1', undefined],
  ['10.0.0.0/', '10.0.0.1', undefined],
  ['10.0.0.0', '10.0.0.0', undefined],
  ['10.0.0.0/8', 'db', undefined],
] as const)('whether %s holds %s: %s', (cidr, address, holds) => {
  expect(isInBlock(cidr, address)).toBe(holds);
});

test('an address is in one of several blocks, and what is no address in none', () => {
  const isIn = inAnyBlock(['10.0.0.0/8', 'fd00::/8']);
  expect(['10.1.1.1', 'fd00::1', '192.0.2.1', 'fe80::1', 'db', ''].map(isIn)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

test('a block that is none is said to be that', () => {
  expect(() => inAnyBlock(['10.0.0.0'])).toThrow('10.0.0.0 is no block of addresses');
});
