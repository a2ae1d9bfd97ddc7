import { array, assert, constantFrom, property } from 'fast-check';
import { expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { findCauses } from '../find-causes.ts';

const head = 'admission webhook "validation.gatekeeper.sh" denied the request: ';

function causes(text: string) {
  return findCauses(readErrorText(text)).filter(({ category }) => category === 'gatekeeper');
}

function named(text: string) {
  return causes(text).map(({ policy, certainty }) => [policy, certainty]);
}

test.each([
  ['as kubectl prints it', `Error from server (Forbidden): error when creating "a.yaml": ${head}[need-owner] say it`],
  ['of releases up to 3.3', `Error from server ([denied by need-owner] say it): ${head}[denied by need-owner] say it`],
  ['of an object that was expanded', `${head}[need-owner] [Implied by expand-deployments] say it`],
  ['on a line below', `${head}\n     [need-owner] say it\n`],
  ['as a line of JSON', JSON.stringify({ error: `${head}[need-owner] say it with "owner"`, ts: 1 })],
  ['in a condition', `  - message: '${head}[need-owner]\n      say it'\n    reason: FailedCreate`],
  ['in an event', `3m Warning FailedCreate replicaset/web Error creating: ${head}[need-owner] say it...`],
])('a refusal is read %s', (_, text) => {
  const [cause, ...others] = causes(text);
  expect(cause).toMatchObject({ policy: 'need-owner', rule: 'need-owner', certainty: 'stated' });
  expect(others).toEqual([]);
});

test('several constraints are several causes, each with all that it says', () => {
  const text = `${head}[a-one] first thing\n[b-two] allowed are [x-y] alone\n[a-one] second thing\nError: exit status 1`;
  expect(named(text)).toEqual([
    ['a-one', 'stated'],
    ['b-two', 'stated'],
  ]);
  expect(causes(text)[0]?.sentence).toContain('"first thing", "second thing"');
  expect(causes(text)[1]?.sentence).toContain('"allowed are [x-y] alone"');
});

test('on one line brackets within a message are no constraints', () => {
  const text = `${head}[a-one] One of [x-y], is allowed: [dev-a] Or nothing [b-two] Another thing [a-one] more`;
  expect(named(text).map(([policy]) => policy)).toEqual(['a-one', 'b-two']);
});

test.each([
  ['Warning: [need-owner] say it\npod/web created', 'likely', 'warned'],
  ['[denied by need-owner] say it', 'likely', 'refused'],
  ['Error from server ([denied by need-owner]): say it', 'likely', 'refused'],
  [
    'Admission webhook "validation.gatekeeper.sh" denied request: [Namespace: shop Kind: Pod Name: web] by constraint need-owner say it',
    'stated',
    'refused',
  ],
  [
    'Admission webhook "validation.gatekeeper.sh" denied request, Resource Namespace: shop, Constraint: need-owner, Message: say it',
    'stated',
    'refused',
  ],
  [
    'Admission webhook "validation.gatekeeper.sh" raised a warning for this request, Constraint: need-owner, Message: say it',
    'stated',
    'warned',
  ],
  ['Dryrun violation, Resource Namespace: shop, Constraint: need-owner, Message: say it', 'stated', 'noted'],
  [
    'AuditViolation pod/web Timestamp: 2026-01-01, Resource Namespace: shop, Constraint: need-owner, Message: say it',
    'stated',
    'noted',
  ],
  [
    '{"msg":"denied admission","process":"admission","event_type":"violation","constraint_name":"need-owner","constraint_kind":"NeedOwner","constraint_action":"deny"}',
    'stated',
    'refused',
  ],
  [
    '{"msg":"say it","process":"audit","event_type":"violation_audited","constraint_name":"need-owner","constraint_kind":"NeedOwner","constraint_action":"deny"}',
    'stated',
    'noted',
  ],
  [
    'apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: NeedOwner\nmetadata:\n  annotations:\n    name: other\n  name: need-owner\nstatus:\n  violations:\n  - enforcementAction: deny\n    kind: Pod\n    message: say it\n    name: web',
    'stated',
    'noted',
  ],
  [
    'Name:         need-owner\nAPI Version:  constraints.gatekeeper.sh/v1beta1\nKind:         NeedOwner\nMetadata:\n  Generation:  1\nStatus:\n  Violations:\n    Kind:     Pod\n    Message:  say it\n    Name:     web',
    'stated',
    'noted',
  ],
])('beside denials: %s', (text, certainty, outcome) => {
  expect(named(text)).toEqual([['need-owner', certainty]]);
  expect(causes(text)[0]?.sentence).toContain(`Gatekeeper ${outcome}`);
});

test('two events in a row are told each by its own words', () => {
  const event = (lead: string, name: string) => `${lead}, Constraint: ${name}, Message: say it`;
  const text = `${event('Admission webhook "validation.gatekeeper.sh" denied request', 'a-one')}\n${event('Dryrun violation', 'b-two')}`;
  expect(causes(text).map(({ sentence }) => sentence.split(' ')[1])).toEqual(['refused', 'noted']);
});

test('a name that is cut is none', () => {
  expect(named(`${head}[need-ow`)).toEqual([[undefined, 'stated']]);
});

test('mutators that cannot be applied name no constraint', () => {
  const text = 'admission webhook "mutation.gatekeeper.sh" denied the request: conflicting mutators';
  expect(named(text)).toEqual([[undefined, 'stated']]);
});

test.each([
  'admission webhook "policy.example.io" denied the request: [need-owner] say it',
  'admission webhook "warden-validating.example" denied the request: GKE Warden rejected the request: {"[denied by autogke-x]":["no"]}',
  `${head}Could not find the package in Rego`,
  'admission webhook "check-ignore-label.gatekeeper.sh" denied the request: Only exempt namespace can have the label',
  'Internal error occurred: failed calling webhook "validation.gatekeeper.sh": connection refused',
  'Warning: [Deprecated] use another flag',
  'there is a constraint: uniqueness, message: none',
])('is none of Gatekeeper: %s', (text) => {
  expect(causes(text)).toEqual([]);
});

test('whatever follows its words, reading ends, and spans lie in the text', () => {
  const pieces = ['[', ']', ' ', '\n', 'a-b', 'X', 'denied by ', ':', '"', "'", head];
  const texts = array(constantFrom(...pieces), { maxLength: 60 }).map((parts) => `${head}${parts.join('')}`);
  assert(
    property(texts, (text) => {
      const read = readErrorText(text);
      for (const { span } of findCauses(read)) {
        expect(span.end).toBeGreaterThanOrEqual(span.start);
        expect(span.end).toBeLessThanOrEqual(read.flat.length);
      }
    }),
  );
});
