/**
 * PodDisruptionBudget: evictions and drains that were refused.
 */
import type { Signature } from '../finding.ts';

export const disruptionSignatures: readonly Signature[] = [];
