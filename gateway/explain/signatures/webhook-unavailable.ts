/**
 * Webhooks that could not be asked.
 */
import type { Signature } from '../finding.ts';

export const webhookUnavailableSignatures: readonly Signature[] = [];
