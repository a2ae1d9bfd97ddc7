import type { Signature } from '../finding.ts';
import { admissionPolicySignatures } from './admission-policy.ts';
import { containerSignatures } from './containers.ts';
import { disruptionSignatures } from './disruption.ts';
import { elsewhereSignatures } from './elsewhere.ts';
import { flowLogSignatures } from './flow-logs.ts';
import { gatekeeperSignatures } from './gatekeeper.ts';
import { istioSignatures } from './istio.ts';
import { kubewardenSignatures } from './kubewarden.ts';
import { kyvernoSignatures } from './kyverno.ts';
import { limitRangeSignatures } from './limit-range.ts';
import { linkerdSignatures } from './linkerd.ts';
import { meshSymptomSignatures } from './mesh-symptoms.ts';
import { missingSignatures } from './missing.ts';
import { networkSymptomSignatures } from './network-symptoms.ts';
import { podSecuritySignatures } from './pod-security.ts';
import { quotaSignatures } from './quota.ts';
import { rbacSignatures } from './rbac.ts';
import { schedulingSignatures } from './scheduling.ts';
import { toldSignatures } from './told.ts';
import { validationSignatures } from './validation.ts';
import { webhookDeniedSignatures } from './webhook-denied.ts';
import { webhookUnavailableSignatures } from './webhook-unavailable.ts';

/**
 * Every form of message that is known. Order decides where one message stands within another: what comes first takes its text
 * first, so engines stand before the webhook that carries their words.
 */
export const signatures: readonly Signature[] = [
  ...kyvernoSignatures,
  ...gatekeeperSignatures,
  ...kubewardenSignatures,
  ...podSecuritySignatures,
  ...webhookUnavailableSignatures,
  ...webhookDeniedSignatures,
  ...admissionPolicySignatures,
  ...quotaSignatures,
  ...limitRangeSignatures,
  ...rbacSignatures,
  ...disruptionSignatures,
  ...schedulingSignatures,
  ...flowLogSignatures,
  ...istioSignatures,
  ...linkerdSignatures,
  ...missingSignatures,
  ...validationSignatures,
  ...containerSignatures,
  ...elsewhereSignatures,
  ...meshSymptomSignatures,
  ...networkSymptomSignatures,
  ...toldSignatures,
];
