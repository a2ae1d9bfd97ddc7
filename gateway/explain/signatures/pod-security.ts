/**
 * Pod Security, and what judged pods on other platforms or before it: SecurityContextConstraints, PodSecurityPolicy.
 */
import type { Signature } from '../finding.ts';

export const podSecuritySignatures: readonly Signature[] = [];
