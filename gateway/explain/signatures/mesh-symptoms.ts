/**
 * Connections that a service mesh may have ended: resets, TLS errors, upstream errors.
 */
import type { Signature } from '../finding.ts';

export const meshSymptomSignatures: readonly Signature[] = [];
