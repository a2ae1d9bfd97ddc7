/**
 * Denials of webhooks whose engine has no format of its own here.
 */
import type { Signature } from '../finding.ts';

export const webhookDeniedSignatures: readonly Signature[] = [];
