import { expect, test } from 'vitest';
import { adapterHealth } from './adapter-health.ts';
import { mutatingAdmissionPolicy } from './adapters/mutatingadmissionpolicy.ts';
import type { WatchState } from './discovery/watches.ts';

const policies = 'mutatingadmissionpolicies.admissionregistration.k8s.io';
const bindings = 'mutatingadmissionpolicybindings.admissionregistration.k8s.io';

function watch(resource: string, state: WatchState['state']): WatchState {
  return { resource, state, wasSynced: state === 'synced', lastError: undefined, overdue: false };
}

function healthOf(...states: readonly WatchState[]) {
  return adapterHealth([mutatingAdmissionPolicy], states, new Map(), new Map())[0];
}

test('an adapter of a kind that the API server does not serve is off, and says so of each', () => {
  expect(healthOf(watch(policies, 'absent'), watch(bindings, 'absent'))).toEqual({
    name: 'mutatingadmissionpolicy',
    enabled: false,
    reason: `${policies} is not served by this API server; ${bindings} is not served by this API server`,
    watchedResources: [],
  });
});

test('an adapter that reads some of its kinds says which it does not', () => {
  expect(healthOf(watch(policies, 'synced'), watch(bindings, 'absent'))).toMatchObject({
    enabled: true,
    reason: `${bindings} is not served by this API server`,
    watchedResources: [policies],
  });
});

test('an adapter whose kinds have to be installed says so once', () => {
  const engine = {
    ...mutatingAdmissionPolicy,
    resources: [
      { group: 'example.com', plural: 'rules' },
      { group: 'example.com', plural: 'exceptions' },
    ],
  };
  const states = [watch('rules.example.com', 'absent'), watch('exceptions.example.com', 'absent')];
  expect(adapterHealth([engine], states, new Map(), new Map())[0]).toMatchObject({ reason: 'CRDs not installed' });
});

test('an adapter that reads something names what is not installed', () => {
  const generic = {
    id: 'generic',
    resources: [
      { group: 'example.com', plural: 'walls' },
      { group: 'example.com', plural: 'nothings' },
    ],
  };
  const states = [watch('walls.example.com', 'synced'), watch('nothings.example.com', 'absent')];
  expect(adapterHealth([generic], states, new Map(), new Map())[0]).toEqual({
    name: 'generic',
    enabled: true,
    reason: 'CRD nothings.example.com is not installed',
    watchedResources: ['walls.example.com'],
  });
});
