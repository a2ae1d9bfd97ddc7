import type { Signature } from '../finding.ts';
import { quotaSignatures } from './quota.ts';

/**
 * Every form of message that is known. Order decides where one message stands within another: what comes first takes its text
 * first, so engines stand before the webhook that carries their words.
 */
export const signatures: readonly Signature[] = [...quotaSignatures];
