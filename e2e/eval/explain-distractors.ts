/**
 * What stands beside the policy that a row names: policies of every engine, and some of its own class with similar names.
 */
import { seededRandom } from '../../kube/testing/virtual-clock.ts';
import {
  admissionBinding,
  admissionPolicy,
  adminNetworkPolicy,
  authorizationPolicy,
  calicoPolicy,
  capsuleTenant,
  ciliumPolicy,
  clusterQueue,
  disruptionBudget,
  gatekeeperConstraint,
  imageValidatingPolicy,
  kubewardenPolicy,
  kyvernoPolicy,
  limitRange,
  linkerdServer,
  localQueue,
  mutatingPolicy,
  networkPolicy,
  podSecurityNamespace,
  type PolicyObject,
  quota,
  securityContextConstraints,
  webhookConfiguration,
} from './explain-objects.ts';
import { chosen, type Naming, plantedFor } from './explain-planted.ts';
import type { ExplainRow } from './explain-rows.ts';

/** Names that are easily taken for this one: with a word before or behind, another letter, or its words in another order. */
export function similarNames(name: string): readonly string[] {
  const random = seededRandom(chosen(name, 65_536));
  const dot = name.indexOf('.');
  const [first, rest] = dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
  const at = Math.floor(random() * first.length);
  const letter = 'abcdefghijklmnopqrstuvwxyz'.charAt(Math.floor(random() * 26));
  const changed = `${first.slice(0, at)}${letter === first.charAt(at) ? 'x' : letter}${first.slice(at + 1)}`;
  const words = first.split('-');
  const names = [`${first}-v2`, `my-${first}`, changed, words.toReversed().join('-'), words[0] ?? first];
  return [...new Set(names.map((each) => `${each}${rest}`))].filter((each) => each !== name);
}

/** Policies of its class with similar names, one of them in its namespace alone where there are such. */
export function similarPolicies(row: ExplainRow, naming: Naming): readonly PolicyObject[] {
  const rules = similarNames(naming.rule);
  return similarNames(naming.policy).flatMap((policy, index) => {
    const rule = index === 0 ? naming.rule : (rules[index % rules.length] ?? naming.rule);
    return plantedFor(row, { ...naming, policy, rule, variant: index + 1 })?.objects ?? [];
  });
}

/** Of every engine some that bind the namespace. None of them is named in any message. */
export function otherPolicies(namespace: string): readonly PolicyObject[] {
  const here = (name: string) => ({ name, namespace });
  return [
    quota(here('everyday-amounts'), { 'requests.cpu': '40', 'requests.memory': '96Gi', pods: '77' }),
    quota(here('everyday-objects'), { 'count/cronjobs.batch': '33', 'services.nodeports': '3' }),
    limitRange(here('everyday-sizes'), [
      { type: 'Container', min: { cpu: '7m', memory: '11Mi' }, max: { cpu: '61', memory: '321Gi' } },
      { type: 'PersistentVolumeClaim', max: { storage: '7777Gi' } },
    ]),
    admissionPolicy('everyday-replicas', 'object.spec.replicas <= 99'),
    admissionBinding('everyday-replicas-everywhere', 'everyday-replicas', ['Deny']),
    ...mutatingPolicy('everyday-labels'),
    kyvernoPolicy({ name: 'everyday-owners' }, ['owner-is-known', 'owner-answers'], { action: 'Enforce' }),
    kyvernoPolicy(here('everyday-own'), ['names-are-short'], { action: 'Audit' }),
    imageValidatingPolicy('everyday-images'),
    ...gatekeeperConstraint('everyday-constraint', 'EverydayDemand'),
    kubewardenPolicy({ name: 'everyday-warden' }),
    kubewardenPolicy(here('everyday-own-warden')),
    webhookConfiguration('ValidatingWebhookConfiguration', { name: 'everyday-guards' }, 'guard.everyday.example.com'),
    webhookConfiguration('MutatingWebhookConfiguration', { name: 'everyday-helpers' }, 'helper.everyday.example.com'),
    networkPolicy(here('everyday-ingress'), ['Ingress'], { app: 'everyday-database' }),
    networkPolicy(here('everyday-egress'), ['Egress'], { app: 'everyday-batch' }),
    ciliumPolicy(here('everyday-cilium'), ['Egress'], { app: 'everyday-batch' }),
    calicoPolicy(here('everyday-calico')),
    adminNetworkPolicy('everyday-admin', 'Ingress', 1),
    authorizationPolicy(here('everyday-authorization'), 1),
    linkerdServer(here('everyday-server'), 8_123),
    disruptionBudget(here('everyday-budget'), { maxUnavailable: 1 }, { app: 'everyday-database' }),
    securityContextConstraints('everyday-permissions'),
    ...clusterQueue('everyday-queue'),
    localQueue(here('everyday-local-queue'), 'everyday-queue'),
    capsuleTenant('everyday-tenant'),
  ];
}

/** The namespace where the row names none of its labels. */
export function everydayNamespace(namespace: string): PolicyObject {
  return podSecurityNamespace(namespace, { audit: 'baseline', 'audit-version': 'v1.28' });
}

/** At least so many constraints, of all engines, by policies that have each a name of its own. */
export function manyPolicies(namespace: string, count: number): readonly PolicyObject[] {
  return Array.from({ length: Math.ceil(count / 16) }, (_, index) => index).flatMap((index) => {
    const named = (name: string) => `${name}-${index}`;
    const here = (name: string) => ({ name: named(name), namespace });
    const app = { app: `app-${index}` };
    return [
      quota(here('amounts'), { 'requests.cpu': String(10 + index), pods: '40' }),
      limitRange(here('sizes'), [{ type: 'Container', max: { cpu: String(1 + index), memory: '2Gi' } }]),
      admissionPolicy(named('replicas'), `object.spec.replicas <= ${index}`),
      admissionBinding(named('replicas-everywhere'), named('replicas'), ['Deny']),
      kyvernoPolicy({ name: named('owners') }, ['owner-is-known', 'owner-answers'], { action: 'Enforce' }),
      ...gatekeeperConstraint(named('constraint'), `Demand${index}`),
      kubewardenPolicy({ name: named('warden') }),
      webhookConfiguration('ValidatingWebhookConfiguration', { name: named('guards') }, `guard-${index}.example.com`),
      networkPolicy(here('network'), ['Ingress', 'Egress'], app),
      ciliumPolicy(here('cilium'), ['Egress'], app),
      adminNetworkPolicy(named('admin'), 'Ingress', 2),
      authorizationPolicy(here('authorization'), 2),
      linkerdServer(here('server'), 8_000 + index),
      disruptionBudget(here('budget'), { maxUnavailable: 1 }, app),
    ];
  });
}
