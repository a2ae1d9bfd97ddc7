/**
 * StagedKubernetesNetworkPolicy: a NetworkPolicy of Kubernetes that is written down and not enforced. Calico would put it into
 * the tier `default` with the order 1000, as it does with every NetworkPolicy.
 *
 * @see https://docs.tigera.io/calico/latest/reference/resources/stagedkubernetesnetworkpolicy
 * @see https://github.com/projectcalico/calico/blob/v3.32.1/libcalico-go/lib/backend/k8s/conversion/conversion.go
 */
import type { NetworkRule } from '../../../crds/rules/network.ts';
import { faultsOf } from '../define.ts';
import { absent } from '../fields.ts';
import { unreadClauses } from '../network-clauses.ts';
import { NetworkPolicySpec, readNetworkPolicy } from '../networkpolicy.ts';
import { type ReadPolicy, StagedAction } from './policy.ts';
import { defaultTier } from './tier.ts';

const networkPolicyOrder = 1_000;

/** What it would impose. */
export function readStagedKubernetesPolicy(
  { stagedAction, ...spec }: Readonly<Record<string, unknown>>,
  namespace: string,
): ReadPolicy {
  const place = { tier: defaultTier, order: networkPolicyOrder };
  const action = absent(StagedAction).safeParse(stagedAction);
  const policy = NetworkPolicySpec.safeParse(spec);
  if (!policy.success) return { ...place, imposes: [], faults: faultsOf(policy.error, ['spec']) };
  if (action.data === 'Delete') return { ...place, imposes: [], faults: [] };
  const actionFaults = action.success ? [] : faultsOf(action.error, ['spec', 'stagedAction']);
  const unread = unreadClauses(['spec'], actionFaults);
  const { rules, scope, faults } = readNetworkPolicy(policy.data, namespace);
  const staged = rules.map((rule): NetworkRule => ({ ...rule, clauses: [...unread, ...rule.clauses], staged: true }));
  return {
    ...place,
    imposes: staged.map((rule) => ({ key: rule.direction, rule, scope, home: namespace })),
    faults: [...actionFaults, ...faults],
  };
}
