/**
 * Every adapter, ordered by id. An engine that is not in this list is not read.
 */
import type { Adapter } from './define.ts';
import { limitRange } from './limitrange.ts';
import { networkPolicy } from './networkpolicy.ts';
import { podDisruptionBudget } from './poddisruptionbudget.ts';
import { podSecurity } from './podsecurity.ts';
import { resourceQuota } from './resourcequota.ts';
import { webhookConfig } from './webhookconfig.ts';

export const adapters: readonly Adapter[] = [
  limitRange,
  networkPolicy,
  podDisruptionBudget,
  podSecurity,
  resourceQuota,
  webhookConfig,
];
