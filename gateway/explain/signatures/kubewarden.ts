/**
 * Kubewarden: denials, which carry the policy in the name of the webhook.
 */
import type { Signature } from '../finding.ts';

export const kubewardenSignatures: readonly Signature[] = [];
