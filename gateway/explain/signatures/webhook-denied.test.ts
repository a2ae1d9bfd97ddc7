import { describe, expect, test } from 'vitest';
import { type Constraint, constraintId, type StoredConstraint } from '../../../crds/constraint.ts';
import type { DetailLevel } from '../../answer/levels.ts';
import { aboutShop, candidate } from '../../testing/candidates.ts';
import { readErrorText } from '../error-text.ts';
import { explain } from '../explain.ts';
import { findCauses } from '../find-causes.ts';

const denial = 'admission webhook "gate.example.com" denied the request: ';

function causes(text: string) {
  return findCauses(readErrorText(text));
}

function said(text: string): string | undefined {
  const read = readErrorText(text);
  const [found] = findCauses(read);
  return found === undefined ? undefined : read.flat.slice(found.span.start, found.span.end);
}

describe('which webhook a text names, and what it says', () => {
  test.each([
    ['kubectl', `Error from server (no): error when creating "a.yaml": ${denial}use a digest`],
    ['an event', `3m  Warning  FailedCreate  replicaset/web  Error creating: ${denial}use a digest`],
    ['capital letters', `Admission webhook "gate.example.com" denied the request: use a digest`],
    ['JSON', JSON.stringify({ level: 'error', error: `${denial}use a digest`, stacktrace: 'main.go:1' })],
    [
      'a log',
      `E0101 10:00:00.000000 1 c.go:1] "msg"="x" "error"="${denial.replaceAll('"', '\\"')}use a digest" "key"="a/b"`,
    ],
    ['wrapped lines', denial.replaceAll(' ', '\n  ') + 'use\n  a digest'],
    ['YAML', `  message: '${denial}use a\n    digest'\n  reason: Failed`],
    ['a list', `2 errors occurred:\n\t* ${denial}use a digest\n\t* timed out\n`],
    ['an aggregate', `[${denial}use a digest]`],
    ['Helm', `cannot patch "a": ${denial}use a digest && cannot patch "b" with kind Deployment: other`],
    ['Argo CD', `one or more objects failed, reason: ${denial}use a digest. Retrying attempt #4 at 1:21PM.`],
  ])('%s', (_form, text) => {
    expect(causes(text)).toMatchObject([
      { category: 'webhook-denied', policy: 'gate.example.com', certainty: 'stated' },
    ]);
    expect(said(text)?.toLowerCase()).toBe(`${denial}use a digest`);
  });

  test('without a reason, in a dry run, and where it changed what it must not', () => {
    const hook = 'admission webhook "gate.example.com"';
    const sentence = (words: string) => causes(`Error from server: ${hook} ${words}`)[0]?.sentence;
    expect(sentence('denied the request without explanation')).toContain('refused the request without saying why');
    expect(sentence('does not support dry run')).toContain('says nothing about the manifest');
    expect(sentence('attempted to modify the object, which is not supported for this operation')).toContain('at fault');
  });

  test('a text that is cut gives no half name, and does not say that there was no reason', () => {
    expect(causes('Error creating: admission webhook "gate.exa')).toMatchObject([
      { category: 'webhook-denied', policy: undefined, certainty: 'likely' },
    ]);
    const [found] = causes('Error creating: admission webhook "gate.example.com" denied the req…');
    expect(found).toMatchObject({ policy: 'gate.example.com' });
    expect(found?.sentence).toContain('not in the text');
  });

  test('constraints that GKE Warden counts: the first is the rule', () => {
    const violations = '{"[denied by autogke-a]":["no host ports"],"[denied by autogke-b]":["no host paths"]}';
    const text = `admission webhook "warden-validating.common-webhooks.networking.gke.io" denied the request: GKE Warden rejected the request because it violates one or more constraints.\nViolations details: ${violations}`;
    expect(causes(text)).toMatchObject([{ rule: 'autogke-a' }]);
    expect(said(text)).toContain('no host paths');
  });

  test('two webhooks are two causes', () => {
    const text = `[${denial}no, admission webhook "b.example.com" denied the request: never]`;
    expect(causes(text).map(({ policy }) => policy)).toEqual(['gate.example.com', 'b.example.com']);
  });

  test('by which an engine guards its own objects', () => {
    const [found] = causes(
      'admission webhook "validate-policy.kyverno.svc" denied the request: path: spec.rules[0]: bad',
    );
    expect(found).toMatchObject({
      category: 'webhook-denied',
      engine: 'kyverno',
      policy: 'validate-policy.kyverno.svc',
    });
    expect(found?.sentence).toContain('the policy in the manifest is not valid');
  });
});

test.each([
  'admission webhook "gate.example.com" is registered for pods',
  'Registering admission webhook "gate.example.com"',
  'the firewall denied the request: blocked country',
  'webhook gate denied the request',
])('is no refusal of a webhook: %s', (text) => {
  expect(causes(text).filter(({ category }) => category === 'webhook-denied')).toEqual([]);
});

function webhook(name: string, key: string, changes: Partial<Constraint> = {}): StoredConstraint {
  const mutating = changes.effect === 'mutate';
  const kind = mutating ? 'MutatingWebhookConfiguration' : 'ValidatingWebhookConfiguration';
  return {
    id: constraintId(`${kind}/${name}`, key),
    name,
    key,
    type: 'Admission',
    severity: 'Critical',
    effect: 'deny',
    summary: 'Requests need the consent of a webhook',
    message: `Requests need the consent of the validating webhook ${key}`,
    source: { apiVersion: 'admissionregistration.k8s.io/v1', kind, name },
    scope: { namespaces: {} },
    rule: { form: 'webhook', mutating, failurePolicy: 'Fail', timeoutSeconds: 10 },
    ...changes,
  };
}

function explained(text: string, constraints: readonly StoredConstraint[], level: DetailLevel = 'full') {
  const { named: _named, ...question } = aboutShop();
  return explain(
    readErrorText(text),
    constraints.map((each) => candidate(each, level)),
    question,
  );
}

describe('what it is held against', () => {
  const gate = webhook('gate', 'gate.example.com');
  const similar = webhook('gate-2', 'gate.example.com.au');
  const text = `${denial}no`;
  const titles = (answer: ReturnType<typeof explained>) =>
    answer.suspects.map(({ candidate: { kind, name, key } }) => `${kind.slice(0, 3)} ${name} ${key ?? '-'}`);

  test('the webhook of that name, at high; of both kinds the one that judges first', () => {
    const mutating = webhook('gate', 'gate.example.com', { effect: 'mutate' });
    const answer = explained(text, [mutating, similar, gate]);
    expect(titles(answer)).toEqual(['Val gate gate.example.com', 'Mut gate gate.example.com']);
    expect(answer.confidence).toBe('high');
  });

  test('a name that a configuration holds several times', () => {
    expect(titles(explained(text, [webhook('gate', 'gate.example.com#2')]))).toEqual(['Val gate gate.example.com#2']);
  });

  test('a similar name is never taken for it', () => {
    const answer = explained(text, [similar, webhook('other', 'other.example.com')]);
    expect(answer).toMatchObject({ confidence: 'medium', suspects: [] });
  });

  test('who sees summaries learns nothing of the webhooks that a configuration holds', () => {
    const answers = ['gate.example.com', 'other.example.com'].map((key) => {
      const { explanation, confidence, suspects } = explained(text, [webhook('a', key, { id: 'one' })], 'summary');
      return { explanation, confidence, suspects: suspects.map(({ candidate: { name }, reason }) => [name, reason]) };
    });
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject({
      confidence: 'medium',
      suspects: [['a', 'Which webhooks it holds is not shown to you; it may hold this one']],
    });
  });

  test('many that may be it are not listed', () => {
    const many = ['a', 'b', 'c', 'd'].map((name) => webhook(name, `${name}.example.com`));
    expect(explained(text, many, 'summary')).toMatchObject({ confidence: 'medium', suspects: [] });
  });

  test('a condition that cannot be evaluated leads to the webhook that has it', () => {
    const expression = 'object.spec.team  == "a"';
    const admission = [{ matchConditions: [{ name: 'team', expression }] }];
    const conditional = webhook('gate', 'gate.example.com', { scope: { namespaces: {}, admission } });
    const failed = `pods "a" is forbidden: expression '${expression}' resulted in error: no such key: team`;
    const answer = explained(failed, [similar, conditional]);
    expect(titles(answer)).toEqual(['Val gate gate.example.com']);
    expect(answer).toMatchObject({ confidence: 'high', cause: { category: 'webhook-denied' } });
  });
});

test('what to do: what it asks for, and where to look where its configuration is not known', () => {
  const { steps } = explained(`${denial}use a digest`, []);
  expect(steps[0]?.description).toBe(
    'Change the request to what the webhook gate.example.com asks for: "use a digest".',
  );
  expect(steps[1]?.command).toContain('kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations -o ');
});
