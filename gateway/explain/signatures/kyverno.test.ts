import { array, assert, constantFrom, property } from 'fast-check';
import { expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { findCauses } from '../find-causes.ts';

const head = 'admission webhook "validate.kyverno.svc-fail" denied the request: ';
const blocked = 'resource Deployment/shop/web was blocked due to the following policies ';
const body = [
  'require-owner:',
  "  autogen-check-owner: 'validation error: say who owns it. rule autogen-check-owner failed",
  "    at path /spec/template/metadata/labels/owner/'",
];
const block = [head, '', blocked, '', ...body, ''].join('\n');

function told(text: string) {
  const read = readErrorText(text);
  return findCauses(read).map(({ category, policy, rule, certainty, evidence }) => ({
    category,
    policy,
    rule,
    certainty,
    evidence: evidence.map((span) => read.quote(span)),
  }));
}

function named(text: string) {
  return told(text).map(({ category, policy, rule, certainty }) => [category, policy, rule, certainty]);
}

const one = [['kyverno', 'require-owner', 'autogen-check-owner', 'stated']];

test.each([
  ['as kubectl prints it', `Error from server: error when creating "web.yaml": ${block}`],
  ['indented', block.replaceAll('\n', '\n      ')],
  ['in a frame', `╷\n│ ${block.replaceAll('\n', '\n│ ')}╵`],
  ['as a line of JSON', JSON.stringify({ level: 'error', error: block, kind: 'Deployment' })],
  ['as a line of JSON within JSON', JSON.stringify({ log: JSON.stringify({ error: block }) })],
  [
    'in a quoted string of YAML',
    `  message: '${block.replaceAll("'", "''").replaceAll('\n', '\n    ')}'\n  reason: Failed`,
  ],
  ['on one line', block.replaceAll('\n', ' ')],
  ['on one line without blanks in a row', block.split(/\s+/).join(' ')],
  [
    'without indentation',
    block
      .split('\n')
      .map((line) => line.trim())
      .join('\n'),
  ],
  ['wrapped in a narrow window', block.split(' ').join('\n')],
])('a refusal is read %s', (_, text) => {
  expect(named(text)).toEqual(one);
});

test('each rule of each policy is a cause with its own words', () => {
  const text = [
    head,
    '',
    blocked,
    '',
    'a-policy:',
    '  plain rule: say who owns it',
    '    and why',
    "  quoted: 'it''s wrong: say so'",
    '  folded: |-',
    '    first: line',
    '    second line',
    '  double: "with a \ttab"',
    'b-policy:',
    '  last: no',
    'Error: exit status 1',
  ].join('\n');
  expect(told(text).map(({ policy, rule, evidence }) => [policy, rule, evidence[0]?.split('\n').at(-1)])).toEqual([
    ['a-policy', 'plain rule', '    and why'],
    ['a-policy', 'quoted', "quoted: 'it''s wrong: say so'"],
    ['a-policy', 'folded', '    second line'],
    ['a-policy', 'double', 'double: "with a \ttab"'],
    ['b-policy', 'last', '  last: no'],
  ]);
});

test('on one line a word with a colon is the next rule, and two are the next policy', () => {
  const text = `${head}${blocked}a-policy: a-rule: 'say it: now' b-policy: b-rule: Say more c-rule: and more`;
  expect(named(text)).toEqual([
    ['kyverno', 'a-policy', 'a-rule', 'stated'],
    ['kyverno', 'b-policy', 'b-rule', 'stated'],
    ['kyverno', 'b-policy', 'c-rule', 'stated'],
  ]);
});

test.each([
  ['the head', `${head}resource Deployment/shop/web was blo…`, undefined, undefined],
  ['the name of the policy', `${head}\n\n${blocked}\n\nrequire-ow`, undefined, undefined],
  ['the name of the rule', `${head}\n\n${blocked}\n\nrequire-owner:\n  check-o`, 'require-owner', undefined],
  [
    'the message',
    `${head}\n\n${blocked}\n\nrequire-owner:\n  check-owner: 'validation err`,
    'require-owner',
    'check-owner',
  ],
])('a text that is cut within %s names what is whole', (_, text, policy, rule) => {
  expect(named(text)).toEqual([['kyverno', policy, rule, 'stated']]);
});

test.each(['violation', 'error', 'violations'])('releases 1.8 to 1.10 say that it is for resource %s', (word) => {
  const text = block.replace(blocked, `policy Deployment/shop/web for resource ${word}: `);
  expect(named(text)).toEqual(one);
  expect(named(text.replaceAll(/\s+/g, ' '))).toEqual(one);
  expect(named(`limits for resource ${word}: see policy Deployment/shop/web for resource ${word}`)).toEqual([]);
});

test('what is in no namespace is refused by the same words', () => {
  const text = `${head}\n\nresource Namespace//shop was blocked due to the following policies\n\np:\n  r: no\n`;
  expect(named(text)).toEqual([['kyverno', 'p', 'r', 'stated']]);
  expect(findCauses(readErrorText(text))[0]?.sentence).toContain('Namespace shop');
});

test.each([
  [
    'several policies in CEL',
    'admission webhook "vpol.validate.kyverno.svc-fail" denied the request: Policy a-b failed: say it; Policy c error: no such key: x',
    [
      ['a-b', undefined],
      ['c', undefined],
    ],
  ],
  [
    'images, where the colon is lost',
    'admission webhook "ivpol.validate.kyverno.svc-fail-finegrained-signed" denied the request\nPolicy signed error\nGET https://registry.example/v2/: MANIFEST_UNKNOWN',
    [['signed', undefined]],
  ],
  [
    'a webhook for one policy alone',
    'admission webhook "ivpol.mutate.kyverno.svc-fail-finegrained-signed" denied the request: context canceled',
    [['signed', undefined]],
  ],
  [
    'a mutation',
    'admission webhook "mutate.kyverno.svc-fail" denied the request: mutation policy add-owner error: failed to apply policy add-owner rules [add-it: variable substitution failed]',
    [['add-owner', 'add-it']],
  ],
  [
    'a mutation in CEL',
    'admission webhook "mpol.validate.kyverno.svc-fail" denied the request: Resource: shop/web, Kind: Pod, Errors: [Policy add-owner: no such key]',
    [['add-owner', undefined]],
  ],
])('a refusal by %s', (_, text, names) => {
  expect(named(text)).toEqual(names.map(([policy, rule]) => ['kyverno', policy, rule, 'stated']));
});

test.each([
  ['policy p-a/r-b fail: validation error: no', 'p-a', 'r-b', 'noted'],
  [
    "Failed to satisfy policy on resource 'shop/web'.The following rule(s) 'r-b;' failed to apply. Created Policy Violation",
    undefined,
    'r-b',
    'noted',
  ],
  [
    "involvedObject:\n  kind: ClusterPolicy\n  name: p-a\nmessage: Rule(s) 'r-b' failed to apply on resource Pod/shop/web",
    'p-a',
    'r-b',
    'noted',
  ],
  ['policy p-a/autogen-r b error: failed to load context: x', 'p-a', 'autogen-r b', 'noted'],
  ['policy shop/p-a/r-b fail: no', 'p-a', 'r-b', 'noted'],
  ["policy 'p-a' (Validation) rule 'r-b' failed. validation error: no", 'p-a', 'r-b', 'noted'],
  ["Rule(s) 'r-b' of policy 'p-a' failed to apply on the resource", 'p-a', 'r-b', 'noted'],
  [
    "shop 9m Warning PolicyViolation clusterpolicy/p-a Rule(s) 'r-b' failed to apply on resource shop/Pod/web",
    'p-a',
    'r-b',
    'noted',
  ],
  [
    '1s Warning PolicyViolation clusterpolicy/p-a Pod shop/web: [r-b] fail (blocked); validation error: no',
    'p-a',
    'r-b',
    'refused',
  ],
  [
    '1s Warning PolicyViolation clusterpolicy/p-a Pod shop/web: [r-b] fail; validation error: no',
    'p-a',
    'r-b',
    'noted',
  ],
  ['policy p-a -> resource shop/Pod/web failed:\n1 - r-b validation error: no', 'p-a', 'r-b', 'noted'],
  [
    '- message: no\n  policy: p-a\n  resources: []\n  result: fail\n  rule: r-b\n  scored: true\n  source: kyverno',
    'p-a',
    'r-b',
    'noted',
  ],
])('an event or report is told: %s', (text, policy, rule, outcome) => {
  expect(named(text)).toEqual([['kyverno', policy, rule, 'stated']]);
  expect(findCauses(readErrorText(text))[0]?.sentence).toContain(`Kyverno ${outcome}`);
});

test.each([
  ['Warning: policy p-a.r-b: say it', 'p-a', 'r-b'],
  ['Warning: Policy p-a failed: say it', 'p-a', undefined],
  ['validation error: say it. rule r-b failed at path /metadata/labels/x/', undefined, 'r-b'],
])('words without what proves them Kyverno are likely its own: %s', (text, policy, rule) => {
  expect(named(text)).toEqual([['kyverno', policy, rule, 'likely']]);
});

test('what Pod Security says through Kyverno is of Kyverno', () => {
  const text = `${head}\n\n${blocked}\n\nbase:\n  base-line: 'Validation rule ''base-line'' failed. It violates PodSecurity "baseline:latest":\n    (Forbidden reason: privileged, field error list: [spec.containers[0].securityContext.privileged\n    is forbidden, forbidden values found: true])'\n`;
  expect(named(text)).toEqual([['kyverno', 'base', 'base-line', 'stated']]);
});

test.each([
  'Internal error occurred: failed calling webhook "validate.kyverno.svc-fail": context deadline exceeded',
  'admission webhook "validate-policy.kyverno.svc" denied the request: path: spec.rules[0].match: no',
  'Warning: policy/v1beta1 PodSecurityPolicy is deprecated in v1.21+, unavailable in v1.25+',
  'the policy a/b passes; policy web/api is not there',
  'Policy AzureDeny failed: not compliant',
  'resource was blocked due to the following policies of the company',
  'policy p-a/r-b pass: rule passed',
  "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
])('is none of Kyverno: %s', (text) => {
  expect(told(text).filter(({ category }) => category === 'kyverno')).toEqual([]);
});

test('whatever follows its words, reading ends, and spans lie in the text', () => {
  const pieces = ["'", '"', ':', ' ', '\n', '\n  ', 'a-b', 'Policy ', '; ', '[', ']', '|-', head, blocked, 'x'];
  const texts = array(constantFrom(...pieces), { maxLength: 60 }).map((parts) => `${head}${blocked}${parts.join('')}`);
  assert(
    property(texts, (text) => {
      const read = readErrorText(text);
      for (const { span, evidence } of findCauses(read)) {
        for (const { start, end } of [span, ...evidence]) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeGreaterThanOrEqual(start);
          expect(end).toBeLessThanOrEqual(read.flat.length);
        }
      }
    }),
  );
});
