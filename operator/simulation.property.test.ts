import { expect, test } from 'vitest';
import { constraintProfiles } from '../crds/api.ts';
import { historyOf } from './testing/history.ts';
import { createSimulatedCluster } from './testing/simulated-cluster.ts';
import { simulate, tell } from './testing/simulation.ts';
import { networkPolicies } from './testing/simulated-operator.ts';
import {
  act,
  andWait,
  define,
  fault,
  kindOf,
  label,
  put,
  remove,
  type Step,
  terminate,
  watchesOf,
} from './testing/steps.ts';

/** `npm run simulate -- --seeds 1000` runs more; one that fails there is run alone with `--seeds 1 --from <seed>`. */
const seeds = 60;

test('whatever happens, reports and details end as the oracle says, and nothing is written without need', async () => {
  for (let seed = 0; seed < seeds; seed += 1) {
    const history = historyOf(seed);
    const wrongs = await simulate(history, seed);
    expect(wrongs, `seed ${seed}: npm run simulate -- --seeds 1 --from ${seed}\n${tell(history)}`).toEqual([]);
  }
});

test('the same seed takes the same course', async () => {
  const course = async () => {
    const cluster = createSimulatedCluster(7);
    for (const { run, waitMs } of historyOf(7).steps) {
      run(cluster);
      await cluster.clock.advance(waitMs);
    }
    for (const place of cluster.running) cluster.kill(place);
    await cluster.clock.advance(60_000);
    return cluster.api.requests.map(({ client, verb, path, at }) => `${at} ${client} ${verb} ${path}`);
  };
  const once = await course();
  expect(once.length).toBeGreaterThan(20);
  expect(await course()).toEqual(once);
});

const start = (place: string) => act(`start ${place}`, (cluster) => cluster.start(place));
const policy = (name: string) =>
  put(networkPolicies, 'a', name, { spec: { podSelector: {}, policyTypes: ['Ingress'] } });
const netpolGvr = { group: 'networking.k8s.io', resource: 'networkpolicies' };
const fleets = { group: 'fleet.example.org', plural: 'fleetpolicies', kind: 'FleetPolicy', namespaced: false };
const begun = [andWait(label('a', {}), 0), andWait(policy('p'), 0), andWait(start('first'), 5_000)];

const stories: readonly (readonly [string, readonly Step[]])[] = [
  [
    'a write whose answer is lost is not made twice',
    [
      ...begun,
      andWait(fault(0, 3, { plural: 'constraintdetails', afterwards: true }), 0),
      andWait(fault(0, 3, { plural: 'constraintreports', afterwards: true }), 0),
      andWait(policy('q'), 3_000),
    ],
  ],
  [
    'a creation that takes longer than the namespace lives leaves nothing behind',
    [
      ...begun,
      andWait(
        act('slow writes', ({ slowness }) => void (slowness.writeMs = 14_000)),
        0,
      ),
      andWait(label('d', { 'pod-security.kubernetes.io/warn': 'baseline' }), 3_000),
      andWait(terminate('d', ['constraintreports', 'constraintdetails']), 30_000),
    ],
  ],
  [
    'a watch that tells old events again does not bring back what is gone',
    [
      ...begun,
      andWait(policy('q'), 1_000),
      andWait(remove(networkPolicies, 'p', 'a'), 1_000),
      andWait(
        act('replay', ({ api }) => api.replayWatches(6)),
        1_000,
      ),
    ],
  ],
  [
    'a history that is compacted while the watches are stalled is read anew',
    [
      ...begun,
      andWait(
        act('stall', ({ api }) => api.stallWatches(watchesOf('networkpolicies'))),
        0,
      ),
      andWait(remove(networkPolicies, 'p', 'a'), 0),
      andWait(
        act('compact', ({ api }) => api.compact()),
        100,
      ),
    ],
  ],
  [
    'a policy that binds no namespace is counted all the same',
    [
      ...begun,
      andWait(put(kindOf('validatingadmissionpolicies'), undefined, 'q', { spec: { validations: [] } }), 3_000),
      andWait(
        put(kindOf('validatingadmissionpolicybindings'), undefined, 'two', {
          spec: {
            policyName: 'q',
            validationActions: ['Deny'],
            matchResources: { namespaceSelector: { matchLabels: { team: 'nobody' } } },
          },
        }),
        20_000,
      ),
    ],
  ],
  [
    'the status of a profile that somebody spoils is put right, and not against the own last write',
    [
      ...begun,
      andWait(put(constraintProfiles, undefined, 'two', { spec: { gvr: netpolGvr, enabled: true } }), 3_000),
      andWait(
        act('late events', ({ slowness }) => void (slowness.lagMs = 4_000)),
        0,
      ),
      andWait(put(constraintProfiles, undefined, 'two', { spec: { gvr: netpolGvr, enabled: false } }), 3_000),
      andWait(define(fleets, ['v1'], { 'potoo.io/is-policy': 'true' }), 5_000),
    ],
  ],
  [
    'a version that is preferred from now on is read even when discovery is three seconds late',
    [
      ...begun,
      andWait(define(fleets, ['v1beta1'], { 'potoo.io/is-policy': 'true' }), 5_000),
      andWait(put({ ...fleets, version: 'v1beta1' }, undefined, 'north', { spec: {} }), 5_000),
      andWait(
        act('late discovery', ({ slowness }) => void (slowness.discoveryMs = 3_000)),
        0,
      ),
      andWait(define(fleets, ['v1', 'v1beta1'], { 'potoo.io/is-policy': 'true' }), 20_000),
    ],
  ],
  [
    'a process that is stopped in the middle of its writes writes nothing more when it goes on',
    [
      ...begun,
      andWait(
        act('slow writes', ({ slowness }) => void (slowness.writeMs = 900)),
        0,
      ),
      andWait(policy('q'), 100),
      andWait(
        act('freeze', (cluster) => cluster.freeze('first')),
        12_000,
      ),
      andWait(
        act('thaw', (cluster) => cluster.thaw('first')),
        3_000,
      ),
    ],
  ],
];

test.each(stories)('%s', async (_name, steps) => {
  expect(await simulate({ steps, quietMs: 600_000 }, 1)).toEqual([]);
});
