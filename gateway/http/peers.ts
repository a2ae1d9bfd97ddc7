import { isIPv6 } from 'node:net';

/**
 * Whom an address stands for where callers are limited by it: one IPv4 address, or the /64 of an IPv6 one, which is what a
 * single host is given and may choose its addresses from. Headers that name another address are not believed: whoever sends
 * them can write what it likes.
 */
export function peerOf(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  if (!address.includes(':')) return address;
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!isIPv6(address)) return address;
  const [text = ''] = address.split('%', 1);
  const [before = '', after] = text.split('::', 2);
  const left = before === '' ? [] : before.split(':');
  const right = after === undefined || after === '' ? [] : after.split(':');
  // An IPv4 address at the end takes up two groups, both of them in the other half.
  const length = left.length + right.length + (text.includes('.') ? 1 : 0);
  const groups = after === undefined ? left : [...left, ...Array<string>(Math.max(0, 8 - length)).fill('0'), ...right];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
