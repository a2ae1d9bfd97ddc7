/**
 * PodDisruptionBudget: how many of some pods evictions must leave alone.
 *
 * It binds the eviction of pods (the subresource pods/eviction), and with it what evicts: node drains, autoscalers that
 * empty nodes, deschedulers. It does not bind what is deployed: deletion, rollouts, scaling and kubelets under pressure pass
 * it by, and so do pods that are pending, finished or being deleted.
 *
 * - An empty selector selects all pods of the namespace, an absent one selects none: such a budget imposes nothing. One that
 *   cannot be read selects no pod either, and is a problem. In policy/v1beta1, gone since Kubernetes 1.25, the empty one
 *   selected none.
 * - maxUnavailable 0 or 0% and minAvailable 100% let no eviction through, whatever the pods do: deny and Warning, because
 *   drains wait for a person. So does a budget with neither bound: zero pods are expected, and of those none may go.
 * - minAvailable 0 or 0% and maxUnavailable 100% let any number of ready pods go. Everything else depends on how many pods
 *   there are and is a restriction; a minAvailable of more pods than there are denies, too, and that is not known here.
 * - Pods that run and are not ready are judged like others, unless enough are healthy. unhealthyPodEvictionPolicy AlwaysAllow
 *   lets them go, at any bound. A value that is not known counts as IfHealthyBudget, the default.
 * - An API server does not take both bounds; where both are there, the disruption controller reads maxUnavailable. A bound
 *   that cannot be read is a problem and no constraint: what it asks for is not known.
 *
 * Status is not read: disruptionsAllowed moves with every pod, and every change of a text is a write. Not told either: a pod
 * that several budgets select cannot be evicted at all.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/api/policy/v1/types.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/registry/core/pod/storage/eviction.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/controller/disruption/disruption.go
 */
import * as z from 'zod';
import type { Effect, Severity } from '../../crds/constraint.ts';
import type { LabelSelector } from '../../crds/label-selector.ts';
import { DisruptionRule } from '../../crds/rules/disruption.ts';
import { labelSelectorText } from '../../kube/label-selector.ts';
import { type Draft, type Fault, NamespacedMetadata, defineAdapter } from './define.ts';
import { SelectorField, absent, selectsAll } from './fields.ts';
import { sentence } from './text.ts';

const percentPattern = /^[0-9]{1,10}%$/;

const expected = { error: 'Must be a number of pods from 0, or a percentage from 0% to 100%' };
const Percent = z.string().refine((text) => percentPattern.test(text) && percentOf(text) <= 100, expected);
const CountOrPercent = z.union([z.int(expected).min(0, expected), Percent], expected);

const Spec = z.object({
  selector: absent(SelectorField),
  minAvailable: absent(CountOrPercent),
  maxUnavailable: absent(CountOrPercent),
  unhealthyPodEvictionPolicy: z.unknown().optional(),
});
const EvictionPolicy = absent(DisruptionRule.shape.unhealthyPodEvictionPolicy);

export const podDisruptionBudget = defineAdapter({
  id: 'poddisruptionbudget',
  resources: [{ group: 'policy', plural: 'poddisruptionbudgets' }],
  fields: { metadata: NamespacedMetadata, spec: absent(Spec) },
  constraints({ metadata: { namespace }, spec = Spec.parse({}) }) {
    const { rule, faults } = ruleOf(spec);
    return { drafts: spec.selector === undefined ? [] : [draftOf(rule, spec.selector, namespace)], faults };
  },
});

type CountOrPercent = z.infer<typeof CountOrPercent>;

function ruleOf(spec: z.infer<typeof Spec>): { readonly rule: DisruptionRule; readonly faults: readonly Fault[] } {
  const { minAvailable, maxUnavailable } = spec;
  const policy = EvictionPolicy.safeParse(spec.unhealthyPodEvictionPolicy);
  const faults: Fault[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    faults.push({ path: ['spec', 'minAvailable'], message: 'Must not be beside maxUnavailable, which is what counts' });
  }
  if (!policy.success) {
    const message = 'Must be IfHealthyBudget or AlwaysAllow; IfHealthyBudget applies';
    faults.push({ path: ['spec', 'unhealthyPodEvictionPolicy'], message });
  }
  const rule: DisruptionRule = {
    form: 'disruption',
    ...(minAvailable === undefined || maxUnavailable !== undefined ? {} : { minAvailable }),
    ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
    ...(policy.data === undefined ? {} : { unhealthyPodEvictionPolicy: policy.data }),
  };
  return { rule, faults };
}

function percentOf(text: string): number {
  return Number(text.slice(0, -1));
}

function isNone(bound: CountOrPercent | undefined): boolean {
  return typeof bound === 'string' ? percentOf(bound) === 0 : bound === 0;
}

function isAll(bound: CountOrPercent | undefined): boolean {
  return typeof bound === 'string' && percentOf(bound) === 100;
}

type EvictionEffect = Extract<Effect, 'deny' | 'allow' | 'restrict'>;

/** By what the budget itself says, whatever pods there are. */
function effectOf({ minAvailable, maxUnavailable }: DisruptionRule): EvictionEffect {
  if (minAvailable === undefined && maxUnavailable === undefined) return 'deny';
  if (isNone(maxUnavailable) || isAll(minAvailable)) return 'deny';
  return isAll(maxUnavailable) || isNone(minAvailable) ? 'allow' : 'restrict';
}

const severities: Readonly<Record<EvictionEffect, Severity>> = { deny: 'Warning', restrict: 'Info', allow: 'Info' };

function draftOf(rule: DisruptionRule, selector: LabelSelector, namespace: string): Draft {
  const effect = effectOf(rule);
  const some = !selectsAll(selector);
  return {
    key: 'eviction',
    type: 'Admission',
    severity: severities[effect],
    effect,
    summary: summaryOf(rule, some),
    message: messageOf(rule, some ? `Pods with ${labelSelectorText(selector)}` : 'All pods'),
    scope: {
      namespaces: { names: [namespace] },
      workloads: some ? { selector } : {},
      admission: [
        { rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['*'], resources: ['pods/eviction'] }] },
      ],
    },
    rule,
  };
}

/** Pods that wait for a node are evicted whatever budgets say, and unready ones where the budget lets them go. */
function summaryOf(rule: DisruptionRule, some: boolean): string {
  switch (effectOf(rule)) {
    case 'deny': {
      const phase = rule.unhealthyPodEvictionPolicy === 'AlwaysAllow' ? 'ready' : 'running';
      const pods = some ? `Some ${phase} pods cannot` : `No ${phase} pod can`;
      return `${pods} be evicted, so that drains of their nodes wait; deletion and rollouts are not limited`;
    }
    case 'restrict':
      return `${some ? 'Some' : 'All'} pods can be evicted only within a budget, so that drains of their nodes may wait; deletion and rollouts are not limited`;
    case 'allow':
      return `${some ? 'Some' : 'All'} pods have a disruption budget that lets any number of them be evicted`;
  }
}

const subjectLengthMax = 500;

function messageOf(rule: DisruptionRule, pods: string): string {
  return (
    `${sentence(pods, subjectLengthMax)} ${boundText(rule)}${unreadyText(rule)}` +
    '; this is about evictions, as in node drains, and not about deletion, rollouts and scaling'
  );
}

/** Without a healthy pod an eviction is refused even where no pod needs to stay. */
function unreadyText(rule: DisruptionRule): string {
  const effect = effectOf(rule);
  if (effect === 'deny') return '';
  if (rule.unhealthyPodEvictionPolicy === 'AlwaysAllow') return '; those that run but are not ready always can';
  return effect === 'allow' ? '; those that run but are not ready only while others are ready' : '';
}

/** What may be evicted, with the bound that says so: there is never more than one. */
function boundText(rule: DisruptionRule): string {
  const { minAvailable, maxUnavailable } = rule;
  const effect = effectOf(rule);
  if (effect === 'restrict') {
    return maxUnavailable === undefined
      ? `can be evicted while at least ${minAvailable} of them stay available`
      : `can be evicted while at most ${maxUnavailable} of them are unavailable`;
  }
  const phase = rule.unhealthyPodEvictionPolicy === 'AlwaysAllow' ? 'are ready' : 'run';
  const can = effect === 'deny' ? `are kept from eviction while they ${phase}` : 'can be evicted in any number';
  if (maxUnavailable !== undefined) return `${can} (maxUnavailable ${maxUnavailable})`;
  return `${can} (${minAvailable === undefined ? 'neither minAvailable nor maxUnavailable' : `minAvailable ${minAvailable}`})`;
}
