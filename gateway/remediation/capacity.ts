/**
 * Capacity that workloads wait for: whether the queue works at all, what a workload may ask for, and who can add to it.
 *
 * @see https://kueue.sigs.k8s.io/docs/tasks/troubleshooting/troubleshooting_jobs/
 */
import type { CapacityRule } from '../../crds/rules/capacity.ts';
import { isDnsLabel, isDnsSubdomain } from '../../kube/names.ts';
import { listed, shown } from '../words.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { ask, kubectl, link, look, manual, titleOf, told } from './steps.ts';
import type { Subject } from './subject.ts';

/** Why workloads wait, and what they may ask for; whom to ask where nothing starts at all. */
export function capacityRemediation(subject: Subject, rule: CapacityRule): Remediation {
  return {
    summary: summaryOf(subject, rule),
    steps: [
      ...(rule.blocked === undefined ? [] : told(subject)),
      ...waiting(subject, rule),
      ...(rule.blocked === undefined ? [manual(roomText(rule), 'developer')] : []),
      // Of the queue of the namespace itself more has been shown already.
      ...(subject.kind === 'LocalQueue' && subject.home === subject.namespace
        ? []
        : look(subject, 'See the queue as it is stored, if your rights allow it.')),
      ask(subject, askedText(rule), 'cluster-admin'),
      link('How queues share capacity.', 'capacity'),
    ],
  };
}

function summaryOf(subject: Subject, { blocked, unread }: CapacityRule): string {
  const title = titleOf(subject);
  switch (blocked) {
    case 'stopped':
      return `${title} is stopped: what is queued waits until whoever runs it lets it go on.`;
    case 'notAdmitted':
      return `What ${title} leads to takes no workloads of this namespace: use another queue, or ask for access.`;
    case 'missing':
      return `What ${title} leads to is not there: use another queue, or have it created.`;
    case undefined:
      return unread === undefined
        ? `${title} lets workloads start as capacity gets free: ask for what it has, or wait.`
        : `Not all of ${title} is understood: see why a workload waits.`;
    default:
      return blocked satisfies never;
  }
}

/** The namespace's own queues alone: those of others are theirs. */
function waiting({ namespace }: Subject, { queues }: CapacityRule): RemediationStep[] {
  const own = queues.find((queue) => queue.namespace === namespace && isDnsSubdomain(queue.name));
  if (own === undefined || !isDnsLabel(namespace)) return [];
  return [
    kubectl(
      'See how much waits in the queue, and whether it works.',
      ['describe', 'LocalQueue.v1beta2.kueue.x-k8s.io', { value: own.name }, '-n', namespace],
      'developer',
    ),
    kubectl('See what waits, and why.', ['describe', 'workloads.kueue.x-k8s.io', '-n', namespace], 'developer'),
  ];
}

function roomText({ groups, cohorts, checks = [] }: CapacityRule): string {
  const resources = [...new Set(groups.flatMap((group) => group.resources))];
  const most = cohorts.length === 0 ? '' : '; more may be borrowed while others do not use it';
  const consent = checks.length === 0 ? '' : `; ${listed(checks.map(({ name }) => name))} must consent, too`;
  const only =
    resources.length === 0
      ? 'There is no capacity in it at all'
      : `Ask for ${listed(resources, 6)} only, and for no more than there is in one flavor`;
  return `${shown(`${only}${most}${consent}`, 900)}.`;
}

function askedText({ blocked }: CapacityRule): string {
  switch (blocked) {
    case 'stopped':
      return 'to let the queue go on.';
    case 'notAdmitted':
      return 'to let the namespace use it.';
    case 'missing':
      return 'to create what the queue leads to.';
    case undefined:
      return 'for more capacity, if what you need never fits.';
    default:
      return blocked satisfies never;
  }
}
