import { describe, expect, test } from 'vitest';
import { type Constraint, constraintId, type Effect, type StoredConstraint } from '../../../crds/constraint.ts';
import { aboutShop, candidate } from '../../testing/candidates.ts';
import type { DetailLevel } from '../../answer/levels.ts';
import { readErrorText } from '../error-text.ts';
import { explain } from '../explain.ts';
import { findCauses } from '../find-causes.ts';
import type { Finding } from '../finding.ts';

const denial = "ValidatingAdmissionPolicy 'replica-limit' with binding 'replica-limit-shop' denied request: ";

function only(text: string): Finding {
  const [first, ...others] = findCauses(readErrorText(text));
  if (first === undefined || others.length > 0) throw new Error(`${others.length} more causes in ${text}`);
  return first;
}

describe('which policy and binding a text names', () => {
  const named = { policy: 'replica-limit', rule: 'replica-limit-shop' };
  test.each([
    [
      'kubectl',
      `Error from server (Forbidden): error when creating "a.yaml": deployments.apps "web" is forbidden: ${denial}no more than 3`,
    ],
    [
      'kubectl, reason Invalid',
      `The deployments "web" is invalid: : ${denial}failed expression: object.spec.replicas <= 3`,
    ],
    ['an event', `2m  Warning  FailedCreate  replicaset/web  Error creating: pods "web-x" is forbidden: ${denial}no`],
    ['JSON', JSON.stringify({ kind: 'Status', message: `pods "a" is forbidden: ${denial}no`, reason: 'Forbidden' })],
    ['JSON within JSON', JSON.stringify({ error: JSON.stringify({ message: `pods "a" is forbidden: ${denial}no` }) })],
    [
      'wrapped lines',
      "ValidatingAdmissionPolicy\n  'replica-limit' with\n  binding 'replica-limit-shop' denied\n  request: no",
    ],
    [
      'a condition in YAML',
      `  message: 'pods "a" is forbidden: ${denial.replaceAll("'", "''")}no'\n  reason: FailedCreate`,
    ],
    [
      'typographic marks',
      'ValidatingAdmissionPolicy ‘replica-limit’ with binding ‘replica-limit-shop’ denied request: no',
    ],
    ['Markdown', `> \`${denial}no\``],
    ['cut in the message', `${denial}no more th…`],
    ['cut behind the binding', denial.slice(0, -6)],
  ])('%s', (_form, text) => {
    expect(only(text)).toMatchObject({
      category: 'vap',
      engine: 'validatingadmissionpolicy',
      certainty: 'stated',
      ...named,
    });
  });

  test('a warning', () => {
    const found = only(`Warning: Validation failed for ValidatingAdmissionPolicy 'a' with binding 'b': set a team`);
    expect(found).toMatchObject({ category: 'vap', policy: 'a', rule: 'b' });
    expect(found.sentence).toBe(
      'The ValidatingAdmissionPolicy a, by its binding b, let the request pass with a warning: "set a team".',
    );
  });

  test('an entry of the audit log', () => {
    const failure = [
      { message: 'set a team', policy: 'a', binding: 'b', expressionIndex: '0', validationActions: ['Audit'] },
    ];
    const annotations = { 'validation.policy.admission.k8s.io/validation_failure': JSON.stringify(failure) };
    expect(only(JSON.stringify({ auditID: '1', annotations }))).toMatchObject({ policy: 'a', rule: 'b' });
  });

  test('a policy that changes objects, whose kind is not said', () => {
    const words = "denied request: expression 'x' resulted in error: no such key: labels";
    expect(only(`Error from server (Forbidden): policy 'add-team' with binding 'add-team-all' ${words}`)).toMatchObject(
      {
        engine: 'mutatingadmissionpolicy',
        policy: 'add-team',
        rule: 'add-team-all',
      },
    );
    expect(only('policy "add-team" denied request: failed to configure policy: no match constraints')).toMatchObject({
      policy: 'add-team',
      rule: undefined,
    });
  });

  test.each([
    ['the name', `pods "a" is forbidden: ValidatingAdmissionPolicy 'repl`, undefined],
    [
      'the words behind it',
      `pods "a" is forbidden: ValidatingAdmissionPolicy 'replica-limit' with bin`,
      'replica-limit',
    ],
    [
      'the binding',
      `pods "a" is forbidden: ValidatingAdmissionPolicy 'replica-limit' with binding 'repl`,
      'replica-limit',
    ],
    ['the binding, with an ellipsis', `ValidatingAdmissionPolicy 'replica-limit' with binding 'repl…`, 'replica-limit'],
  ])('a text that is cut within %s gives no half name', (_where, text, policy) => {
    expect(only(text)).toMatchObject({ category: 'vap', policy, rule: undefined });
  });
});

test.each([
  "The ValidatingAdmissionPolicy 'replica-limit' was deleted yesterday",
  "ValidatingAdmissionPolicy 'replica-limit' with binding 'replica-limit-shop' was created",
  "policy 'bucket-readers' denied access to the bucket",
  "the policy 'a' with binding 'b' applies to all nodes",
  'validatingadmissionpolicies.admissionregistration.k8s.io "replica-limit" not found',
])('is no refusal of an admission policy: %s', (text) => {
  expect(findCauses(readErrorText(text)).filter(({ category }) => category === 'vap')).toEqual([]);
});

test('what follows a message is no part of it, and several refusals are several causes', () => {
  const other = "ValidatingAdmissionPolicy 'images' with binding 'images-all' denied request: use a digest";
  const text = `5 errors occurred:\n\t* pods "a" is forbidden: ${denial}no\n\t* pods "b" is forbidden: ${other}\n`;
  const found = findCauses(readErrorText(text));
  expect(found.map(({ policy, rule }) => [policy, rule])).toEqual([
    ['replica-limit', 'replica-limit-shop'],
    ['images', 'images-all'],
  ]);
});

test('a message that goes on in further lines is one cause with all of them', () => {
  const text = readErrorText(
    `${denial}containers must\nnot use more than\n2 CPUs (exceeds limits)\n\nError: exit status 1`,
  );
  const [found] = findCauses(text);
  expect(text.flat.slice(found?.span.start, found?.span.end)).toMatch(/2 CPUs \(exceeds limits\)$/);
});

function bound(effect: Effect, binding: string, changes: Partial<Constraint> = {}): StoredConstraint {
  return {
    id: constraintId(changes.name ?? 'replica-limit', binding),
    name: 'replica-limit',
    key: binding,
    type: 'Admission',
    severity: 'Critical',
    effect,
    summary: 'Requests for deployments are checked',
    message: 'Requests for deployments are checked by validations',
    source: { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', name: 'replica-limit' },
    scope: { namespaces: {} },
    rule: { form: 'cel', binding, failurePolicy: 'Fail', variables: [] },
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
  const strict = bound('deny', 'replica-limit-shop');
  const other = bound('deny', 'replica-limit-prod');
  const similar = bound('deny', 'replica-limit-shop', { name: 'replica-limits' });
  const text = `pods "a" is forbidden: ${denial}no`;

  test('the policy with the binding that the text names, at high', () => {
    const answer = explained(text, [other, similar, strict]);
    expect(answer).toMatchObject({
      confidence: 'high',
      cause: { policy: 'replica-limit', rule: 'replica-limit-shop' },
    });
    expect(answer.suspects.map(({ candidate: { key } }) => key)).toEqual(['replica-limit-shop']);
  });

  test('who sees summaries gets the policy by its name, whatever its bindings are', () => {
    const answers = ['replica-limit-shop', 'any'].map((binding) =>
      explained(text, [bound('deny', binding)], 'summary'),
    );
    for (const { confidence, suspects } of answers) {
      expect({ confidence, reasons: suspects.map(({ reason }) => reason) }).toEqual({
        confidence: 'high',
        reasons: ['The message names it'],
      });
    }
  });

  test('a similar name is never taken for it', () => {
    const { confidence, suspects, explanation } = explained(text, [similar]);
    expect({ confidence, suspects }).toEqual({ confidence: 'medium', suspects: [] });
    expect(explanation).toContain('Nothing of that name is known to bind shop');
  });

  test('the policy by another binding is told as that, and not at high', () => {
    const { confidence, suspects } = explained(text, [other]);
    expect(confidence).toBe('medium');
    expect(suspects[0]?.reason).toContain('another binding');
  });

  test('of a refusal and a warning each finds the constraint that says it', () => {
    const both = [bound('warn', 'replica-limit-shop', { id: 'warning' }), strict];
    const warning = `Warning: Validation failed for ${denial.replace(' denied request', '')}no`;
    expect(explained(text, both, 'summary').suspects.map(({ candidate: { effect } }) => effect)).toEqual(['deny']);
    expect(explained(warning, both, 'summary').suspects.map(({ candidate: { effect } }) => effect)).toEqual(['warn']);
  });

  test('one that only notes cannot have refused as it is now', () => {
    const { suspects } = explained(text, [bound('audit', 'replica-limit-shop')]);
    expect(suspects[0]?.reason).toBe(
      'The message names it; as it is now it only notes what does not meet it, so it may have changed since',
    );
  });

  test.each([
    [
      'gatekeeper-k8srequiredlabels',
      'gatekeeper-k8srequiredlabels-must-have-team',
      'K8sRequiredLabels',
      'must-have-team',
    ],
    ['gatekeeper-k8srequiredlabels', 'gatekeeper-must-have-team', 'K8sRequiredLabels', 'must-have-team'],
    ['cpol-no-latest', 'cpol-no-latest-binding', 'ClusterPolicy', 'no-latest'],
    ['vpol-no-latest', 'vpol-no-latest-binding', 'ValidatingPolicy', 'no-latest'],
  ])('%s leads to what made it', (name, binding, kind, maker) => {
    const made = bound('deny', 'rule', { name: maker, source: { apiVersion: 'x.io/v1', kind, name: maker } });
    const unlike = bound('deny', 'rule', { ...made, id: 'unlike', name: `${maker}-2` });
    const said = `ValidatingAdmissionPolicy '${name}' with binding '${binding}' denied request: no`;
    const { suspects, confidence } = explained(said, [unlike, made], 'summary');
    expect(suspects.map(({ candidate: { kind: of, name: called } }) => `${of} ${called}`)).toEqual([
      `${kind} ${maker}`,
    ]);
    expect(confidence).toBe('high');
  });
});

describe('what to do', () => {
  const steps = (message: string) => explained(`pods "a" is forbidden: ${denial}${message}`, []).steps;

  test('about what it demands', () => {
    expect(steps('no more than 3')[0]?.description).toBe(
      'Change the manifest to what the policy asks for: "no more than 3".',
    );
    expect(steps('failed expression: object.spec.replicas <= 3')[0]?.description).toContain(
      '"object.spec.replicas <= 3"',
    );
    expect(steps('no')[1]?.command).toBe('kubectl get validatingadmissionpolicy replica-limit -o yaml');
  });

  test('about a field that it takes for granted', () => {
    const [set, ask] = steps("expression 'object.spec.team == 1' resulted in error: no such key: team");
    expect(set?.description).toContain('"team"');
    expect(ask?.requires_privilege).toBe('cluster-admin');
  });

  test('about parameters that are not there', () => {
    const [ask, see] = steps(
      'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
    );
    expect(ask?.description).toContain('to create the parameters');
    expect(see?.command).toBe('kubectl get validatingadmissionpolicybinding replica-limit-shop -o yaml');
  });
});
