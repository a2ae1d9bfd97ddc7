/**
 * Connections that did not come about: timeouts, refusals, names that were not found.
 */
import type { Signature } from '../finding.ts';

export const networkSymptomSignatures: readonly Signature[] = [];
