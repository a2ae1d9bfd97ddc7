import { expect, test } from 'vitest';
import type { StoredConstraint } from '../../../crds/constraint.ts';
import type { DisruptionRule } from '../../../crds/rules/disruption.ts';
import { candidatesOf } from '../../testing/candidates.ts';
import { networkConstraint } from '../../testing/objects.ts';
import { readErrorText } from '../error-text.ts';
import { explain, type Question } from '../explain.ts';
import { findCauses } from '../find-causes.ts';

const sentence = "Cannot evict pod as it would violate the pod's disruption budget.";

test.each([
  [
    'kubectl drain',
    `error when evicting pods/"web-0" -n "shop" (will retry after 5s): ${sentence}`,
    undefined,
    'web-0',
  ],
  ['kubectl drain of old', `error when evicting pod "web-0" (will retry after 5s): ${sentence}`, undefined, 'web-0'],
  ['a curl', `"message": "${sentence}",\n "reason": "TooManyRequests"`, undefined, undefined],
  [
    'a status with its cause',
    `{"message":"${sentence}","reason":"TooManyRequests","details":{"causes":[{"reason":"DisruptionBudget","message":"The disruption budget web-pdb needs 2 healthy pods and has 2 currently"}]},"code":429}`,
    'web-pdb',
    undefined,
  ],
  ['its counts alone', '429 TooManyRequests: "needs 1 healthy pods and has 1 currently"', undefined, undefined],
  [
    'Cluster API',
    `Drain not completed yet:\n* Pod shop/web-7: cannot evict pod as it would violate the pod's disruption budget. The disruption budget web.v1 needs 20 healthy pods and has 19 currently`,
    'web.v1',
    'web-7',
  ],
  [
    'a budget that was not read yet',
    `error when evicting pods/"a" -n "shop": ${sentence} The disruption budget new is still being processed by the server.`,
    'new',
    'a',
  ],
  [
    'a budget that cannot be counted',
    'The disruption budget odd does not allow evicting pods currently because it failed sync: jobs.batch does not implement the scale subresource',
    'odd',
    undefined,
  ],
  [
    'two budgets',
    'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    undefined,
    undefined,
  ],
  [
    'the autoscaler',
    'Fast evaluation: node n1 cannot be removed: not enough pod disruption budget to move shop/web-1',
    undefined,
    'web-1',
  ],
  [
    'the autoscaler later',
    `failed to drain the node: Failed to evict pod shop/web-1 within allowed timeout (last error: ${sentence})`,
    undefined,
    'web-1',
  ],
  [
    'GKE',
    '"reason": { "messageId": "no.scale.down.node.pod.not.enough.pdb", "parameters": [ "web-1" ] }',
    undefined,
    undefined,
  ],
  ['Karpenter', 'Pdb prevents pod evictions (PodDisruptionBudget=[shop/web-pdb])', 'web-pdb', undefined],
  [
    'Karpenter without brackets',
    'DisruptionBlocked Pdb prevents pod evictions (PodDisruptionBudget=shop/web-pdb)',
    'web-pdb',
    undefined,
  ],
  ['Karpenter of old', 'Cannot disrupt NodeClaim: PDB "shop/web-pdb" prevents pod evictions', 'web-pdb', undefined],
  ['Karpenter of 2022', 'Cannot deprovision node due to pdb shop/web-pdb prevents pod evictions', 'web-pdb', undefined],
  [
    'Karpenter, escaped',
    String.raw`"message":"check failed, can't drain node, PDB \"shop/web-pdb\" is blocking evictions"`,
    'web-pdb',
    undefined,
  ],
  ['Karpenter draining', 'Failed to drain node, evicting pod shop/web-1 violates a PDB', undefined, 'web-1'],
  ['Karpenter and two budgets', 'Eviction does not support multiple PDBs (Pod=shop/web-1)', undefined, 'web-1'],
  [
    'AKS events',
    'Warning Drain upgrader Eviction blocked by Too Many Requests (usually a pdb): web-1',
    undefined,
    'web-1',
  ],
  [
    'AKS',
    `Drain node aks-1 failed when evicting pod web-1 failed with Too Many Requests error. This is often caused by a restrictive Pod Disruption Budget (PDB) policy. Original error: ${sentence}. PDB debug info: shop/web-1 blocked by pdb web-pdb (MinAvailable: 1) with 0 unready pods: [].`,
    'web-pdb',
    'web-1',
  ],
  [
    'AKS, short',
    'Too many req pod web-1 on node aks-1:\n\nshop/web-1 blocked by pdb web-pdb with unready pods [].',
    'web-pdb',
    'web-1',
  ],
  [
    'Gardener',
    'pod disruption budget shop/web-pdb is misconfigured and requires zero voluntary evictions',
    'web-pdb',
    undefined,
  ],
  [
    'the disruption controller',
    'shop 8m Warning CalculateExpectedPodCountFailed poddisruptionbudget/web-pdb Failed to calculate the number of expected pods: found no controllers',
    'web-pdb',
    undefined,
  ],
  ['eksctl', `pod eviction error ("${sentence}") on node ip-1.internal for pod web-1`, undefined, 'web-1'],
  [
    'a cut sentence',
    'error when evicting pod "web-1": Cannot evict pod as it would violate the pod…',
    undefined,
    'web-1',
  ],
])('%s', (_, message, policy, pod) => {
  const findings = findCauses(readErrorText(message));
  expect(findings.map((each) => [each.category, each.policy, each.certainty])).toEqual([['pdb', policy, 'stated']]);
  if (pod !== undefined) expect(findings[0]?.sentence).toContain(`pod ${pod}`);
});

test.each([
  'Evicted: The node was low on resource: memory.',
  'poddisruptionbudgets.policy is forbidden: User "x" cannot list resource "poddisruptionbudgets"',
  'no matches for kind "PodDisruptionBudget" in version "policy/v1beta1"',
  'Upgrades are sometimes blocked by PDB settings',
  'Preempted in order to accommodate a higher priority pod. PDB violated.',
  'A rollout that violates a PDB is never refused',
  'This setting prevents pod evictions',
])('%s is none of these', (message) => {
  expect(findCauses(readErrorText(message)).filter(({ category }) => category === 'pdb')).toEqual([]);
});

test.each([
  [
    'EKS',
    'PodEvictionFailure: Reached max retries while trying to evict pods from nodes in node group ng-1',
    'likely',
    undefined,
  ],
  [
    'OpenShift',
    'alertname="PodDisruptionBudgetAtLimit", namespace="shop", poddisruptionbudget="web-pdb"',
    'likely',
    'web-pdb',
  ],
  ['a tool of its own', 'eviction would violate PodDisruptionBudget "shop/web-pdb"', 'likely', 'web-pdb'],
  ['a tool that names none', 'node is not drained: blocked by pod disruption budget of the app', 'likely', undefined],
  [
    'a drain that ended',
    'error when evicting pods/"web-1" -n "shop": global timeout reached: 1m30s',
    'possible',
    undefined,
  ],
])('%s', (_, message, certainty, policy) => {
  expect(findCauses(readErrorText(message)).map((each) => [each.category, each.policy, each.certainty])).toEqual([
    ['pdb', policy, certainty],
  ]);
});

test('half a name is no name', () => {
  const [finding] = findCauses(readErrorText(`${sentence} The disruption budget web-p`));
  expect(finding).toMatchObject({ category: 'pdb', policy: undefined });
});

function budget(
  name: string,
  app: string | undefined,
  rule: Partial<DisruptionRule>,
  effect: 'deny' | 'restrict' | 'allow' = 'restrict',
): StoredConstraint {
  return networkConstraint('shop', name, {
    key: 'budget',
    type: 'ResourceLimit',
    effect,
    source: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', name, namespace: 'shop' },
    scope: {
      namespaces: { names: ['shop'] },
      workloads: { selector: app === undefined ? {} : { matchLabels: { app } } },
    },
    rule: { form: 'disruption', ...rule },
  });
}

const web = budget('web-pdb', 'web', { minAvailable: 2 });
const api = budget('api-pdb', 'api', { maxUnavailable: 0 }, 'deny');
const question: Question = {
  namespace: 'shop',
  workloadName: undefined,
  workloads: ['web', 'api', 'job'].map((name) => ({ kind: 'Deployment', name, labels: { app: name } })),
  complete: true,
  contact: undefined,
};
const all = candidatesOf([web, api, networkConstraint('shop', 'web-pdb')], { namespace: 'shop' });
const named = `${sentence} The disruption budget web-pdb needs 2 healthy pods and has 2 currently`;

function told(message: string, candidates = all, changes: Partial<Question> = {}) {
  const { confidence, suspects, steps } = explain(readErrorText(message), candidates, { ...question, ...changes });
  return { confidence, names: suspects.map(({ candidate }) => candidate.name), steps };
}

test('a budget that the text names is the one, and not what has its name otherwise', () => {
  expect(told(named)).toMatchObject({ confidence: 'high', names: ['web-pdb'] });
  expect(told(named, candidatesOf([web], { namespace: 'shop', level: 'summary' }))).toMatchObject({
    names: ['web-pdb'],
  });
  expect(told(named, candidatesOf([api, budget('web', 'web', {})], { namespace: 'shop' }))).toMatchObject({
    names: [],
  });
});

test('a budget of another namespace is none of this one', () => {
  expect(told('PDB "cart/web-pdb" prevents pod evictions').names).toEqual([]);
  expect(told('not enough pod disruption budget to move cart/web-1').names).toEqual([]);
});

test('without a name it is the one that selects the pods of the workload', () => {
  expect(told(sentence, all, { workloadName: 'web' })).toMatchObject({ confidence: 'high', names: ['web-pdb'] });
  expect(told(sentence, all, { workloadName: 'job' })).toMatchObject({ names: [] });
  expect(told(sentence)).toMatchObject({ confidence: 'medium', names: ['api-pdb', 'web-pdb'] });
});

test('two that select the pod are both the cause where the text says so, and else neither for sure', () => {
  const both = candidatesOf([web, api, budget('all', undefined, { maxUnavailable: '100%' }, 'allow')], {
    namespace: 'shop',
  });
  const several = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
  expect(told(several, both, { workloadName: 'web' }).names).toEqual(['web-pdb', 'all']);
  expect(told(sentence, both, { workloadName: 'web' }).names).toEqual(['web-pdb']);
});

test('steps follow from the numbers and the bound', () => {
  const texts = (message: string, candidates = all) =>
    told(message, candidates)
      .steps.map(({ description }) => description)
      .join(' ');
  expect(texts(named)).toContain('at least 3 replicas');
  expect(texts(named.replace('has 2', 'has 1'))).toContain('1 more pod to readiness');
  expect(texts(named.replace('web-pdb', 'api-pdb'))).toContain('More replicas do not help');
  expect(told(sentence, []).steps.map(({ command }) => command)).toContain('kubectl get poddisruptionbudgets -n shop');
});
