/**
 * What to do about an eviction that a PodDisruptionBudget holds up. How to loosen the budget is said by its own remediation.
 */
import type { RemediationStep } from '../../remediation/schema.ts';
import { ask, kubectl, manual } from '../../remediation/steps.ts';
import { shown } from '../../words.ts';
import type { About, Suspects } from '../finding.ts';
import type { Refusal } from '../signatures/disruption.ts';

/** From the numbers in the text and the bound of the budget. */
export function disruptionSteps(refusal: Refusal): (suspects: Suspects, about: About) => readonly RemediationStep[] {
  return (suspects, about) => [
    ...healthySteps(refusal, suspects, about),
    ...lookSteps(refusal, suspects, about),
    ...(refusal.why === 'several' ? severalSteps(about) : []),
  ];
}

function healthySteps(
  { why, needs, has, pod }: Refusal,
  { certain }: Suspects,
  { namespace }: About,
): RemediationStep[] {
  if (why === 'several' || why === 'sync') return [];
  const rule = certain[0]?.candidate.full?.rule;
  const { minAvailable, maxUnavailable } = rule?.form === 'disruption' ? rule : {};
  const unready = kubectl(
    'See which pods are not ready: while one is missing, no other may go.',
    ['get', 'pods', '-n', { value: namespace }],
    'developer',
  );
  if (needs !== undefined && has !== undefined && has < needs) {
    return [
      manual(
        `Bring ${needs - has} more ${needs - has === 1 ? 'pod' : 'pods'} to readiness first: ${has} of ${needs} needed are healthy.`,
        'developer',
      ),
      unready,
    ];
  }
  if (isZero(maxUnavailable) || minAvailable === '100%') {
    return [manual('More replicas do not help: the budget lets no pod go, however many there are.', 'developer')];
  }
  if (needs !== undefined && typeof minAvailable !== 'string' && maxUnavailable === undefined) {
    return [
      manual(
        `Run at least ${needs + 1} replicas until the node is drained: ${needs} must stay healthy, so that one of ${needs + 1} may go.`,
        'developer',
      ),
    ];
  }
  const which = pod === undefined ? '' : ` of the workload of pod ${shown(pod.name)}`;
  return [unready, manual(`Where all are ready, run one replica more${which} while the node is drained.`, 'developer')];
}

function isZero(bound: number | string | undefined): boolean {
  return bound === 0 || bound === '0%';
}

function lookSteps({ budget, why }: Refusal, { certain }: Suspects, { namespace }: About): RemediationStep[] {
  if (why === 'sync' && budget !== undefined) {
    return [
      kubectl(
        'See its conditions and events: why its pods were not counted, as when one of them has a controller without scale.',
        ['describe', 'poddisruptionbudgets', { value: budget.name }, '-n', { value: budget.namespace ?? namespace }],
        'developer',
      ),
    ];
  }
  if (certain.length > 0) return [];
  return [
    kubectl(
      'See the budgets of the namespace; one with ALLOWED DISRUPTIONS 0 that selects the pod holds it up.',
      ['get', 'poddisruptionbudgets', '-n', { value: budget?.namespace ?? namespace }],
      'developer',
    ),
  ];
}

function severalSteps(about: About): RemediationStep[] {
  return [
    ask(
      about,
      'to have the pod selected by one budget alone: narrow the selector of one, or delete it.',
      'namespace-admin',
    ),
  ];
}
