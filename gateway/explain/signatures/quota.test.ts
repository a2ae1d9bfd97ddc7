import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { StoredConstraint } from '../../../crds/constraint.ts';
import type { QuotaRule } from '../../../crds/rules/quota.ts';
import { candidatesOf } from '../../testing/candidates.ts';
import { networkConstraint } from '../../testing/objects.ts';
import { readErrorText } from '../error-text.ts';
import { explain, type Question } from '../explain.ts';
import { findCauses } from '../find-causes.ts';

const question: Question = {
  namespace: 'shop',
  workloadName: undefined,
  workloads: undefined,
  complete: true,
  contact: undefined,
};

const hardOfTeam = { pods: '4', 'limits.cpu': '3800m', 'limits.memory': '8Gi', 'requests.memory': '8Gi' };

function quota(name: string, rule: Partial<QuotaRule> = {}): StoredConstraint {
  return networkConstraint('shop', name, {
    key: 'quota',
    type: 'ResourceLimit',
    effect: 'limit',
    source: { apiVersion: 'v1', kind: 'ResourceQuota', name, namespace: 'shop' },
    scope: { namespaces: { names: ['shop'] } },
    rule: { form: 'quota', hard: hardOfTeam, enforced: true, scopes: [], ...rule },
  });
}

const team = candidatesOf([quota('team'), quota('team-b'), networkConstraint('shop', 'team')], { namespace: 'shop' });
const ask = (message: string, candidates = team) => explain(readErrorText(message), candidates, question);

const full =
  'exceeded quota: team, requested: limits.cpu=500m,requests.memory=2Gi, used: limits.cpu=3500m,requests.memory=7Gi, limited: limits.cpu=3800m,requests.memory=8Gi';

test.each([
  ['bare', full],
  ['kubectl', `Error from server (Forbidden): error when creating "a.yaml": pods "web" is forbidden: ${full}`],
  [
    'an event',
    `  Warning  FailedCreate  3s (x4 over 9s)  replicaset-controller  Error creating: pods "web-x7k2p" is forbidden: ${full}`,
  ],
  ['a log in JSON', JSON.stringify({ level: 'error', error: `pods "web" is forbidden: ${full}`, name: 'x' })],
  [
    'broken lines',
    `pods "web" is forbidden: exceeded quota: team,\n   requested: limits.cpu=500m,\n requests.memory=2Gi, used: limits.cpu=3500m,requests.memory=7Gi,\n limited: limits.cpu=3800m,requests.memory=8Gi`,
  ],
  ['a name in quotation marks', full.replace('team', '"team"')],
  ['a full stop', `${full}.`],
])('the numbers of a message are read, with %s', (_what, message) => {
  const [cause, ...others] = findCauses(readErrorText(message));
  expect(others).toEqual([]);
  expect(cause).toMatchObject({ category: 'quota', engine: 'resourcequota', policy: 'team', certainty: 'stated' });
  expect(cause?.sentence).toContain(
    'limits.cpu: 500m asked, 3500m of 3800m used; requests.memory: 2Gi asked, 7Gi of 8Gi used',
  );
  const { confidence, suspects, steps } = ask(message);
  expect([confidence, suspects.map(({ candidate }) => candidate.name)]).toEqual(['high', ['team']]);
  expect(steps[0]?.description).toContain('ask for at most 300m, or free 200m first');
  expect(parse(steps[1]?.patch ?? '')).toEqual({ resources: { limits: { cpu: '300m' }, requests: { memory: '1Gi' } } });
  expect(parse(steps[2]?.patch ?? '').spec).toEqual({ hard: { 'limits.cpu': '4', 'requests.memory': '9Gi' } });
  expect(steps[2]?.command).toBe('kubectl patch resourcequota team -n shop --patch-file FILE');
});

test.each([
  ['where nothing is left', 'requested: pods=2, used: pods=4, limited: pods=4', 'nothing is left, so 2 must be freed'],
  ['where the limit was lowered', 'requested: pods=0, used: pods=3, limited: pods=1', 'that is 2 over the limit'],
  ['with mixed notations', 'requested: memory=1, used: memory=1Gi, limited: memory=1Gi', 'nothing is left, so 1 must'],
  [
    'beyond what a double holds',
    'requested: cpu=2, used: cpu=9007199254740993, limited: cpu=9007199254740994',
    'ask for at most 1,',
  ],
])('what fits is said exactly, %s', (_what, lists, words) => {
  expect(ask(`exceeded quota: team, ${lists}`).steps[0]?.description).toContain(words);
});

test('a claim, and a service that needs no load balancer, get the fields that they have', () => {
  const claim = ask(
    'exceeded quota: team, requested: gold.storageclass.storage.k8s.io/requests.storage=9Gi, used: gold.storageclass.storage.k8s.io/requests.storage=1Gi, limited: gold.storageclass.storage.k8s.io/requests.storage=5Gi',
  );
  expect(parse(claim.steps[1]?.patch ?? '')).toEqual({ spec: { resources: { requests: { storage: '4Gi' } } } });
  const service = ask(
    'exceeded quota: team, requested: services.loadbalancers=1, used: services.loadbalancers=2, limited: services.loadbalancers=2',
  );
  expect(parse(service.steps[1]?.patch ?? '')).toEqual({ spec: { type: 'ClusterIP' } });
});

test('figures of now that leave room say so', () => {
  const [first] = team;
  if (first === undefined) throw new Error('No quota');
  const binding = { ...first.binding, metrics: { pods: { hard: '4', used: '1' } } };
  const now = ask('exceeded quota: team, requested: pods=1, used: pods=4, limited: pods=4', [
    { ...first, name: 'team', binding },
  ]);
  expect(now.steps[0]?.description).toBe('By now it would fit (pods 1 of 4 used): try again.');
});

test.each([
  ['within the amounts', 'exceeded quota: team, requested: pods=1, used: po', 'team'],
  ['before the amounts', 'exceeded quota: team, requested: limits.c', 'team'],
  ['within an amount', 'exceeded quota: team, requested: pods=1, used: pods=1…', 'team'],
  ['behind the name', 'exceeded quota: team, reque', 'team'],
  ['behind a name that ends its string', '{"stderr": "pods \\"a\\" is forbidden: exceeded quota: team"}', 'team'],
  ['behind the name of another form', 'failed quota: team: must', 'team'],
  ['within the name', 'pods "a" is forbidden: exceeded quota: tea', undefined],
  ['within the name, with an ellipsis', 'pods "a" is forbidden: exceeded quota: tea…\nmore lines', undefined],
  ['before the name', 'pods "a" is forbidden: exceeded quota: ', undefined],
  ['within the name of another form', 'pods "a" is forbidden: failed quota: te', undefined],
])('a text that is cut %s is a quota still', (_what, message, policy) => {
  const [cause, ...others] = findCauses(readErrorText(message));
  expect(others).toEqual([]);
  expect([cause?.category, cause?.policy]).toEqual(['quota', policy]);
  const { suspects, confidence } = ask(message);
  expect(confidence).toBe(policy === undefined ? 'medium' : 'high');
  expect(suspects.length).toBe(policy === undefined ? 2 : 1);
});

test.each([
  ['since 1.24', 'failed quota: team: must specify limits.cpu for: app,proxy; limits.memory for: app'],
  ['before it', 'failed quota: team: must specify limits.cpu,limits.memory'],
  ['with a capital letter', 'Failed quota: team: must specify limits.cpu,limits.memory'],
  ['with the name twice', 'failed team: team: must specify limits.cpu,limits.memory namespace=shop src="a.go:1"'],
  ['in YAML', `message: 'pods "web-" is forbidden: failed quota: team: must specify limits.cpu,limits.memory'`],
])('what must be specified is said as a patch, %s', (what, words) => {
  const { cause, confidence, suspects, steps } = ask(words);
  expect([cause.category, cause.policy, confidence, suspects.length]).toEqual(['quota', 'team', 'high', 1]);
  const containers = [
    { name: 'app', resources: { limits: { cpu: '500m', memory: '256Mi' } } },
    { name: 'proxy', resources: { limits: { cpu: '500m' } } },
  ];
  const { resources } = containers[0] ?? {};
  expect(parse(steps[0]?.patch ?? '')).toEqual(
    what === 'since 1.24' ? { spec: { template: { spec: { containers } } } } : { resources },
  );
  expect(parse(steps[1]?.patch ?? '')).toMatchObject({ kind: 'LimitRange', metadata: { namespace: 'shop' } });
});

test('usage that is not known yet passes by itself', () => {
  const { cause, confidence, steps } = ask(
    'pods "a" is forbidden: status unknown for quota: team, resources: limits.cpu,pods',
  );
  expect([cause.policy, confidence]).toEqual(['team', 'high']);
  expect(steps[1]?.command).toBe('kubectl get resourcequota team -n shop -o yaml');
  expect(ask('pods "a" is forbidden: status unknown for quota: team').cause.policy).toBe('team');
});

describe('what only a quota makes possible', () => {
  const message = 'Error creating: insufficient quota to match these scopes: [{PriorityClass In [vital high]}]';
  const scoped = quota('vital', { scopes: [{ scopeName: 'PriorityClass', operator: 'In', values: ['low'] }] });
  const constraints = [quota('team'), scoped];

  test('names no quota: those of the same scope may have been meant', () => {
    const { cause, confidence, suspects, steps } = ask(message, candidatesOf(constraints, { namespace: 'shop' }));
    expect([cause.category, cause.policy, confidence]).toEqual(['quota', undefined, 'medium']);
    expect(suspects).toMatchObject([
      { candidate: { name: 'vital' }, reason: 'It counts pods in scope PriorityClass In low' },
    ]);
    expect(parse(steps[1]?.patch ?? '').spec.scopeSelector).toEqual({
      matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['vital', 'high'] }],
    });
  });

  test('scopes are not shown to everybody, so all of them may', () => {
    const { suspects } = ask(message, candidatesOf(constraints, { namespace: 'shop', level: 'summary' }));
    expect(suspects.map(({ candidate }) => candidate.name)).toEqual(['team', 'vital']);
  });

  test('of a resource, too', () => {
    const { cause, steps } = ask('pods "a" is forbidden: insufficient quota to consume: requests.nvidia.com/gpu');
    expect(cause.category).toBe('quota');
    expect(parse(steps[1]?.patch ?? '').spec).toEqual({ hard: { 'requests.nvidia.com/gpu': '10' } });
  });
});

test('a name that nothing here has leads to nothing else', () => {
  const { cause, confidence, suspects } = ask(full.replace('team', 'tea'));
  expect([cause.policy, confidence, suspects]).toEqual(['tea', 'medium', []]);
});

test.each([
  'Quota exceeded for cores: Requested 4, but already used 20 of 20 cores',
  'write /data/x: disk quota exceeded',
  'how do I find out who exceeded quota: any hints are welcome, thank you very much',
  'error: must specify one of -f and -k',
  'spec failed: name: must specify a value',
  'googleapi: Error 403: Quota CPUS exceeded. Limit: 24.0',
])('%s: is no quota of Kubernetes', (message) => {
  expect(findCauses(readErrorText(message)).filter(({ category }) => category === 'quota')).toEqual([]);
});
