/**
 * Objects and kinds that are not there.
 */
import type { Signature } from '../finding.ts';

export const missingSignatures: readonly Signature[] = [];
