import { BlockList, isIP } from 'node:net';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Address, Cidr, liesIn } from './addresses.ts';

test('an address without a prefix stands for itself', () => {
  expect(Address.parse('192.0.2.1')).toBe('192.0.2.1/32');
  expect(Address.parse('2001:db8::1')).toBe('2001:db8::1/128');
  expect(Address.parse('10.0.0.0/8')).toBe('10.0.0.0/8');
});

test.each([
  '',
  '/',
  '10.0.0',
  '10.0.0.256',
  '010.0.0.1',
  '10.0.0.0/33',
  '10.0.0.0/8/8',
  '10.0.0.0/',
  '10.0.0.0/-1',
  '::1::',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8::',
  '1:2:3:4:5:6:7::8:9',
  'fe80::1%eth0',
  '::g',
  '::/129',
  ':',
  'name',
])('%j is no address', (text) => {
  expect(Address.safeParse(text).success).toBe(false);
});

test('a range needs a prefix', () => {
  expect(Cidr.safeParse('10.0.0.0').success).toBe(false);
  expect(Cidr.safeParse('::/0').success).toBe(true);
});

test('texts are addresses where Node takes them for some', () => {
  const text = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-3af:.]{0,24}$/));
  fc.assert(
    fc.property(text, (one) => {
      expect(Address.safeParse(one).success).toBe(isIP(one) !== 0);
    }),
    { numRuns: 2_000 },
  );
});

test('a range lies in another one where Node says so', () => {
  const range = fc.oneof(
    fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }), fc.constant('ipv4' as const)),
    fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }), fc.constant('ipv6' as const)),
  );
  fc.assert(
    fc.property(range, range, ([net, prefix, version], [address, , other]) => {
      const list = new BlockList();
      list.addSubnet(net, prefix, version);
      expect(liesIn(`${address}/${other === 'ipv4' ? 32 : 128}`, `${net}/${prefix}`)).toBe(
        version === other && list.check(address, other),
      );
    }),
    { numRuns: 1_000 },
  );
});
