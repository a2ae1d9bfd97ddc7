/**
 * Images, containers and probes: what happens on the node.
 */
import type { Signature } from '../finding.ts';

export const containerSignatures: readonly Signature[] = [];
