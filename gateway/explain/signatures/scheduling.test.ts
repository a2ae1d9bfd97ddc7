import { expect, test } from 'vitest';
import { readErrorText } from '../error-text.ts';
import { findCauses } from '../find-causes.ts';
import { noSuspects } from '../finding.ts';

const about = {
  namespace: 'shop',
  workloadName: undefined,
  named: [],
  workloads: undefined,
  complete: true,
  contact: undefined,
};

test.each([
  '0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
  "Warning  FailedScheduling  5s  default-scheduler  0/12 nodes are available: 1 node(s) had taint {a.b/c: d}, that the pod didn't tolerate, 11 Insufficient nvidia.com/gpu.",
  '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found',
  'all nodes are unavailable: 3 node(s) resource fit failed.',
  'No nodes are available that match all of the predicates: PodToleratesNodeTaints (1), MatchNodeSelector (2).',
  'pod (web) failed to fit in any node fit failure summary on nodes : Insufficient cpu (3)',
  'pod has unbound immediate PersistentVolumeClaims (repeated 3 times)',
  'no nodes available to schedule pods',
  "Node didn't have enough resource: cpu, requested: 500, used: 1900, capacity: 2000",
  'waiting for scheduling gates: [kueue.x-k8s.io/admission]',
  'Scheduling is blocked due to non-empty scheduling gates',
  "pod didn't trigger scale-up: 1 max node group size reached, 2 Insufficient cpu",
  'Failed to schedule pod, incompatible with nodepool "default", daemonset overhead={"cpu":"1"}, no instance type satisfied resources {"cpu":"65"}',
  'pods "a-" is forbidden: pods with system-node-critical priorityClass is not permitted in shop namespace',
  'pods "a" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
  'Preempted by pod 1234 on node n-1',
  "couldn't assign flavors to pod set main: insufficient unused quota for cpu in flavor default-flavor, 2 more needed",
])('%s', (message) => {
  const [cause, ...others] = findCauses(readErrorText(message));
  expect(cause).toMatchObject({ category: 'scheduling', certainty: 'stated' });
  expect(cause?.policy).toBeUndefined();
  expect(cause).not.toHaveProperty('suspects');
  expect(others).toEqual([]);
});

test('each reason asks for something, that of the most nodes first', () => {
  const [cause] = findCauses(
    readErrorText(
      '0/5 nodes are available: 1 node(s) had untolerated taint {team: blue}, 4 Insufficient cpu. preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling.',
    ),
  );
  expect(cause?.sentence).toContain('1 × node(s) had untolerated taint {team: blue}; 4 × Insufficient cpu.');
  const steps = cause?.steps(noSuspects, about) ?? [];
  expect(steps.map(({ description }) => description)).toEqual([
    expect.stringContaining('Ask for less cpu'),
    expect.stringContaining('"{team: blue}"'),
    expect.stringContaining('See the nodes'),
  ]);
});

test('a message that is folded over lines is read to its end, and no further', () => {
  const message =
    "message: '0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn''t match\n  Pod''s node affinity/selector.'\nreason: other";
  const text = readErrorText(message);
  const [cause] = findCauses(text);
  expect(cause?.sentence).toContain("2 × node(s) didn't match Pod's node affinity/selector.");
  expect(text.quote(cause?.span ?? { start: 0, end: 0 })).toMatch(/selector\.$/);
  const two = readErrorText('0/3 nodes are available: 3 Insufficient cpu\nError: next thing. Then more.');
  expect(two.quote(findCauses(two)[0]?.span ?? { start: 0, end: 0 })).toBe(
    '0/3 nodes are available: 3 Insufficient cpu',
  );
});

test.each(['some nodes are available: maybe', '3/4 of the nodes are available', 'the queue was preempted by the user'])(
  '%s: not the scheduler',
  (message) => {
    expect(findCauses(readErrorText(message))).toEqual([]);
  },
);

test('a claim that is not there is missing, also where the scheduler says so', () => {
  expect(
    findCauses(
      readErrorText(
        '0/3 nodes are available: persistentvolumeclaim "data" not found. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
      ),
    )[0]?.category,
  ).toBe('missing');
});

test('what preemption would change is a part of the message, also where a claim is missing', () => {
  const preemption = 'preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.';
  const categories = (message: string) => findCauses(readErrorText(message)).map(({ category }) => category);
  expect(categories(`0/2 nodes are available: persistentvolumeclaim "a" not found. ${preemption}`)).toEqual([
    'missing',
  ]);
  expect(categories(`0/2 nodes are available: 2 Insufficient cpu. ${preemption}`)).toEqual(['scheduling']);
  expect(categories(preemption)).toEqual(['scheduling']);
});
