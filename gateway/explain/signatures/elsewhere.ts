/**
 * Limits, quotas and denials of somebody else: cloud providers, registries, databases, file systems.
 */
import type { Signature } from '../finding.ts';

export const elsewhereSignatures: readonly Signature[] = [];
