/**
 * What one can do about a constraint, from its rule and its numbers. Pure: the same constraint at the same level gives the
 * same bytes. What the caller may not see is not in the subject, so it cannot be in the steps.
 *
 * One file per form of rule; `summary.ts` where the form is not for the caller to see.
 */
import { allowListRemediation } from './allow-list.ts';
import { assignmentRemediation } from './assignment.ts';
import { capacityRemediation } from './capacity.ts';
import { celRemediation } from './cel.ts';
import { disruptionRemediation } from './disruption.ts';
import { limitRangeRemediation } from './limit-range.ts';
import { meshRemediation } from './mesh.ts';
import { networkRemediation } from './network.ts';
import { opaqueRemediation } from './opaque.ts';
import { patternRemediation } from './pattern.ts';
import { podSecurityRemediation } from './pod-security.ts';
import { quotaRemediation } from './quota.ts';
import { regoRemediation } from './rego.ts';
import type { Remediation } from './schema.ts';
import { securityContextRemediation } from './security-context.ts';
import type { Subject } from './subject.ts';
import { summaryRemediation } from './summary.ts';
import { wasmRemediation } from './wasm.ts';
import { webhookRemediation } from './webhook.ts';

/** Always a sentence and at least one step. */
export function remediationOf(subject: Subject): Remediation {
  const rule = subject.full?.rule;
  if (rule === undefined) return summaryRemediation(subject);
  switch (rule.form) {
    case 'allowList':
      return allowListRemediation(subject, rule);
    case 'assignment':
      return assignmentRemediation(subject, rule);
    case 'capacity':
      return capacityRemediation(subject, rule);
    case 'cel':
      return celRemediation(subject, rule);
    case 'disruption':
      return disruptionRemediation(subject, rule);
    case 'limitRange':
      return limitRangeRemediation(subject, rule);
    case 'mesh':
      return meshRemediation(subject, rule);
    case 'network':
      return networkRemediation(subject, rule);
    case 'opaque':
      return opaqueRemediation(subject, rule);
    case 'pattern':
      return patternRemediation(subject, rule);
    case 'podSecurity':
      return podSecurityRemediation(subject, rule);
    case 'quota':
      return quotaRemediation(subject, rule);
    case 'rego':
      return regoRemediation(subject, rule);
    case 'securityContext':
      return securityContextRemediation(subject, rule);
    case 'wasm':
      return wasmRemediation(subject, rule);
    case 'webhook':
      return webhookRemediation(subject, rule);
    default:
      return rule satisfies never;
  }
}
