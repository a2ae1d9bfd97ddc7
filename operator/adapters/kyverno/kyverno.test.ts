import { expect, test } from 'vitest';
import { readTogether } from '../join.ts';
import { kyverno } from './kyverno.ts';

const onServices = { any: [{ resources: { kinds: ['Service'] } }] };

function policy(spec: object) {
  return { apiVersion: 'kyverno.io/v1', kind: 'ClusterPolicy', metadata: { name: 'large', uid: 'large' }, spec };
}

function ruleNamed(name: string, parts: object = {}) {
  return { name, match: onServices, validate: { deny: {} }, ...parts };
}

function times<Item>(count: number, make: (index: number) => Item): Item[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

test('more rules than anybody writes are not read, and that is said', () => {
  const { constraints, problems } = readTogether(kyverno, [
    policy({ rules: times(600, (index) => ruleNamed(`rule-${index}`)) }),
  ]);
  expect(constraints).toHaveLength(101);
  expect(constraints.at(-1)).toMatchObject({ key: '#100', effect: 'unknown', scope: { unread: ['/spec/rules'] } });
  expect(problems).toMatchObject([{ object: 'ClusterPolicy large', path: 'spec.rules' }]);
});

test('keys stay apart, whatever names look like', () => {
  const names = ['#100', 'a#2', 'a', 'a', ...times(96, (index) => `rule-${index}`), 'not read'];
  const { constraints } = readTogether(kyverno, [policy({ rules: names.map((name) => ruleNamed(name)) })]);
  const keys = constraints.map(({ key }) => key);
  expect(new Set(keys).size).toBe(101);
  expect(keys.slice(0, 4)).toEqual(['#100', 'a#2', 'a', 'a#3']);
  expect(keys.at(-1)).toBe('#100#2');
});

test('where more overrides take turns than are told apart, the action is unknown', () => {
  const validationFailureActionOverrides = times(60, (index) => ({
    action: index % 2 === 0 ? 'Enforce' : 'Audit',
    namespaces: [`team-${index}`],
  }));
  const { constraints } = readTogether(kyverno, [
    policy({ validationFailureActionOverrides, rules: [ruleNamed('a')] }),
  ]);
  expect(constraints).toMatchObject([{ key: 'a', effect: 'unknown', severity: 'Warning', scope: { namespaces: {} } }]);
  expect(constraints[0]?.rule).not.toHaveProperty('action');
});

test('many namespaces with one action are one constraint', () => {
  const validationFailureActionOverrides = times(60, (index) => ({ action: 'Enforce', namespaces: [`team-${index}`] }));
  const { constraints } = readTogether(kyverno, [
    policy({ validationFailureActionOverrides, rules: [ruleNamed('a')] }),
  ]);
  expect(constraints.map(({ key, effect }) => [key, effect])).toEqual([
    ['a/Enforce', 'deny'],
    ['a', 'audit'],
  ]);
});

test('of many exceptions the first are listed, and the rest counted as one that may hold', () => {
  const exceptions = times(150, (index) => ({
    apiVersion: 'kyverno.io/v2',
    kind: 'PolicyException',
    metadata: { name: `e-${index}`, namespace: 'ops', uid: `e-${index}` },
    spec: { exceptions: [{ policyName: 'large', ruleNames: ['a'] }], match: onServices },
  }));
  const [constraint] = readTogether(kyverno, [policy({ rules: [ruleNamed('a')] }), ...exceptions]).constraints;
  const listed = constraint?.scope.admission?.[0]?.exceptions ?? [];
  expect(listed).toHaveLength(101);
  expect(listed.at(-1)).toMatchObject({ by: '50 more PolicyExceptions', all: [], conditional: expect.any(String) });
});

test('a rule that is nested too deep to be kept is unknown, and its policy is not lost', () => {
  let deep: unknown = 'bottom';
  for (let depth = 0; depth < 5_000; depth += 1) deep = { below: deep };
  const { constraints, problems } = readTogether(kyverno, [
    policy({ rules: [ruleNamed('deep', { validate: { pattern: { spec: deep } } }), ruleNamed('plain')] }),
  ]);
  expect(constraints).toMatchObject([
    { key: 'deep', effect: 'unknown', rule: { body: null, unread: ['/spec/rules/0/validate'] } },
    { key: 'plain', effect: 'audit' },
  ]);
  expect(problems).toMatchObject([{ path: 'spec.rules[0].validate' }]);
});

test('what a policy says stays on one line and out of the summary', () => {
  const secret = 'hunter2';
  const { constraints } = readTogether(kyverno, [
    policy({
      rules: [
        ruleNamed('a', {
          validate: { message: `line\n${secret}`, pattern: { metadata: { labels: { [secret]: secret } } } },
        }),
        ruleNamed('b', { validate: { pattern: { spec: { type: secret, [`${secret} x`]: secret } } } }),
      ],
    }),
  ]);
  expect(constraints).toHaveLength(2);
  for (const { summary, message } of constraints) {
    expect(summary).not.toContain(secret);
    expect(message).toContain(secret);
    expect(message).not.toContain('\n');
  }
});

test('what is not read of a policy never makes it look as if it bound fewer people', () => {
  const unknown = Object.fromEntries(times(200, (index) => [`field-${index}`, true]));
  const names = times(300, (index) => ({ resources: { kinds: ['Service'], namespaces: [`team-${index}`] } }));
  const excluded = times(300, () => ({ resources: { kinds: ['Service'] } }));
  const { constraints } = readTogether(kyverno, [
    policy({ ...unknown, rules: [ruleNamed('a', { match: { any: names }, exclude: { all: excluded } })] }),
  ]);
  expect(constraints).toMatchObject([{ key: 'a', effect: 'unknown', scope: { namespaces: {} } }]);
  const [{ scope } = { scope: { namespaces: {} } }] = constraints;
  expect(scope.namespaces).toEqual({});
  expect(scope).not.toHaveProperty('admission.0.exceptions');
});

test('rules in many regions do not become thousands of constraints', () => {
  const validationFailureActionOverrides = times(20, (index) => ({
    action: index % 2 === 0 ? 'Enforce' : 'Audit',
    namespaces: [`team-${index}`],
  }));
  const rules = times(100, (index) => ruleNamed(`rule-${index}`));
  const { constraints } = readTogether(kyverno, [policy({ validationFailureActionOverrides, rules })]);
  expect(constraints.map(({ effect }) => effect)).toEqual(times(100, () => 'unknown'));
});

test('a body with more values than anybody writes is unknown', () => {
  const pattern = Object.fromEntries(times(6_000, (index) => [`field${index}`, 'x']));
  const { constraints } = readTogether(kyverno, [policy({ rules: [ruleNamed('a', { validate: { pattern } })] })]);
  expect(constraints).toMatchObject([{ effect: 'unknown', rule: { body: null, unread: ['/spec/rules/0/validate'] } }]);
});

test('an exception that names a policy both in full and by a pattern is listed once', () => {
  const exception = {
    apiVersion: 'kyverno.io/v2',
    kind: 'PolicyException',
    metadata: { name: 'e', namespace: 'ops', uid: 'e' },
    spec: { exceptions: ['large', 'la*'].map((policyName) => ({ policyName, ruleNames: ['*'] })), match: onServices },
  };
  const [constraint] = readTogether(kyverno, [policy({ rules: [ruleNamed('a')] }), exception]).constraints;
  expect(constraint?.scope.admission?.[0]?.exceptions).toHaveLength(1);
});

test('an override with an empty list of namespaces is for all of them', () => {
  const validationFailureActionOverrides = [{ action: 'Enforce', namespaces: [] }];
  const { constraints } = readTogether(kyverno, [
    policy({ validationFailureActionOverrides, rules: [ruleNamed('a')] }),
  ]);
  expect(constraints).toMatchObject([{ key: 'a', effect: 'deny', scope: { namespaces: {} } }]);
});
