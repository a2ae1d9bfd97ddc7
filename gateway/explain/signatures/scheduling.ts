/**
 * The scheduler: pods that no node takes.
 */
import type { Signature } from '../finding.ts';

export const schedulingSignatures: readonly Signature[] = [];
