import { expect, test } from 'vitest';
import { discoverResources } from '../../kube/discovery.ts';
import type { KubeError } from '../../kube/errors.ts';
import type { Resource } from '../../kube/resource.ts';
import { createFakeApi, type FakeApi, type FakeRequest } from '../../kube/testing/fake-api.ts';
import { customResourceDefinitions, definitionOf } from '../../kube/testing/fake-definitions.ts';
import { createVirtualClock, seededRandom } from '../../kube/testing/virtual-clock.ts';
import { apiServices } from './definitions.ts';
import { startDiscovery } from './discovery.ts';
import { type Consumer, createWatches } from './watches.ts';

const rules: Resource = { group: 'example.org', version: 'v1', plural: 'rules', kind: 'Rule', namespaced: true };
const rulesV2: Resource = { ...rules, version: 'v2' };
const rule = (name: string) => ({ metadata: { namespace: 'shop', name } });
const defined = (...versions: string[]) => definitionOf(rules, versions);
const definition = { name: 'rules.example.org' };
const ofRules = ({ plural }: FakeRequest) => plural === 'rules';

/** Reads rules, and remembers in which order it heard what. */
function follower(): Consumer<string> & { readonly heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    resource: { group: rules.group, plural: rules.plural },
    prune: ({ metadata }) => metadata.name,
    upsert: (_key, name) => void heard.push(`+${name}`),
    remove: (_key, name) => void heard.push(`-${name}`),
  };
}

async function discover(
  before: (api: FakeApi) => void = () => undefined,
  { builtIn = [], wanted }: { readonly builtIn?: readonly Resource[]; readonly wanted?: string } = {},
) {
  const clock = createVirtualClock();
  const kinds = [customResourceDefinitions, { ...apiServices, version: 'v1', kind: 'APIService', namespaced: false }];
  const api = createFakeApi({ resources: [...kinds, ...builtIn], clock });
  before(api);
  const random = seededRandom(5);
  const crashes: unknown[] = [];
  const errors: KubeError[] = [];
  const onCrash = (error: unknown) => void crashes.push(error);
  const reader = follower();
  const { transport } = api;
  const served = await discoverResources(transport);
  const watches = createWatches({
    transport,
    clock,
    random,
    onState: () => undefined,
    onError: () => undefined,
    onCrash,
  });
  const discovery = startDiscovery({
    transport,
    clock,
    random,
    watches,
    served,
    wantedVersion: () => wanted,
    consumers: () => [reader],
    onServed: () => undefined,
    onError: (error) => void errors.push(error),
    onCrash,
  });
  discovery.wantedChanged();
  await clock.advance(3_000);
  return {
    api,
    clock,
    reader,
    discovery,
    watches,
    crashes,
    errors,
    stateOfRules: () => watches.states().find(({ resource }) => resource === definition.name)?.state,
    versionsWatched: () => api.watches.filter(ofRules).map(({ version }) => version),
    [Symbol.asyncDispose]: async () => {
      const stopped = watches.stop().then(() => discovery.stop());
      await clock.advance(1_000);
      await stopped;
      expect(crashes).toEqual([]);
    },
  };
}

test('a kind whose definition comes is read within a second', async () => {
  await using found = await discover();
  expect(found.stateOfRules()).toBe('absent');
  found.api.put(customResourceDefinitions, defined('v1'));
  found.api.put(rules, rule('a'));
  await found.clock.advance(1_000);
  expect(found.stateOfRules()).toBe('synced');
  expect(found.reader.heard).toEqual(['+a']);
});

test('a kind without a definition is read in the version that is wanted, if it is served', async () => {
  const both = [rulesV2, rules];
  await using older = await discover((api) => void api.put(rules, rule('a')), { builtIn: both, wanted: 'v1' });
  expect(older.versionsWatched()).toEqual(['v1']);
  expect(older.reader.heard).toEqual(['+a']);
  await using other = await discover(undefined, { builtIn: both, wanted: 'v3' });
  expect(other.stateOfRules()).toBe('absent');
});

test('a definition that is not established yet is waited for', async () => {
  await using found = await discover();
  found.api.put(customResourceDefinitions, { ...defined('v1'), status: {} });
  await found.clock.advance(60_000);
  expect(found.stateOfRules()).toBe('absent');
  expect(found.api.requests.filter(ofRules)).toEqual([]);
  found.api.put(customResourceDefinitions, defined('v1'));
  await found.clock.advance(1_000);
  expect(found.stateOfRules()).toBe('synced');
});

test('with its definition goes everything that was read', async () => {
  await using found = await discover((api) => {
    api.put(customResourceDefinitions, defined('v1'));
    for (const name of ['a', 'b']) api.put(rules, rule(name));
  });
  found.api.remove(customResourceDefinitions, definition);
  await found.clock.advance(1_000);
  expect(found.reader.heard).toEqual(['+a', '+b', '-a', '-b']);
  expect(found.stateOfRules()).toBe('absent');
  found.api.forgetRequests();
  await found.clock.advance(600_000);
  expect(found.api.requests.filter(ofRules)).toEqual([]);
});

test('a definition that comes and goes fifty times leaves nothing behind', async () => {
  await using found = await discover((api) => void api.put(customResourceDefinitions, defined('v1')));
  const { api, clock, reader } = found;
  // The fake API server keeps timers of its own for as long as a watch may last.
  const quiet = () => clock.advance(3_600_000);
  await quiet();
  const before = { watches: api.watches.length, timers: clock.waiting };
  for (let time = 0; time < 50; time += 1) {
    api.remove(customResourceDefinitions, definition);
    // Sometimes it is back before anybody has asked what is served.
    await clock.advance(time % 2 === 0 ? 40 : 1_000);
    api.put(customResourceDefinitions, defined('v1'));
    api.put(rules, rule(`r${time}`));
    await clock.advance(time % 3 === 0 ? 70 : 1_000);
  }
  await quiet();
  expect(api.watches.length).toBe(before.watches);
  expect(clock.waiting).toBeLessThanOrEqual(before.timers);
  const known = new Set<string>();
  for (const event of reader.heard) {
    if (event.startsWith('+')) known.add(event.slice(1));
    else known.delete(event.slice(1));
  }
  expect([...known]).toEqual(['r49']);
});

test('another served version is read without anything vanishing in between', async () => {
  await using found = await discover((api) => {
    api.put(customResourceDefinitions, defined('v1'));
    for (const name of ['a', 'b']) api.put(rules, rule(name));
  });
  const { api, clock, reader, versionsWatched } = found;
  reader.heard.splice(0);
  api.fail({ matching: (request) => request.version === 'v2', status: 503, times: 3 });
  api.put(customResourceDefinitions, defined('v2'));
  api.remove(rulesV2, { namespace: 'shop', name: 'b' });
  api.put(rulesV2, rule('c'));
  await clock.advance(300);
  // The new version cannot be listed yet, and the old one is gone.
  expect(versionsWatched()).toEqual([]);
  expect(reader.heard).toEqual([]);
  await clock.advance(10_000);
  expect(versionsWatched()).toEqual(['v2']);
  expect(reader.heard).toEqual(['+a', '+c', '-b']);
});

test('a version that is preferred to the one in use takes its place', async () => {
  await using found = await discover((api) => void api.put(customResourceDefinitions, defined('v1')));
  expect(found.versionsWatched()).toEqual(['v1']);
  found.api.put(customResourceDefinitions, defined('v2', 'v1'));
  await found.clock.advance(1_000);
  expect(found.versionsWatched()).toEqual(['v2']);
});

test('discovery that lags behind the definition is asked again', async () => {
  await using found = await discover();
  found.api.serve(rules, false);
  found.api.put(customResourceDefinitions, defined('v1'));
  await found.clock.advance(500);
  expect(found.stateOfRules()).toBe('absent');
  found.api.serve(rules, true);
  await found.clock.advance(1_000);
  expect(found.stateOfRules()).toBe('synced');
});

test('what discovery leaves out for a moment stays, as long as it is defined', async () => {
  await using found = await discover((api) => {
    api.put(customResourceDefinitions, defined('v1'));
    api.put(rules, rule('a'));
  });
  const { api, clock, reader, stateOfRules } = found;
  api.serve(rules, false);
  api.put(customResourceDefinitions, definitionOf({ ...rules, plural: 'others', kind: 'Other' }, ['v1']));
  await clock.advance(500);
  expect(stateOfRules()).toBe('failing');
  api.serve(rules, true);
  await clock.advance(10_000);
  expect(stateOfRules()).toBe('synced');
  expect(reader.heard).toEqual(['+a']);
});

test('a cluster that cannot say what it serves is asked again, and told once', async () => {
  await using found = await discover();
  const { api, clock, discovery, errors } = found;
  api.fail({ matching: ({ path }) => path === '/apis', status: 503, times: 4 });
  api.put(customResourceDefinitions, defined('v1'));
  await clock.advance(110);
  expect(discovery.failure).toMatchObject({ status: 503 });
  await clock.advance(1_000);
  expect(discovery.failure).toBeUndefined();
  expect(errors).toHaveLength(1);
  expect(found.stateOfRules()).toBe('synced');
});

test('a kind that an upgrade of the API server brings is read within five minutes, and one that it takes is left', async () => {
  await using found = await discover(
    (api) => {
      api.serve(rules, false);
      api.put(rules, rule('a'));
    },
    { builtIn: [rules] },
  );
  expect(found.stateOfRules()).toBe('absent');
  found.api.serve(rules, true);
  await found.clock.advance(300_000);
  expect(found.stateOfRules()).toBe('synced');
  expect(found.reader.heard).toEqual(['+a']);
  found.api.serve(rules, false);
  await found.clock.advance(600_000);
  expect(found.stateOfRules()).toBe('absent');
  expect(found.reader.heard).toEqual(['+a', '-a']);
});

test('an aggregated API server that comes makes discovery ask again', async () => {
  await using found = await discover();
  const { api, clock } = found;
  const asked = () => api.requests.filter(({ path }) => path === '/apis').length;
  const before = asked();
  const service = (available: string) => ({
    metadata: { name: 'v1.metrics.example.org' },
    spec: { group: 'metrics.example.org', version: 'v1', service: { name: 'metrics', namespace: 'default' } },
    status: { conditions: [{ type: 'Available', status: available }] },
  });
  const resource = { ...apiServices, version: 'v1', kind: 'APIService', namespaced: false };
  api.put(resource, service('False'));
  // Asked again twice, the last time after ten seconds.
  await clock.advance(20_000);
  const afterwards = asked();
  expect(afterwards).toBeGreaterThan(before);
  api.put(resource, { ...service('False'), metadata: { name: 'v1.metrics.example.org', labels: { any: 'label' } } });
  api.put(resource, { metadata: { name: 'v1.apps' }, spec: { group: 'apps', version: 'v1' } });
  // Not as long as it takes until it is asked without a reason.
  await clock.advance(200_000);
  expect(asked()).toBe(afterwards);
});
