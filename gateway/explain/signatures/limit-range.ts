/**
 * LimitRange.
 */
import type { Signature } from '../finding.ts';

export const limitRangeSignatures: readonly Signature[] = [];
