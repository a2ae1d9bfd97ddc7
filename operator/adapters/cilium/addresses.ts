/**
 * Addresses as Cilium takes them: of IPv4 or IPv6, without a zone.
 *
 * @see https://github.com/cilium/cilium/blob/v1.20.2/pkg/policy/api/rule_validation.go
 */
import * as z from 'zod';

/** Longer than any address with its prefix. */
const lengthMax = 64;

/** An address with the length of its prefix. */
export const Cidr = z
  .string()
  .max(lengthMax)
  .refine((text) => text.includes('/') && rangeOf(text) !== undefined, {
    error: 'Must be an address with the length of its prefix, like 10.0.0.0/8',
  });

/** In the notation of CIDR; one that has no prefix stands for itself. */
export const Address = z
  .string()
  .max(lengthMax)
  .transform((text, context) => {
    const range = rangeOf(text);
    if (range !== undefined) return text.includes('/') ? text : `${text}/${range.bits}`;
    const message = 'Must be an address, or one with the length of its prefix, like 10.0.0.0/8';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

/** Whether the first address of a range lies in another one, which takes both to be of one version of IP. */
export function liesIn(inner: string, outer: string): boolean {
  const one = rangeOf(inner);
  const other = rangeOf(outer);
  if (one === undefined || other === undefined || one.bits !== other.bits) return false;
  const open = BigInt(other.bits - other.prefix);
  return one.address >> open === other.address >> open;
}

interface Range {
  readonly address: bigint;
  readonly bits: 32 | 128;
  readonly prefix: number;
}

function rangeOf(text: string): Range | undefined {
  const [written = '', length, ...rest] = text.split('/');
  const v4 = fourOf(written);
  const address = v4 ?? sixOf(written);
  if (address === undefined || rest.length > 0) return undefined;
  const bits = v4 === undefined ? 128 : 32;
  if (length === undefined) return { address, bits, prefix: bits };
  return /^\d{1,3}$/.test(length) && Number(length) <= bits ? { address, bits, prefix: Number(length) } : undefined;
}

function fourOf(written: string): bigint | undefined {
  return numberOf(written.split('.'), { count: 4, part: /^(?:0|[1-9]\d{0,2})$/, radix: 10, max: 255 });
}

/** `::` stands for as many zeros as are missing; the last two parts may be written as IPv4. */
function sixOf(written: string): bigint | undefined {
  const colon = written.lastIndexOf(':');
  if (colon < 0) return undefined;
  const last = written.slice(colon + 1);
  const four = fourOf(last);
  const hex = (value: bigint) => value.toString(16);
  const text =
    four === undefined ? written : `${written.slice(0, colon + 1)}${hex(four >> 16n)}:${hex(four & 0xffffn)}`;
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const parts = (side: string) => (side === '' ? [] : side.split(':'));
  const missing = 8 - parts(head).length - parts(tail ?? '').length;
  if (tail !== undefined && missing < 1) return undefined;
  const zeros = tail === undefined ? [] : Array.from({ length: missing }, () => '0');
  const groups = tail === undefined ? text.split(':') : [...parts(head), ...zeros, ...parts(tail)];
  return numberOf(groups, { count: 8, part: /^[\da-f]{1,4}$/i, radix: 16, max: 0xffff });
}

function numberOf(
  parts: readonly string[],
  { count, part, radix, max }: { count: number; part: RegExp; radix: number; max: number },
): bigint | undefined {
  const numbers = parts.map((text) => (part.test(text) ? Number.parseInt(text, radix) : max + 1));
  if (parts.length !== count || numbers.some((number) => number > max)) return undefined;
  return numbers.reduce((sum, number) => sum * BigInt(max + 1) + BigInt(number), 0n);
}
