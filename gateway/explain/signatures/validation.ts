/**
 * Validation of the API server itself: fields that cannot be changed, and values that no object may have.
 */
import type { Signature } from '../finding.ts';

export const validationSignatures: readonly Signature[] = [];
