/**
 * Kyverno: denials and events.
 */
import type { Signature } from '../finding.ts';

export const kyvernoSignatures: readonly Signature[] = [];
