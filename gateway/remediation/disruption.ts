/**
 * A PodDisruptionBudget: it is about evictions, as in the drain of a node. Deployments and deletion are not held up by it.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 */
import type { DisruptionRule } from '../../crds/rules/disruption.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import {
  ask,
  kubectl,
  link,
  manual,
  objectArguments,
  patchWords,
  podsWith,
  readerOf,
  titleOf,
  yamlPatch,
} from './steps.ts';
import type { Subject } from './subject.ts';
import { shown } from '../words.ts';

/** @param rule Undefined at the summary level. */
export function disruptionRemediation(subject: Subject, rule: DisruptionRule | undefined): Remediation {
  const isDenied = subject.effect === 'deny';
  return {
    summary: summaryOf(subject),
    steps: [
      ...budget(subject),
      ...(rule === undefined || subject.effect === 'allow' ? [] : [manual(boundText(rule, isDenied), 'developer')]),
      ...(rule === undefined
        ? []
        : [podsWith(subject, subject.full?.scope.workloads?.selector, 'See the pods that it counts.')]),
      ...(isDenied ? loosen(subject, rule) : []),
      link('How disruption budgets work.', 'disruption'),
    ],
  };
}

function summaryOf(subject: Subject): string {
  if (subject.effect === 'allow') return `Nothing needs to be done: ${titleOf(subject)} lets every eviction pass.`;
  if (subject.effect === 'deny') {
    return `${titleOf(subject)} lets no pod be evicted, so that nodes cannot be drained: have it allow at least one.`;
  }
  return `Keep more healthy pods running than ${titleOf(subject)} demands, so that evictions pass one after the other.`;
}

function budget(subject: Subject): RemediationStep[] {
  const words = objectArguments(subject);
  return words === undefined
    ? []
    : [kubectl('See how many evictions pass now: ALLOWED DISRUPTIONS.', ['get', ...words], readerOf(subject))];
}

function boundText(
  { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy }: DisruptionRule,
  isDenied: boolean,
): string {
  const unhealthy =
    unhealthyPodEvictionPolicy === 'AlwaysAllow' ? ' Pods that are not ready may always be evicted.' : '';
  if (maxUnavailable !== undefined) {
    const then = isDenied ? 'none may go' : 'wait until the others are ready';
    return `At most ${countText(maxUnavailable)} may be unavailable at a time: ${then}.${unhealthy}`;
  }
  if (minAvailable !== undefined) {
    const then = isDenied ? 'none may go' : 'run more replicas than that';
    return `At least ${countText(minAvailable)} must stay available: ${then}.${unhealthy}`;
  }
  return `It sets no bound, and then no eviction passes.${unhealthy}`;
}

function countText(count: number | string): string {
  if (typeof count === 'string') return `${shown(count, 20)} of the pods`;
  return count === 1 ? '1 pod' : `${count} pods`;
}

/** One at a time is the least that lets a node be drained. Null takes the other bound away, beside which it may not stand. */
function loosen(subject: Subject, rule: DisruptionRule | undefined): RemediationStep[] {
  const { name, home } = subject;
  if (rule === undefined) return [ask(subject, 'to let one pod be evicted at a time.', 'namespace-admin')];
  const words = objectArguments(subject);
  if (words === undefined || home === undefined) return [];
  const patch = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace: home },
    spec: { maxUnavailable: 1, minAvailable: null },
  };
  return [
    {
      ...yamlPatch('Let one pod be evicted at a time.', patch, 'namespace-admin', patchWords(words)),
      ...(subject.contact === undefined ? {} : { contact: subject.contact }),
    },
  ];
}
