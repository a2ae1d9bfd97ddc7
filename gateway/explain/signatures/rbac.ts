/**
 * RBAC, and who is not known at all.
 */
import type { Signature } from '../finding.ts';

export const rbacSignatures: readonly Signature[] = [];
