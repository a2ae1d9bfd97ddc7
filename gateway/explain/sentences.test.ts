import { expect, test } from 'vitest';
import { candidate } from '../testing/candidates.ts';
import { networkConstraint } from '../testing/objects.ts';
import { readErrorText } from './error-text.ts';
import { explain, type Question } from './explain.ts';

const question: Question = {
  namespace: 'shop',
  workloadName: undefined,
  workloads: [{ kind: 'Deployment', name: 'web', labels: { app: 'web' } }],
  complete: true,
  contact: undefined,
};
const quota = networkConstraint('shop', 'team', {
  key: 'quota',
  type: 'ResourceLimit',
  effect: 'limit',
  source: { apiVersion: 'v1', kind: 'ResourceQuota', name: 'team', namespace: 'shop' },
});
const candidates = [candidate(quota, 'detailed')];
const said = (text: string, changes: Partial<Question> = {}) =>
  explain(readErrorText(text), candidates, { ...question, ...changes }).explanation;

const exceeded = 'exceeded quota: team, requested: pods=1, used: pods=3, limited: pods=3';
const unready = 'Readiness probe failed: HTTP probe failed with statuscode: 503';
const unscheduled = '0/3 nodes are available: 3 Insufficient memory.';

test('a rule that the text names is not named again', () => {
  expect(said(exceeded)).toMatch(/^The ResourceQuota team .* used\. This ResourceQuota binds shop\.$/);
});

test('a name that binds nothing here is asked for where it happened', () => {
  expect(said(exceeded.replace('team', 'other'))).toContain('ask about the namespace in which it happened');
});

test('of causes in a row that are no policy it is said once', () => {
  expect(said(unready)).toMatch(/No policy of the cluster did this\.$/);
  const both = said(`${unready}\n${unscheduled}`);
  expect(both).toMatch(/No policy of the cluster did any of these\.$/);
  expect(both.match(/No policy/g)).toHaveLength(1);
  expect(said(`${unready}\n${exceeded}`)).toContain('No policy of the cluster did this. The ResourceQuota');
});

test('a workload that is not there is said to be that, to whoever may see workloads', () => {
  const sentence = 'No workload wbe is known in shop';
  expect(said(exceeded, { workloadName: 'wbe' })).toContain(sentence);
  expect(said(exceeded, { workloadName: 'Deployment/web' })).not.toContain('No workload');
  expect(said(exceeded, { workloadName: 'wbe', workloads: undefined })).not.toContain('No workload');
  expect(said(unready, { workloadName: 'wbe' })).not.toContain('No workload');
});

test('what was compared is said where something was', () => {
  expect(said(`kubectl -n other apply: ${exceeded}`)).toContain('speaks of the namespace other');
  expect(said('Error from server (NotFound): namespaces "other" not found')).not.toContain('compared');
});
