import { expect, test } from 'vitest';
import type { ServedResources } from '../../kube/discovery.ts';
import { apiVersionOf, type KubeObject, type Resource } from '../../kube/resource.ts';
import type { ParameterKind } from '../adapters/parameters.ts';
import { createParameterIndex } from '../scope/parameter-index.ts';
import type { Definition } from './definitions.ts';
import { createParameterKinds, type KnownResources } from './parameter-kinds.ts';
import type { AskedKind } from './policies.ts';

const limits: Resource = { group: 'example.org', version: 'v1', plural: 'limits', kind: 'Limit', namespaced: true };
const limit: ParameterKind = { apiVersion: 'example.org/v1', kind: 'Limit' };

function knowing(resources: readonly Resource[], different: Partial<KnownResources> = {}): KnownResources {
  const all = resources.map((resource) => ({ ...resource, verbs: [], categories: [], subresources: [] }));
  return {
    definitions: new Map(),
    served: servedOf(all),
    versionOfOthers: () => undefined,
    isSwitchedOff: () => false,
    ...different,
  };
}

function servedOf(all: ServedResources['all'], stale: readonly string[] = []): ServedResources {
  const find = ({ plural }: { readonly plural: string }) => all.find((one) => one.plural === plural);
  return {
    all,
    stale,
    find,
    findIn: (version, wanted) => (find(wanted)?.version === version || version === 'v3' ? find(wanted) : undefined),
  };
}

function defining({ group, plural, kind }: Resource, ...versions: string[]): KnownResources['definitions'] {
  const definition: Definition = { group, plural, kind, versions, isPolicy: undefined };
  return new Map([[`${plural}.${group}`, definition]]);
}

function setUp(...wanted: readonly ParameterKind[]) {
  const index = createParameterIndex();
  const heard: string[] = [];
  const asked = wanted.map((kind): AskedKind => ({ ...kind, adapters: new Set(['validatingadmissionpolicy']) }));
  const kinds = createParameterKinds({
    index,
    asked: () => asked,
    onKind: ({ apiVersion, kind }) => void heard.push(`${apiVersion} ${kind}`),
    onLabels: ({ apiVersion, kind }) => void heard.push(`${apiVersion} ${kind}`),
    onObject: (_kind, versions) => void heard.push(versions.map(({ name }) => name).join(' → ')),
  });
  return { index, kinds, asked, heard, stateOf: (kind: ParameterKind) => index.known(kind).state };
}

const object = (name: string, labels: object = {}, spec: unknown = 1): KubeObject => ({
  ...limit,
  spec,
  metadata: { name, namespace: 'shop', uid: name, resourceVersion: '1', labels: { ...labels } },
});

test('a kind is found by group, kind and version, and read when all of it was listed', () => {
  const { kinds, heard, stateOf } = setUp(limit);
  const [reader, ...others] = kinds.consumers(knowing([limits]));
  expect(others).toEqual([]);
  expect(reader?.resource).toEqual({ group: 'example.org', plural: 'limits' });
  expect(stateOf(limit)).toBe('unread');
  expect(kinds.versionOf('limits.example.org')).toBe('v1');
  expect(kinds.resourcesOf('validatingadmissionpolicy')).toEqual([reader?.resource]);
  expect(kinds.resourcesOf('networkpolicy')).toEqual([]);
  reader?.synced?.({ resourceVersion: '1', has: () => true });
  expect(stateOf(limit)).toBe('read');
  // Once for how the kind is served, once for its objects.
  expect(heard).toEqual(['example.org/v1 Limit', 'example.org/v1 Limit']);
  expect(kinds.consumers(knowing([limits]))).toEqual([reader]);
  expect(heard).toHaveLength(2);
});

test('of an object that changes it is told what that may change, and nothing of one that does not', () => {
  const { kinds, heard } = setUp(limit);
  const [reader] = kinds.consumers(knowing([limits]));
  const put = (one: KubeObject) => reader?.upsert(`shop/${one.metadata.name}`, reader.prune(one));
  put(object('first'));
  reader?.synced?.({ resourceVersion: '1', has: () => true });
  heard.length = 0;
  put(object('first'));
  expect(heard).toEqual([]);
  put(object('first', {}, 2));
  expect(heard.splice(0)).toEqual(['first → first']);
  put(object('first', { tier: 'web' }, 2));
  expect(heard.splice(0)).toEqual(['example.org/v1 Limit', 'first → first']);
  put(object('second'));
  expect(heard.splice(0)).toEqual(['example.org/v1 Limit', 'second']);
  reader?.remove('shop/second', reader.prune(object('second')));
  expect(heard.splice(0)).toEqual(['example.org/v1 Limit', 'second']);
});

test('a kind that goes is forgotten, and what its watch still says is not heard', () => {
  const { kinds, index, heard, stateOf } = setUp(limit);
  const [reader] = kinds.consumers(knowing([limits]));
  reader?.upsert('shop/a', reader.prune(object('a')));
  reader?.synced?.({ resourceVersion: '1', has: () => true });
  expect(kinds.consumers(knowing([]))).toEqual([]);
  expect(stateOf(limit)).toBe('notServed');
  heard.length = 0;
  reader?.remove('shop/a', reader.prune(object('a')));
  expect(heard).toEqual([]);
  kinds.consumers(knowing([limits]));
  const known = index.known(limit);
  expect(known.state).toBe('unread');
});

test('a version that is not served is said to be missing, and only one that is not known for certain is unread', () => {
  const { kinds, stateOf } = setUp(limit);
  const states = (known: KnownResources) => {
    kinds.consumers(known);
    return stateOf(limit);
  };
  const v2 = { ...limits, version: 'v2' };
  expect(states(knowing([v2], { definitions: defining(limits, 'v2') }))).toBe('notServed');
  expect(states(knowing([v2]))).toBe('notServed');
  // Served, and read by others in the version that is preferred.
  const v3 = { ...limits, version: 'v3' };
  expect(setUp({ ...limit, apiVersion: 'example.org/v3' }).kinds.consumers(knowing([v3]))).toHaveLength(1);
  expect(setUp({ ...limit, apiVersion: 'example.org/v3' }).kinds.consumers(knowing([v2]))).toEqual([]);
  expect(states(knowing([]))).toBe('notServed');
  expect(states(knowing([], { definitions: defining(limits, 'v1') }))).toBe('unread');
  expect(states(knowing([], { served: servedOf([], ['example.org/v1']) }))).toBe('unread');
});

test('a kind that others read in a version of their choice, or nobody may read, is left to them', () => {
  const { kinds, stateOf } = setUp(limit);
  const definitions = defining(limits, 'v2', 'v1');
  const inOther = knowing([{ ...limits, version: 'v2' }], { definitions, versionOfOthers: () => 'v2' });
  expect(kinds.consumers(inOther)).toEqual([]);
  expect(kinds.consumers(knowing([limits], { isSwitchedOff: () => true }))).toEqual([]);
  expect(stateOf(limit)).toBe('unread');
  expect(kinds.consumers({ ...inOther, versionOfOthers: () => undefined })).toHaveLength(1);
  expect(kinds.versionOf('limits.example.org')).toBe('v1');
});

test('of two versions of a kind one is read', () => {
  const other = { ...limit, apiVersion: 'example.org/v2' };
  const { kinds, stateOf } = setUp(limit, other);
  const readers = kinds.consumers(knowing([limits], { definitions: defining(limits, 'v2', 'v1') }));
  for (const reader of readers) reader.synced?.({ resourceVersion: '1', has: () => true });
  expect([stateOf(limit), stateOf(other)]).toEqual(['read', 'unread']);
});

test('Secrets, ConfigMaps and our own kinds are never read', () => {
  const core = (plural: string, kind: string): Resource => ({
    group: '',
    version: 'v1',
    plural,
    kind,
    namespaced: true,
  });
  const own: Resource = {
    ...limits,
    group: 'potoo.io',
    version: 'v1alpha1',
    plural: 'constraintdetails',
    kind: 'ConstraintDetail',
  };
  const all = [core('secrets', 'Secret'), core('configmaps', 'ConfigMap'), own];
  const wanted = all.map((resource): ParameterKind => ({ apiVersion: apiVersionOf(resource), kind: resource.kind }));
  const { kinds, stateOf } = setUp(...wanted);
  expect(kinds.consumers(knowing(all))).toEqual([]);
  expect(wanted.map(stateOf)).toEqual(['neverRead', 'neverRead', 'unread']);
});

test('a hundred kinds are read and no more', () => {
  const many = Array.from({ length: 130 }, (_, at) => ({ ...limits, plural: `limits${at}`, kind: `Limit${at}` }));
  const { kinds } = setUp(...many.map(({ kind }) => ({ ...limit, kind })));
  expect(kinds.consumers(knowing(many))).toHaveLength(100);
});
