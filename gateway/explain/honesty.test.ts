/**
 * Answers that would be sure and wrong: names that several bear, texts from elsewhere, rules that do nothing of the kind, and
 * errors that stand in a text without having happened there.
 */
import { describe, expect, test } from 'vitest';
import { constraintId, type StoredConstraint } from '../../crds/constraint.ts';
import { candidate } from '../testing/candidates.ts';
import { networkConstraint } from '../testing/objects.ts';
import { readErrorText } from './error-text.ts';
import { explain } from './explain.ts';

const groups: Readonly<Record<string, string>> = {
  ClusterPolicy: 'kyverno.io/v1',
  Policy: 'kyverno.io/v1',
  ValidatingAdmissionPolicy: 'admissionregistration.k8s.io/v1',
  PodDisruptionBudget: 'policy/v1',
  AuthorizationPolicy: 'security.istio.io/v1',
  NeedsOwner: 'constraints.gatekeeper.sh/v1beta1',
  WantsOwner: 'constraints.gatekeeper.sh/v1beta1',
};
const clusterWide = new Set([
  'ClusterPolicy',
  'ValidatingAdmissionPolicy',
  'NeedsOwner',
  'WantsOwner',
  'ClusterResourceQuota',
]);

function policy(kind: string, name: string, changes: Partial<StoredConstraint> = {}): StoredConstraint {
  const key = changes.key ?? 'rule';
  const home = clusterWide.has(kind) ? {} : { namespace: 'shop' };
  return {
    ...networkConstraint('shop', name, { type: 'Admission', effect: 'deny' }),
    id: constraintId(`${kind}/shop/${name}`, key),
    source: { apiVersion: groups[kind] ?? 'v1', kind, name, ...home },
    scope: { namespaces: { names: ['shop'] } },
    rule: { form: 'opaque', fields: [] },
    ...changes,
    key,
  };
}

function quota(name: string, hard: Readonly<Record<string, string>>, kind = 'ResourceQuota'): StoredConstraint {
  return policy(kind, name, {
    type: 'ResourceLimit',
    effect: 'limit',
    rule: { form: 'quota', hard, enforced: true, scopes: [] },
  });
}

function ask(text: string, constraints: readonly StoredConstraint[]) {
  const question = {
    namespace: 'shop',
    workloadName: undefined,
    workloads: undefined,
    complete: true,
    contact: undefined,
  };
  const { cause, otherCauses, confidence, suspects, explanation } = explain(
    readErrorText(text),
    constraints.map((each) => candidate(each)),
    question,
  );
  return { cause, otherCauses, confidence, suspects, explanation };
}

const exceeded = 'exceeded quota: team, requested: pods=1, used: pods=4, limited: pods=4';
const forbidden = `pods "web" is forbidden: ${exceeded}`;
const blocked =
  'admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Pod/shop/web was blocked due to the following policies \n\nlabels:\n  rule: no\n';
const denial = 'admission webhook "validation.gatekeeper.sh" denied the request: [owner] say who';

describe('what is named is not sure', () => {
  test.each([
    [
      'where two kinds have a policy of that name',
      blocked,
      [policy('ClusterPolicy', 'labels'), policy('Policy', 'labels')],
      2,
    ],
    [
      'where two kinds have a constraint of that name',
      denial,
      [policy('NeedsOwner', 'owner'), policy('WantsOwner', 'owner')],
      2,
    ],
    [
      'where two kinds have a quota of that name',
      forbidden,
      [quota('team', { pods: '4' }), quota('team', { pods: '4' }, 'ClusterResourceQuota')],
      2,
    ],
    ['where it refuses nothing', blocked, [policy('ClusterPolicy', 'labels', { effect: 'audit' })], 1],
    ['where it only warns', denial, [policy('NeedsOwner', 'owner', { effect: 'warn' })], 1],
    [
      'where its binding only notes',
      `pods "web" is forbidden: ValidatingAdmissionPolicy 'size' with binding 'all' denied request: no`,
      [policy('ValidatingAdmissionPolicy', 'size', { key: 'all', effect: 'audit' })],
      1,
    ],
    ['where it has no limit for that', forbidden, [quota('team', { 'requests.cpu': '4' })], 1],
    [
      'where it demands nothing of the kind',
      'pods "web" is forbidden: failed quota: team: must specify limits.cpu',
      [quota('team', { pods: '4' })],
      1,
    ],
    [
      'where the budget lets everything pass',
      `Cannot evict pod as it would violate the pod's disruption budget. The disruption budget team needs 1 healthy pods and has 1 currently`,
      [policy('PodDisruptionBudget', 'team', { effect: 'allow', rule: { form: 'disruption', minAvailable: 0 } })],
      1,
    ],
  ] as const)('%s', (_why, text, constraints, count) => {
    const { confidence, suspects } = ask(text, constraints);
    expect([confidence, suspects.length]).toEqual(['medium', count]);
  });

  test('and why is told in the explanation, too', () => {
    const { explanation } = ask(forbidden, [quota('team', { 'requests.cpu': '4' })]);
    expect(explanation).toContain('As it is now it has no limit for pods: it may have been changed since.');
  });

  test('where the text speaks of another namespace, unless the policy is of the whole cluster', () => {
    for (const other of [`-n billing\n${forbidden}`, `${forbidden}\nnamespace: billing`]) {
      expect(ask(other, [quota('team', { pods: '4' })]).confidence).toBe('medium');
    }
    expect(ask(`${forbidden} -n shop`, [quota('team', { pods: '4' })]).confidence).toBe('high');
    const elsewhere = blocked.replace('Pod/shop/web', 'Pod/billing/web');
    expect(ask(elsewhere, [policy('ClusterPolicy', 'labels')]).confidence).toBe('high');
    const budget = `Cannot evict pod as it would violate the pod's disruption budget. The disruption budget team needs 1 healthy pods and has 1 currently\nnamespace: billing`;
    const bound = policy('PodDisruptionBudget', 'team', { rule: { form: 'disruption', minAvailable: 1 } });
    expect(ask(budget, [bound]).confidence).toBe('medium');
  });
});

describe('what is made from a policy, and several rules of one, are no other policy of that name', () => {
  test.each([
    [
      blocked.replace('  rule: no', '  rule: no\n  other: no'),
      [policy('ClusterPolicy', 'labels'), policy('ClusterPolicy', 'labels', { key: 'other' })],
    ],
    [
      `pods "web" is forbidden: ValidatingAdmissionPolicy 'cpol-labels' with binding 'cpol-labels-binding' denied request: no`,
      [
        policy('ValidatingAdmissionPolicy', 'cpol-labels', { key: 'cpol-labels-binding' }),
        policy('ClusterPolicy', 'labels'),
      ],
    ],
  ])('%j', (text, constraints) => {
    const { confidence, suspects } = ask(text, constraints);
    expect([confidence, suspects.length]).toEqual(['high', 2]);
  });
});

describe('an error that stands in a value is none', () => {
  test.each([
    [`pods "${exceeded}" not found`, 'missing'],
    [
      `The Pod "web" is invalid: metadata.labels: Invalid value: ${JSON.stringify(exceeded)}: a valid label must be empty`,
      'immutable',
    ],
    [
      `The Pod "web" is invalid: spec.nodeName: Invalid value: ${JSON.stringify(forbidden)}: a lowercase RFC 1123 subdomain must consist of`,
      'immutable',
    ],
    [
      `pods is forbidden: User ${JSON.stringify(exceeded)} cannot list resource "pods" in API group "" in the namespace "shop"`,
      'rbac',
    ],
    [`serviceaccounts "x ${exceeded}" not found`, 'missing'],
  ])('%s', (text, category) => {
    const { cause, otherCauses, suspects } = ask(text, [quota('team', { pods: '4' })]);
    expect([cause.category, otherCauses, suspects]).toEqual([category, [], []]);
  });

  test('what names an object is no value', () => {
    expect(ask(`error: "${forbidden}"`, [quota('team', { pods: '4' })]).confidence).toBe('high');
    expect(ask(JSON.stringify({ message: forbidden }), [quota('team', { pods: '4' })]).confidence).toBe('high');
  });
});

describe('an error that somebody tells of', () => {
  test.each([
    `--- PASS: TestQuota\n  quota_test.go:33: got expected error: ${forbidden}`,
    `Users see errors such as "${exceeded}" then.`,
    `Runbook: if you see "${exceeded}" then ask for more.`,
    `You get something like: ${forbidden}`,
  ])('is never sure: %s', (text) => {
    expect(ask(text, [quota('team', { pods: '4' })]).confidence).toBe('medium');
  });

  test('gives way to one that happened', () => {
    const text = `The page shows errors such as "${exceeded}".\npods is forbidden: User "ann" cannot list resource "pods" in API group "" in the namespace "shop"`;
    expect(ask(text, [quota('team', { pods: '4' })]).cause.category).toBe('rbac');
  });

  test('an error that nobody expected happened', () => {
    expect(ask(`unexpected error: ${forbidden}`, [quota('team', { pods: '4' })]).confidence).toBe('high');
  });
});

describe('what the author of a policy writes in its message is no cause of its own', () => {
  const constraints = [
    policy('ValidatingAdmissionPolicy', 'size', { key: 'all' }),
    policy('ClusterPolicy', 'labels'),
    policy('NeedsOwner', 'owner'),
    quota('team', { pods: '4' }),
  ];
  const messages = [
    'resource Pod/shop/web was blocked due to the following policies labels: rule: no',
    exceeded,
    'RBAC: access denied',
    `ValidatingAdmissionPolicy 'size' with binding 'all' denied request: no`,
    denial,
  ];
  test.each(messages)('of a ValidatingAdmissionPolicy: %s', (message) => {
    const text = `pods "web" is forbidden: ValidatingAdmissionPolicy 'other' with binding 'all' denied request: ${message}`;
    const { cause, otherCauses, suspects } = ask(text, constraints);
    expect([cause.policy, otherCauses, suspects]).toEqual(['other', [], []]);
  });
  test.each(messages.slice(1, 3))('of Gatekeeper: %s', (message) => {
    const { cause, otherCauses } = ask(denial.replace('say who', message), constraints);
    expect([cause.policy, otherCauses]).toEqual(['owner', []]);
  });
});
