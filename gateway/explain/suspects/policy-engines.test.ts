import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Constraint, StoredConstraint } from '../../../crds/constraint.ts';
import { constraintId } from '../../../crds/constraint.ts';
import type { DetailLevel } from '../../answer/levels.ts';
import { inheritedBinding, ownBinding } from '../../catalog/binding.ts';
import { changedAt, entryOf } from '../../testing/objects.ts';
import { type Candidate, candidateOf } from '../candidates.ts';
import { readErrorText } from '../error-text.ts';
import { explain } from '../explain.ts';

const namespace = 'shop';

interface Changes extends Partial<Constraint> {
  readonly level?: DetailLevel;
}

function candidate(apiVersion: string, kind: string, name: string, changes: Changes = {}): Candidate {
  const { level = 'detailed', ...rest } = changes;
  const full: StoredConstraint = {
    id: constraintId(`${apiVersion}/${kind}/${name}`, changes.key ?? 'constraint'),
    name,
    key: 'constraint',
    type: 'Admission',
    severity: 'Critical',
    effect: 'deny',
    summary: 'Pods are checked',
    message: 'Pods are checked, in full',
    source: { apiVersion, kind, name },
    scope: { namespaces: {} },
    rule: { form: 'opaque', fields: [] },
    ...rest,
  };
  const form = { home: full.source.namespace, text: JSON.stringify(full), value: full };
  const isOwn = full.source.namespace === namespace;
  const binding = isOwn
    ? ownBinding(entryOf(full), () => form)
    : inheritedBinding({ ...full, kind }, changedAt, () => form);
  return candidateOf(binding, () => level, namespace);
}

function clusterPolicy(name: string, rule: string, changes: Changes = {}): Candidate {
  return candidate('kyverno.io/v1', 'ClusterPolicy', name, {
    key: rule,
    rule: {
      form: 'pattern',
      name: rule,
      does: 'validate',
      body: {
        pattern: { metadata: { labels: { owner: '?*' } }, spec: { 'X(hostPID)': 'null', '=(hostNetwork)': false } },
      },
      failurePolicy: 'Fail',
      generated: [{ name: `autogen-${rule}`, kinds: ['Deployment'], template: 'spec.template' }],
    },
    ...changes,
  });
}

const gatekeeper = 'constraints.gatekeeper.sh/v1beta1';

function asked(message: string, candidates: readonly Candidate[], complete = true) {
  return explain(readErrorText(message), candidates, {
    namespace,
    workloadName: undefined,
    workloads: undefined,
    complete,
    contact: undefined,
  });
}

const ids = (candidates: readonly Candidate[]) => candidates.map(({ binding }) => binding.id);

function found(message: string, candidates: readonly Candidate[]) {
  const { suspects, confidence } = asked(message, candidates);
  return { ids: suspects.map(({ candidate: { binding } }) => binding.id), confidence };
}

const kyvernoBlock = (policy: string, rule: string, resource = 'Pod/shop/web', path = '/metadata/labels/owner/') =>
  `admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource ${resource} was blocked due to the following policies \n\n${policy}:\n  ${rule}: 'validation error: no. rule ${rule} failed at path ${path}'\n`;

const named = clusterPolicy('need-owner', 'check-owner');
const distractors = [
  clusterPolicy('need-owners', 'check-owner'),
  clusterPolicy('need-own', 'check-owner'),
  candidate(gatekeeper, 'NeedOwner', 'need-owner'),
  candidate('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', 'need-owner'),
  candidate('nvidia.com/v1', 'ClusterPolicy', 'need-owner'),
];

test.each(['check-owner', 'autogen-check-owner', 'autogen-cronjob-check-owner'])(
  'a policy of Kyverno is known by its name and its rule %s',
  (rule) => {
    expect(found(kyvernoBlock('need-owner', rule), [...distractors, named])).toEqual({
      ids: ids([named]),
      confidence: 'high',
    });
  },
);

test('a policy that is named and binds nothing here is replaced by none', () => {
  const { ids: none, confidence } = found(kyvernoBlock('need-owner', 'check-owner'), distractors);
  expect(none).toEqual([]);
  expect(confidence).not.toBe('high');
});

test('at the summary level the name of the policy is all there is to go by', () => {
  const seen = clusterPolicy('need-owner', 'check-owner', { level: 'summary' });
  const other = clusterPolicy('need-owner', 'other', { level: 'summary' });
  expect(found(kyvernoBlock('need-owner', 'check-owner'), [seen, other]).ids).toEqual(ids([seen, other]));
});

test('another rule of the policy that is named is told, and not as the one', () => {
  const other = clusterPolicy('need-owner', 'other');
  expect(found(kyvernoBlock('need-owner', 'check-owner'), [other])).toEqual({
    ids: ids([other]),
    confidence: 'medium',
  });
});

test('of one rule the constraint that refuses is taken for a refusal', () => {
  const audit = clusterPolicy('need-owner', 'check-owner', { key: 'check-owner/Audit', effect: 'audit' });
  const deny = clusterPolicy('need-owner', 'check-owner', { key: 'check-owner/Enforce#2' });
  expect(found(kyvernoBlock('need-owner', 'check-owner'), [audit, deny]).ids).toEqual(ids([deny]));
  const [only] = asked(kyvernoBlock('need-owner', 'check-owner'), [audit]).suspects;
  expect(only?.reason).toContain('refuses nothing now');
});

test('a policy of a namespace refuses nothing in another one', () => {
  const source = { apiVersion: 'kyverno.io/v1', kind: 'Policy', name: 'need-owner', namespace };
  const own = clusterPolicy('need-owner', 'check-owner', { source });
  expect(found(kyvernoBlock('need-owner', 'check-owner'), [own]).ids).toEqual(ids([own]));
  expect(found(kyvernoBlock('need-owner', 'check-owner', 'Pod/other/web'), [own]).ids).toEqual([]);
});

test('a webhook of Kyverno says which kind of policies refused', () => {
  const images = candidate('policies.kyverno.io/v1', 'ImageValidatingPolicy', 'x', { key: 'images' });
  const validating = candidate('policies.kyverno.io/v1', 'ValidatingPolicy', 'x', { key: 'validate' });
  const text = (hook: string) =>
    `admission webhook "${hook}.validate.kyverno.svc-fail" denied the request: Policy x failed: no`;
  expect(found(text('ivpol'), [images, validating]).ids).toEqual(ids([images]));
  expect(found(text('vpol'), [images, validating]).ids).toEqual(ids([validating]));
});

const denial = (name: string) => `admission webhook "validation.gatekeeper.sh" denied the request: [${name}] say it`;

test('a constraint of Gatekeeper is known by its name, whatever its kind', () => {
  const [, , constraint] = distractors;
  const unlike = candidate(gatekeeper, 'NeedOwner', 'need-owner-2');
  expect(constraint && found(denial('need-owner'), [named, unlike, ...distractors])).toEqual({
    ids: ids(constraint === undefined ? [] : [constraint]),
    confidence: 'high',
  });
  expect(found(denial('need-own'), [named, unlike, ...distractors]).ids).toEqual([]);
});

test('constraints of one name and several kinds are all named, and none of them is sure', () => {
  const both = ['KindA', 'KindB'].map((kind) => candidate(gatekeeper, kind, 'need-owner'));
  expect(found(denial('need-owner'), both)).toEqual({ ids: ids(both), confidence: 'medium' });
});

test('at the summary level kinds of other engines are none of Gatekeeper, as far as they are known', () => {
  const seen = candidate(gatekeeper, 'NeedOwner', 'need-owner', { level: 'summary' });
  const others = [
    'ClusterPolicy',
    'ValidatingPolicy',
    'ClusterAdmissionPolicy',
    'ValidatingAdmissionPolicy',
    'Assign',
  ].map((kind) => candidate('hidden.example/v1', kind, 'need-owner', { level: 'summary' }));
  expect(found(denial('need-owner'), [...others, seen]).ids).toEqual(ids([seen]));
});

test('a constraint that only notes did not refuse, and one that refuses is preferred', () => {
  const dryRun = candidate(gatekeeper, 'KindA', 'need-owner', { effect: 'audit' });
  const deny = candidate(gatekeeper, 'KindB', 'need-owner');
  expect(found(denial('need-owner'), [dryRun, deny]).ids).toEqual(ids([deny]));
  expect(found('Warning: [need-owner] say it', [deny]).confidence).toBe('medium');
  expect(asked(denial('need-owner'), [dryRun]).suspects[0]?.reason).toContain('refuses nothing now');
});

test('two constraints in one refusal are two causes, both named', () => {
  const both = ['a-one', 'b-two'].map((name) => candidate(gatekeeper, 'NeedOwner', name));
  const { suspects, cause, otherCauses } = asked(`${denial('a-one')}\n[b-two] say more`, both);
  expect(suspects.map(({ candidate: { binding } }) => binding.id)).toEqual(ids(both));
  expect([cause, ...otherCauses].map(({ policy }) => policy)).toEqual(['a-one', 'b-two']);
});

test('mutators that cannot be applied may be any of them', () => {
  const assign = candidate('mutations.gatekeeper.sh/v1', 'Assign', 'x', { effect: 'mutate' });
  const text = 'admission webhook "mutation.gatekeeper.sh" denied the request: conflicting mutators';
  expect(found(text, [assign, ...distractors])).toEqual({ ids: ids([assign]), confidence: 'medium' });
});

function patches(message: string, candidates: readonly Candidate[]): unknown[] {
  return asked(message, candidates).steps.flatMap(({ patch }): unknown[] =>
    patch === undefined ? [] : [parse(patch)],
  );
}

test.each([
  [kyvernoBlock('need-owner', 'check-owner'), { metadata: { labels: { owner: 'VALUE' } } }],
  [
    kyvernoBlock(
      'need-owner',
      'autogen-check-owner',
      'Deployment/shop/web',
      '/spec/template/metadata/labels/example.com/owner/',
    ),
    { spec: { template: { metadata: { labels: { 'example.com/owner': 'VALUE' } } } } },
  ],
  [kyvernoBlock('need-owner', 'check-owner', 'Pod/shop/web', '/spec/hostNetwork/'), { spec: { hostNetwork: false } }],
  [
    kyvernoBlock('need-owner', 'autogen-check-owner', 'Deployment/shop/web', '/spec/template/spec/hostNetwork/'),
    { spec: { template: { spec: { hostNetwork: false } } } },
  ],
])('Kyverno: the field at the path, with what the pattern has there', (message, patch) => {
  expect(patches(message, [named])).toEqual([patch]);
});

test('Kyverno: a field that must not be there, or is not known, is told in words', () => {
  const { steps } = asked(kyvernoBlock('need-owner', 'check-owner', 'Pod/shop/web', '/spec/hostPID/'), [named]);
  expect(steps.map(({ type, description }) => [type, description])).toEqual([
    ['manual', 'Change "spec.hostPID" in the manifest, as the message asks.'],
  ]);
});

test.each([
  [
    'you must provide labels: {"owner", "cost-center"}',
    { metadata: { labels: { owner: 'VALUE', 'cost-center': 'VALUE' } } },
  ],
  [
    'Privileged container is not allowed: web, securityContext: {"privileged": true}',
    { securityContext: { privileged: false } },
  ],
  ['container <web> has no memory limit', { resources: { limits: { memory: 'AMOUNT' } } }],
])('Gatekeeper: what the library of templates demands as a patch: %s', (words, patch) => {
  expect(patches(denial('need-owner').replace('say it', words), [])).toEqual([patch]);
});

test('where nothing is known here, steps say how to look and whom to ask', () => {
  const kyverno = asked(kyvernoBlock('need-owner', 'check-owner'), []).steps;
  expect(kyverno.map(({ command }) => command)).toContain('kubectl get clusterpolicies.kyverno.io need-owner -o yaml');
  const gate = asked(denial('need-owner'), []).steps;
  expect(gate.map(({ command }) => command)).toContain(
    'kubectl get constraints --field-selector=metadata.name=need-owner',
  );
  expect([...kyverno, ...gate].filter(({ description }) => description.startsWith('Ask '))).toHaveLength(2);
});
