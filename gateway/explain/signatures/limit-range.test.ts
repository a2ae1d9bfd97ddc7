import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { StoredConstraint } from '../../../crds/constraint.ts';
import type { LimitRangeRule } from '../../../crds/rules/limit-range.ts';
import { candidatesOf } from '../../testing/candidates.ts';
import { networkConstraint } from '../../testing/objects.ts';
import { readErrorText } from '../error-text.ts';
import { explain } from '../explain.ts';
import { findCauses } from '../find-causes.ts';

const question = {
  namespace: 'shop',
  workloadName: undefined,
  workloads: undefined,
  complete: true,
  contact: undefined,
};

function item(name: string, rule: Omit<LimitRangeRule, 'form'>): StoredConstraint {
  return networkConstraint('shop', name, {
    key: rule.on,
    type: 'ResourceLimit',
    effect: 'limit',
    source: { apiVersion: 'v1', kind: 'LimitRange', name, namespace: 'shop' },
    scope: { namespaces: { names: ['shop'] } },
    rule: { form: 'limitRange', ...rule },
  });
}

const ranges = [
  item('sizes', { on: 'Container', min: { cpu: '100m', memory: '64Mi' }, max: { cpu: '2', memory: '1024Mi' } }),
  item('sizes', { on: 'Pod', max: { cpu: '4', memory: '2Gi' }, maxLimitRequestRatio: { memory: '2' } }),
  item('claims', { on: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '5Gi' } }),
  item('small', { on: 'Container', max: { cpu: '1' } }),
  item('small', { on: 'Pod', max: { cpu: '2' } }),
];
const candidates = candidatesOf(ranges, { namespace: 'shop' });
const ask = (message: string, known = candidates) => explain(readErrorText(message), known, question);
const namesOf = (message: string, known = candidates) =>
  ask(message, known).suspects.map(({ candidate: { name, key } }) => `${name}/${key ?? ''}`);

test.each([
  ['maximum cpu usage per Container is 2, but limit is 2500m', ['sizes/Container'], { limits: { cpu: '2' } }],
  ['maximum cpu usage per Container is 2000m, but request is 3', ['sizes/Container'], { requests: { cpu: '2' } }],
  [
    'minimum memory usage per Container is 64Mi, but request is 32Mi.',
    ['sizes/Container'],
    { requests: { memory: '64Mi' } },
  ],
  ['minimum memory usage per Container is 64Mi, but limit is 1.', ['sizes/Container'], { limits: { memory: '64Mi' } }],
  [
    'minimum cpu usage per Container is 100m.  No request is specified',
    ['sizes/Container'],
    { requests: { cpu: '100m' } },
  ],
  ['maximum memory usage per Pod is 2Gi.  No limit is specified.', ['sizes/Pod'], { limits: { memory: '2Gi' } }],
  [
    'maximum memory usage per Container is 1Gi, but limit is 2147483648.',
    ['sizes/Container'],
    { limits: { memory: '1Gi' } },
  ],
  [
    'maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 9Gi',
    ['claims/PersistentVolumeClaim'],
    { requests: { storage: '5Gi' } },
  ],
  [
    '[maximum cpu usage per Pod is 4, but limit is 5, minimum cpu usage per Container is 100m, but request is 1m]',
    ['sizes/Container', 'sizes/Pod'],
    { requests: { cpu: '100m' } },
  ],
])('%s: is the LimitRange that has these bounds', (words, names, resources) => {
  for (const message of [
    words,
    `pods "web" is forbidden: ${words}`,
    `  Error creating: pods "web-x" is forbidden: ${words}\nmore`,
  ]) {
    const { cause, confidence, suspects, steps } = ask(message);
    expect([cause.category, cause.engine, cause.policy, confidence]).toEqual([
      'limitrange',
      'limitrange',
      undefined,
      'high',
    ]);
    expect(suspects.map(({ candidate: { name, key } }) => `${name}/${key ?? ''}`)).toEqual(names);
    const patch = parse(steps[1]?.patch ?? '');
    expect(patch.spec?.resources ?? patch.resources).toEqual(resources);
    expect(steps[0]?.requires_privilege).toBe('developer');
  }
});

test('a ratio is said as numbers', () => {
  const { cause, confidence, steps } = ask(
    'memory max limit to request ratio per Pod is 2, but provided ratio is 4.500000.',
  );
  expect([cause.rule, confidence]).toEqual(['Pod', 'high']);
  expect(steps[0]?.description).toContain('a limit of at most 2 times the request (now 4.5 times)');
  const none = ask('memory max limit to request ratio per Pod is 2, but no limit is specified or limit is 0');
  expect(none.steps[0]?.description).toContain('(state a request and a limit)');
  expect(
    namesOf('memory max limit to request ratio per Pod is 2, but no request is specified or request is 0'),
  ).toEqual(['sizes/Pod']);
});

test('several bounds are one cause', () => {
  const causes = findCauses(
    readErrorText(
      'minimum cpu usage per Pod is 2, but request is 1., minimum memory usage per Pod is 1Gi, but request is 5., cpu max limit to request ratio per Pod is 2, but provided ratio is 3.000000, minimum cpu usage per Container is 1.\n No request is specified',
    ),
  );
  expect(causes).toHaveLength(1);
  expect(causes[0]?.evidence).toHaveLength(4);
});

test('one LimitRange must have all the bounds; another amount may have been changed since', () => {
  const both = '[maximum cpu usage per Container is 1, but limit is 3, maximum cpu usage per Pod is 4, but limit is 5]';
  expect(ask(both)).toMatchObject({ confidence: 'low' });
  const { confidence, suspects } = ask('minimum cpu usage per Container is 200m, but request is 1m');
  expect([confidence, suspects.map(({ reason }) => reason)]).toEqual([
    'medium',
    ['It has, by now, a minimum of cpu 100m'],
  ]);
  const twice = candidatesOf([...ranges, item('other', { on: 'Container', max: { cpu: '1' } })], { namespace: 'shop' });
  expect(ask('maximum cpu usage per Container is 1, but limit is 3', twice).confidence).toBe('medium');
});

test('what has no such bound is none of them, and who sees the summary sees no amounts', () => {
  expect(namesOf('maximum nvidia.com/gpu usage per Container is 1, but limit is 3')).toEqual([]);
  expect(namesOf('maximum storage usage per openshift.io/Image is 1Gi, but request is 3Gi')).toEqual([]);
  const summary = candidatesOf(ranges, { namespace: 'shop', level: 'summary' });
  expect(namesOf('maximum cpu usage per Pod is 2, but limit is 3', summary)).toEqual(['sizes/Pod', 'small/Pod']);
  expect(namesOf('maximum cpu usage per Pod is 77, but limit is 99', summary)).toEqual(['sizes/Pod', 'small/Pod']);
});

test.each([
  [
    'pods "a" is forbidden: maximum cpu usage per Con',
    ['sizes/Container', 'sizes/Pod', 'small/Container', 'small/Pod'],
  ],
  ['pods "a" is forbidden: maximum cpu usage per Container is 2', ['sizes/Container', 'small/Container']],
  ['pods "a" is forbidden: maximum cpu usage per Container is 2, but li', ['sizes/Container', 'small/Container']],
])('%s: half an amount decides nothing', (message, names) => {
  expect(ask(message).cause.category).toBe('limitrange');
  expect(ask(message).confidence).not.toBe('high');
  expect(namesOf(message)).toEqual(names);
});

test.each([
  'maximum data usage per month is reached',
  'The maximum cpu usage per core was 80 % last night',
  'cpu usage per container is shown by kubectl top',
  'minimum usage per Container',
])('%s: is no LimitRange', (message) => {
  expect(findCauses(readErrorText(message)).filter(({ category }) => category === 'limitrange')).toEqual([]);
});
