/**
 * JSON that is kept as it is written.
 */
import * as z from 'zod';

/** The API server stores thousands of levels; whoever turns those into text runs out of stack. */
const levelsMax = 100;

/** Any JSON with a depth that somebody may have written. */
export const JsonField = z
  .unknown()
  .refine((value) => !isDeeper(value, levelsMax), `Must not be nested deeper than ${levelsMax} levels`);

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}
