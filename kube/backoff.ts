import type { Random } from './clock.ts';

/**
 * How long to wait after `failures` in a row: twice as long each time, and up to half of it at random, so that many who
 * failed together do not come back together. Between `firstMs` and `maxMs`.
 */
export function backoffMs(
  failures: number,
  limits: { readonly firstMs: number; readonly maxMs: number },
  random: Random,
): number {
  // 2^30 times any first wait is beyond any maximum, and the exponent stays small after weeks of failures.
  const doubled = limits.firstMs * 2 ** Math.min(Math.max(failures - 1, 0), 30);
  const base = Math.min(doubled, limits.maxMs / 2);
  return Math.min(base * (1 + random()), limits.maxMs);
}
