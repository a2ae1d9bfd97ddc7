/**
 * Addresses of IPv4 and IPv6, and blocks of them.
 */
import { BlockList, isIP } from 'node:net';

/** Which version of IP an address is of; undefined for what is none. */
export function ipVersionOf(text: string): 4 | 6 | undefined {
  const version = isIP(text);
  return version === 4 || version === 6 ? version : undefined;
}

/** Whether a block holds an address; undefined where either is none. */
export function isInBlock(cidr: string, address: string): boolean | undefined {
  const block = readBlock(cidr);
  const version = ipVersionOf(address);
  if (block === undefined || version === undefined) return undefined;
  return block.version === version && listOf([block]).check(address, familyOf(version));
}

/**
 * Tells whether one of these blocks holds an address. What is no address is in none.
 *
 * @param cidrs Throws for one that is no block.
 */
export function inAnyBlock(cidrs: readonly string[]): (address: string) => boolean {
  const blocks = cidrs.map((cidr) => {
    const block = readBlock(cidr);
    if (block === undefined) throw new Error(`${cidr} is no block of addresses`);
    return block;
  });
  const list = listOf(blocks);
  return (address) => {
    const version = ipVersionOf(address);
    return version !== undefined && list.check(address, familyOf(version));
  };
}

interface Block {
  readonly network: string;
  readonly bits: number;
  readonly version: 4 | 6;
}

function readBlock(cidr: string): Block | undefined {
  const slash = cidr.indexOf('/');
  const [network, length] = [cidr.slice(0, slash), cidr.slice(slash + 1)];
  const version = slash < 0 ? undefined : ipVersionOf(network);
  const bits = /^[0-9]{1,3}$/.test(length) ? Number(length) : Number.NaN;
  return version !== undefined && bits <= (version === 4 ? 32 : 128) ? { network, bits, version } : undefined;
}

function listOf(blocks: readonly Block[]): BlockList {
  const list = new BlockList();
  for (const { network, bits, version } of blocks) list.addSubnet(network, bits, familyOf(version));
  return list;
}

function familyOf(version: 4 | 6): 'ipv4' | 'ipv6' {
  return version === 4 ? 'ipv4' : 'ipv6';
}
