import { expect, test } from 'vitest';
import { KubeError } from '../../kube/errors.ts';
import { createWriteFailures } from './write-failures.ts';

const setUp = () => createWriteFailures({ random: () => 0.5, notNamed: '' });
let port = 40_000;
const denial = (webhook: string) =>
  new KubeError('KUBE_FORBIDDEN', {
    status: 403,
    request: 'PUT /x',
    said: `admission webhook "${webhook}" denied the request: from port ${(port += 1)}`,
  });
const outage = new KubeError('KUBE_UNREACHABLE', { status: 0, request: 'PUT /x' });

test('a denial is told once for all whom the same stops, any other failure for each', () => {
  const failures = setUp();
  const told = (key: string, error: KubeError) => failures.failed(key, error).isWorthTelling;
  expect(['a', 'a', 'b'].map((key) => told(key, denial('w')))).toEqual([true, false, false]);
  expect(told('b', denial('v'))).toBe(true);
  expect(['c', 'c', 'd'].map((key) => told(key, outage))).toEqual([true, false, true]);
});

test('one that is written again names the others that the same denied, and none that something else stops', () => {
  const failures = setUp();
  for (const key of ['a', 'b', 'c']) failures.failed(key, denial('w'));
  failures.failed('d', denial('v'));
  failures.failed('e', outage);
  failures.failed('f', outage);
  expect(failures.succeeded('b')).toEqual({ hadFailed: true, deniedToo: ['a', 'c'] });
  expect(failures.succeeded('b')).toEqual({ hadFailed: false, deniedToo: [] });
  expect(failures.succeeded('e')).toEqual({ hadFailed: true, deniedToo: [] });
});

test('quotas of the same name are one sentence, and one that lets a report pass says nothing of the others', () => {
  const failures = setUp();
  const exceeded = new KubeError('KUBE_FORBIDDEN', {
    status: 403,
    request: 'POST /x',
    said: 'constraintreports.potoo.io "constraints" is forbidden: exceeded quota: team, requested: x=1, used: x=0, limited: x=0',
  });
  failures.failed('a', exceeded);
  expect(failures.sentences().denials[0]).toMatch(/^The report of a is denied by ResourceQuota team: KUBE_FORBIDDEN/);
  failures.failed('b', exceeded);
  expect(failures.sentences().denials).toEqual([
    expect.stringMatching(/^The report of a, b is denied by each namespace's own ResourceQuota team: KUBE_FORBIDDEN/),
  ]);
  expect(failures.succeeded('a')).toEqual({ hadFailed: true, deniedToo: [] });
  expect(failures.denied().get('quota')).toBe(1);
});

test('the wait doubles up to 30 s, and grows with the number that the same denies', () => {
  const failures = setUp();
  const waits = Array.from({ length: 8 }, () => (failures.failed('a', denial('w')), failures.retryAfterMs('a')));
  expect(waits).toEqual([1_500, 3_000, 6_000, 12_000, 22_500, 22_500, 22_500, 22_500]);
  for (let index = 0; index < 499; index += 1) failures.failed(`n${index}`, denial('w'));
  expect(failures.retryAfterMs('a')).toBe(250_000);
  expect(failures.retryAfterMs('never failed')).toBe(0);
});

test('sentences stay the same while only ports and times differ, name three namespaces, and never the cluster report', () => {
  const failures = setUp();
  failures.failed('', outage);
  for (const key of ['d', 'b', 'a', 'c']) failures.failed(key, denial('w'));
  const before = failures.sentences();
  for (const key of ['d', 'b', 'a', 'c']) failures.failed(key, denial('w'));
  expect(failures.sentences()).toEqual(before);
  expect(before.failures).toEqual([]);
  expect(before.denials[0]).toMatch(
    /^The report of a, b, c and 1 more is denied by webhook w: KUBE_FORBIDDEN: admission/,
  );
  failures.forget('a');
  expect(failures.sentences().denials[0]).toMatch(/^The report of b, c, d is denied/);
  expect(failures.denied().get('webhook')).toBe(3);
});

test('a refusal of many lines that moves the cursor is one sentence', () => {
  const failures = setUp();
  const said = 'admission webhook "w" denied the request: no\n\u001b[2KThe report of b is fine';
  failures.failed('a', new KubeError('KUBE_FORBIDDEN', { status: 403, request: 'PUT /x', said }));
  expect(failures.sentences().denials).toEqual([
    'The report of a is denied by webhook w: KUBE_FORBIDDEN: admission webhook "w" denied the request: no [2KThe report of b is fine',
  ]);
});
