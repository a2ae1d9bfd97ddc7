/**
 * Whether a scope binds a workload: yes, no, or not known, where only the cluster's other settings decide.
 */
import type { LabelSelector } from '../../crds/label-selector.ts';
import type { QuotaScope } from '../../crds/rules/quota.ts';
import type { WorkloadScope } from '../../crds/scope.ts';
import { holdsExpression } from '../../kube/label-expression.ts';
import { matchesLabels } from '../../kube/label-selector.ts';
import type { DefaultPriorityClass } from './class-index.ts';
import type { PodTraits, Workload } from './workload.ts';

export type Answer = 'yes' | 'no' | 'unknown';

/**
 * Every part of the scope must hold: one `no` decides, one `unknown` leaves it open. `defaultPriorityClass` is what pods get
 * that name none, undefined while it is not known.
 */
export function bindsWorkload(
  scope: WorkloadScope,
  workload: Workload,
  defaultPriorityClass?: DefaultPriorityClass,
): Answer {
  if (scope.selector !== undefined && !matchesLabels(scope.selector, workload.labels)) return 'no';
  const answers = (scope.quotaScopes ?? []).map((quotaScope) =>
    matchesQuotaScope(quotaScope, workload.traits, defaultPriorityClass),
  );
  if (scope.hostNetwork === false) answers.push(hasOwnNetwork(workload.traits));
  if (scope.nodes !== undefined) answers.push(usesNetworkOf(scope.nodes, workload.traits));
  if (scope.expression !== undefined)
    answers.push(answerOf(holdsExpression(scope.expression, { own: workload.labels })));
  if (scope.serviceAccounts !== undefined) answers.push(runsAs(scope.serviceAccounts, workload));
  return answers.includes('no') ? 'no' : answers.includes('unknown') ? 'unknown' : 'yes';
}

/** Whether a scope binds all of a namespace's workloads, whatever labels they will have. One that is excepted ends that. */
export function bindsEveryWorkload(scope: WorkloadScope, workloads: readonly Workload[]): boolean {
  const { selector, expression, serviceAccounts, nodes, quotaScopes = [] } = scope;
  if (expression !== undefined || serviceAccounts !== undefined || nodes !== undefined) return false;
  const everyLabel =
    Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions?.length ?? 0) === 0;
  return (
    everyLabel && quotaScopes.length === 0 && workloads.every((workload) => bindsWorkload(scope, workload) !== 'no')
  );
}

function answerOf(holds: boolean | undefined): Answer {
  if (holds === undefined) return 'unknown';
  return holds ? 'yes' : 'no';
}

/** Of a pod whose metadata alone is read it is not known as whom it runs. */
function runsAs(names: readonly string[], { serviceAccount, traits }: Workload): Answer {
  if (serviceAccount === undefined && traits === undefined) return 'unknown';
  return names.includes(serviceAccount ?? 'default') ? 'yes' : 'no';
}

function hasOwnNetwork(traits: PodTraits | undefined): Answer {
  if (traits === undefined) return 'unknown';
  return traits.hostNetwork ? 'no' : 'yes';
}

/** On which node a pod will run is not known. */
function usesNetworkOf({ matchLabels, matchExpressions }: LabelSelector, traits: PodTraits | undefined): Answer {
  if (traits?.hostNetwork === false) return 'no';
  const isEveryNode = matchLabels === undefined && matchExpressions === undefined;
  return traits !== undefined && isEveryNode ? 'yes' : 'unknown';
}

/**
 * @see https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes
 * @see https://github.com/kubernetes/kubernetes/blob/release-1.36/pkg/quota/v1/evaluator/core/pods.go
 */
function matchesQuotaScope(
  scope: QuotaScope,
  traits: PodTraits | undefined,
  defaultPriorityClass: DefaultPriorityClass | undefined,
): Answer {
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
      return matchesPriorityClass(
        scope,
        traits.priorityClass === undefined ? defaultPriorityClass : { name: traits.priorityClass },
      );
    case 'CrossNamespacePodAffinity':
      return traits.crossNamespaceAffinity ? 'yes' : 'no';
    case 'VolumeAttributesClass':
      return 'no'; // It speaks of claims, and a quota with it charges no pod.
    default:
      return 'unknown';
  }
}

/** A pod without a class has none of the listed ones either: NotIn takes it. */
function matchesPriorityClass(
  { operator, values = [] }: QuotaScope,
  priorityClass: DefaultPriorityClass | undefined,
): Answer {
  if (priorityClass === undefined) return 'unknown';
  const hasClass = priorityClass !== 'none';
  const isListed = hasClass && values.includes(priorityClass.name);
  switch (operator) {
    case 'Exists':
      return hasClass ? 'yes' : 'no';
    case 'DoesNotExist':
      return hasClass ? 'no' : 'yes';
    case 'In':
      return isListed ? 'yes' : 'no';
    case 'NotIn':
      return isListed ? 'no' : 'yes';
  }
}
