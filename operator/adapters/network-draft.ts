/**
 * One constraint of the form `network`, in the same words whichever engine it is from.
 */
import type { NetworkRule } from '../../crds/rules/network.ts';
import type { Scope } from '../../crds/scope.ts';
import type { Draft } from './define.ts';
import { networkEffect, networkSeverity } from './network-form.ts';
import { networkMessage, type NetworkSubject, networkSummary } from './network-text.ts';

/**
 * @param imposed.key Tells it apart in its object.
 * @param imposed.home The namespace of the policy; undefined for one that is cluster-wide.
 * @param imposed.whom What is bound where that is not just pods.
 */
export function networkDraft(
  imposed: NetworkSubject & { readonly key: string; readonly rule: NetworkRule; readonly scope: Scope },
): Draft {
  const { key, rule, scope } = imposed;
  return {
    key,
    type: rule.direction === 'Ingress' ? 'NetworkIngress' : 'NetworkEgress',
    severity: networkSeverity(rule),
    effect: networkEffect(rule),
    summary: networkSummary(rule, imposed),
    message: networkMessage(rule, imposed),
    scope,
    rule,
  };
}
