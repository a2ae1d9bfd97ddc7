/**
 * Whether a scope binds a workload: yes, no, or not known, where only the cluster's other settings decide.
 */
import type { QuotaScope } from '../../crds/rules/quota.ts';
import type { WorkloadScope } from '../../crds/scope.ts';
import { matchesLabels } from '../../kube/label-selector.ts';
import type { PodTraits, Workload } from './workload.ts';

export type Answer = 'yes' | 'no' | 'unknown';

/** Every part of the scope must hold: one `no` decides, one `unknown` leaves it open. */
export function bindsWorkload(scope: WorkloadScope, workload: Workload): Answer {
  if (scope.selector !== undefined && !matchesLabels(scope.selector, workload.labels)) return 'no';
  const answers = (scope.quotaScopes ?? []).map((quotaScope) => matchesQuotaScope(quotaScope, workload.traits));
  if (scope.hostNetwork === false) answers.push(hasOwnNetwork(workload.traits));
  return answers.includes('no') ? 'no' : answers.includes('unknown') ? 'unknown' : 'yes';
}

/** Whether a scope binds all of a namespace's workloads, whatever labels they will have. One that is excepted ends that. */
export function bindsEveryWorkload(scope: WorkloadScope, workloads: readonly Workload[]): boolean {
  const { selector, quotaScopes = [] } = scope;
  const everyLabel =
    Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions?.length ?? 0) === 0;
  return (
    everyLabel && quotaScopes.length === 0 && workloads.every((workload) => bindsWorkload(scope, workload) !== 'no')
  );
}

function hasOwnNetwork(traits: PodTraits | undefined): Answer {
  if (traits === undefined) return 'unknown';
  return traits.hostNetwork ? 'no' : 'yes';
}

/**
 * @see https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes
 * @see https://github.com/kubernetes/kubernetes/blob/release-1.36/pkg/quota/v1/evaluator/core/pods.go
 */
function matchesQuotaScope(scope: QuotaScope, traits: PodTraits | undefined): Answer {
  if (traits === undefined) return 'unknown';
  switch (scope.scopeName) {
    case 'Terminating':
      return traits.terminating ? 'yes' : 'no';
    case 'NotTerminating':
      return traits.terminating ? 'no' : 'yes';
    case 'BestEffort':
      return traits.bestEffort === false ? 'no' : 'unknown';
    case 'NotBestEffort':
      return traits.bestEffort === false ? 'yes' : 'unknown';
    case 'PriorityClass':
      return matchesPriorityClass(scope, traits.priorityClass);
    case 'CrossNamespacePodAffinity':
      return traits.crossNamespaceAffinity ? 'yes' : 'no';
    case 'VolumeAttributesClass':
      return 'no'; // It speaks of claims, and a quota with it charges no pod.
    default:
      return 'unknown';
  }
}

function matchesPriorityClass({ operator, values = [] }: QuotaScope, priorityClass: string | undefined): Answer {
  if (priorityClass === undefined) return 'unknown';
  switch (operator) {
    case 'Exists':
      return 'yes';
    case 'DoesNotExist':
      return 'no';
    case 'In':
      return values.includes(priorityClass) ? 'yes' : 'no';
    case 'NotIn':
      return values.includes(priorityClass) ? 'no' : 'yes';
  }
}
