/**
 * ValidatingAdmissionPolicy and MutatingAdmissionPolicy.
 */
import type { Signature } from '../finding.ts';

export const admissionPolicySignatures: readonly Signature[] = [];
