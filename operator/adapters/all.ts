/**
 * Every adapter, ordered by id. An engine that is not in this list is not read.
 */
import { adminNetworkPolicy } from './adminnetworkpolicy.ts';
import { calico } from './calico/calico.ts';
import { capsule } from './capsule/capsule.ts';
import { cilium } from './cilium/cilium.ts';
import type { Adapter } from './define.ts';
import { gatekeeper } from './gatekeeper/gatekeeper.ts';
import { istio } from './istio/istio.ts';
import { kubewarden } from './kubewarden.ts';
import { kueue } from './kueue/kueue.ts';
import { kyverno } from './kyverno/kyverno.ts';
import { kyvernoCel } from './kyvernocel/kyvernocel.ts';
import { limitRange } from './limitrange.ts';
import { linkerd } from './linkerd/linkerd.ts';
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
  cilium,
  gatekeeper,
  istio,
  kubewarden,
  kueue,
  kyverno,
  kyvernoCel,
  limitRange,
  linkerd,
  mutatingAdmissionPolicy,
  networkPolicy,
  podDisruptionBudget,
  podSecurity,
  resourceQuota,
  securityContextConstraints,
  validatingAdmissionPolicy,
  webhookConfig,
];
