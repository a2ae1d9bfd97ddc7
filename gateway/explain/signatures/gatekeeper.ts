/**
 * Gatekeeper: denials, warnings and events.
 */
import type { Signature } from '../finding.ts';

export const gatekeeperSignatures: readonly Signature[] = [];
