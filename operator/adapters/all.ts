/**
 * Every adapter, ordered by id. An engine that is not in this list is not read.
 */
import { adminNetworkPolicy } from './adminnetworkpolicy.ts';
import { calico } from './calico/calico.ts';
import { capsule } from './capsule/capsule.ts';
import type { Adapter } from './define.ts';
import { kueue } from './kueue/kueue.ts';
import { limitRange } from './limitrange.ts';
import { mutatingAdmissionPolicy } from './mutatingadmissionpolicy.ts';
import { networkPolicy } from './networkpolicy.ts';
import { podDisruptionBudget } from './poddisruptionbudget.ts';
import { podSecurity } from './podsecurity.ts';
import { resourceQuota } from './resourcequota.ts';
import { securityContextConstraints } from './securitycontextconstraints.ts';
import { validatingAdmissionPolicy } from './validatingadmissionpolicy.ts';
import { webhookConfig } from './webhookconfig.ts';

export const adapters: readonly Adapter[] = [
  adminNetworkPolicy,
  calico,
  capsule,
  kueue,
  limitRange,
  mutatingAdmissionPolicy,
  networkPolicy,
  podDisruptionBudget,
  podSecurity,
  resourceQuota,
  securityContextConstraints,
  validatingAdmissionPolicy,
  webhookConfig,
];
