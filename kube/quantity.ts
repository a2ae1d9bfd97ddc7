/**
 * resource.Quantity: the amounts in quotas, requests and limits, exactly as the API server reads them.
 *
 * A sign, digits with an optional point, and a suffix: decimal (n u m k M G T P E), binary (Ki Mi Gi Ti Pi Ei) or a decimal
 * exponent (e3, E-3). What is finer than a billionth is rounded away from zero. Upstream caps binary amounts at 2^63-1.
 *
 * Bounded here and not upstream: 256 characters and exponents of three digits, so that no text makes a huge number.
 * Different from upstream: a decimal amount of 10^21 and more is written in E, where upstream drops the suffix.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/release-1.34/staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go
 */

/** An exact amount, and the notation it came in. */
export interface Quantity {
  /** Billionths, the smallest step that Kubernetes keeps. */
  readonly nano: bigint;
  readonly format: 'DecimalSI' | 'BinarySI' | 'DecimalExponent';
}

const charactersMax = 256;
const nanoPerUnit = 1_000_000_000n;
const binaryMax = (2n ** 63n - 1n) * nanoPerUnit;

const decimalExponents: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const binaryExponents: ReadonlyMap<string, number> = new Map([
  ['Ki', 10],
  ['Mi', 20],
  ['Gi', 30],
  ['Ti', 40],
  ['Pi', 50],
  ['Ei', 60],
]);
const decimalSuffixes = new Map([...decimalExponents].map(([suffix, exponent]) => [exponent, suffix]));
const binarySuffixes = new Map([...binaryExponents].map(([suffix, exponent]) => [exponent, suffix]));

/** The amount, or undefined when `text` is none. A number is read by its digits, as JSON writes it. */
export function parseQuantity(text: string | number): Quantity | undefined {
  const parts = split(String(text));
  if (parts === undefined) return undefined;
  const unit = unitOf(parts.suffix);
  if (unit === undefined) return undefined;
  // Without any digit upstream takes its short way and reads 0 ('Mi'), but fails on its long way ('Pi', 'e-12').
  const long = unit.exponent2 >= 50 || unit.exponent10 < -9;
  if (long && parts.whole === '' && parts.fraction === '') return undefined;

  const shift = unit.exponent10 - parts.fraction.length + 9;
  const digits = BigInt(`0${parts.whole}${parts.fraction}`) * 2n ** BigInt(unit.exponent2);
  let nano = shift >= 0 ? digits * 10n ** BigInt(shift) : divideUp(digits, 10n ** BigInt(-shift));
  let format = unit.format;
  if (format === 'BinarySI') {
    if (nano > binaryMax) nano = binaryMax;
    // Upstream: an amount below one cannot be written in powers of 1024.
    if (nano > 0n && nano < nanoPerUnit) format = 'DecimalSI';
  }
  return { nano: parts.negative ? -nano : nano, format };
}

/** -1 when `a` is less, 1 when it is more, 0 when both are the same amount. */
export function compareQuantities(a: Quantity, b: Quantity): -1 | 0 | 1 {
  if (a.nano === b.nano) return 0;
  return a.nano < b.nano ? -1 : 1;
}

/** The sum in the notation of `a`; in that of `b` when `a` is zero (upstream: Quantity.Add). */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano + b.nano, format: a.nano === 0n ? b.format : a.format };
}

/** How much of `hard` is used, from 0 to 1. Nothing is left of a limit of 0, so that is 1. */
export function quantityRatio(used: Quantity, hard: Quantity): number {
  if (hard.nano <= 0n || used.nano >= hard.nano) return 1;
  if (used.nano <= 0n) return 0;
  // Both may be beyond what a double holds: divide first, exact to twelve digits.
  return Number((used.nano * 1_000_000_000_000n) / hard.nano) / 1_000_000_000_000;
}

/** The canonical form: no fraction, the largest suffix that needs none, binary only where it is exact. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0';
  const binary = format === 'BinarySI' && nano % nanoPerUnit === 0n && magnitude(nano) >= 1024n * nanoPerUnit;
  if (binary) {
    const { mantissa, steps } = strip(nano / nanoPerUnit, 1024n, 6);
    return `${mantissa}${binarySuffixes.get(steps * 10) ?? ''}`;
  }
  // Stripped by thousands, the exponent stays a multiple of three.
  const { mantissa, steps } = strip(nano, 1000n, format === 'DecimalExponent' ? Number.POSITIVE_INFINITY : 9);
  const exponent = steps * 3 - 9;
  if (format === 'DecimalExponent') return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
  return `${mantissa}${decimalSuffixes.get(exponent) ?? ''}`;
}

/** Takes out `factor` as often as it divides, at most `stepsMax` times. */
function strip(value: bigint, factor: bigint, stepsMax: number): { readonly mantissa: bigint; readonly steps: number } {
  let mantissa = value;
  let steps = 0;
  while (steps < stepsMax && mantissa % factor === 0n) {
    mantissa /= factor;
    steps += 1;
  }
  return { mantissa, steps };
}

function divideUp(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

interface Parts {
  readonly negative: boolean;
  readonly whole: string;
  readonly fraction: string;
  readonly suffix: string;
}

/** Upstream lets either side of the point be empty, even both: '.5', '1.' and '-' are amounts; '' is not. */
function split(text: string): Parts | undefined {
  if (text.length === 0 || text.length > charactersMax) return undefined;
  const signed = text[0] === '-' || text[0] === '+';
  const wholeStart = signed ? 1 : 0;
  const wholeEnd = endOfDigits(text, wholeStart);
  const fractionStart = text[wholeEnd] === '.' ? wholeEnd + 1 : wholeEnd;
  const fractionEnd = fractionStart === wholeEnd ? wholeEnd : endOfDigits(text, fractionStart);
  return {
    negative: text[0] === '-',
    whole: text.slice(wholeStart, wholeEnd),
    fraction: text.slice(fractionStart, fractionEnd),
    suffix: text.slice(fractionEnd),
  };
}

function endOfDigits(text: string, start: number): number {
  let end = start;
  while (end < text.length && isDigit(text.charCodeAt(end))) end += 1;
  return end;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

interface Unit {
  readonly format: Quantity['format'];
  readonly exponent10: number;
  readonly exponent2: number;
}

function unitOf(suffix: string): Unit | undefined {
  const exponent10 = decimalExponents.get(suffix);
  if (exponent10 !== undefined) return { format: 'DecimalSI', exponent10, exponent2: 0 };
  const exponent2 = binaryExponents.get(suffix);
  if (exponent2 !== undefined) return { format: 'BinarySI', exponent10: 0, exponent2 };
  if (suffix[0] !== 'e' && suffix[0] !== 'E') return undefined;

  const digitsStart = suffix[1] === '-' || suffix[1] === '+' ? 2 : 1;
  const digitsEnd = endOfDigits(suffix, digitsStart);
  const count = digitsEnd - digitsStart;
  if (digitsEnd !== suffix.length || count === 0 || count > 3) return undefined;
  return { format: 'DecimalExponent', exponent10: Number(suffix.slice(1)), exponent2: 0 };
}
