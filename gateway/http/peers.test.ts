import { expect, test } from 'vitest';
import { createPeerCounts, peerOf } from './peers.ts';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['2001:0db8:0000:0000:ffff:1:2:3', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
  ['1:2:3::4:5:192.0.2.7', '1:2:3:0::/64'],
  [undefined, 'unknown'],
])('%s counts as %s', (address, peer) => {
  expect(peerOf(address)).toBe(peer);
});

test('what a peer gives back, it may have again', () => {
  const counts = createPeerCounts(2);
  expect([counts.add('a'), counts.add('a'), counts.add('a'), counts.add('b')]).toEqual([true, true, false, true]);
  counts.remove('a');
  expect([counts.add('a'), counts.add('a')]).toEqual([true, false]);
});
