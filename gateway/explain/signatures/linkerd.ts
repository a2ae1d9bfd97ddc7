/**
 * Linkerd.
 */
import type { Signature } from '../finding.ts';

export const linkerdSignatures: readonly Signature[] = [];
