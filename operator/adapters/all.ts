/**
 * Every adapter, ordered by id. An engine that is not in this list is not read.
 */
import type { Adapter } from './define.ts';
import { networkPolicy } from './networkpolicy.ts';
import { podSecurity } from './podsecurity.ts';
import { resourceQuota } from './resourcequota.ts';

export const adapters: readonly Adapter[] = [networkPolicy, podSecurity, resourceQuota];
