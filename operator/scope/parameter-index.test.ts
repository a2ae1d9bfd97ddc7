import { expect, test } from 'vitest';
import type { Constraint } from '../../crds/constraint.ts';
import {
  detailBytesMax,
  isParameterText,
  parameterBytesMax,
  parametersMax,
  StoredParameter,
} from '../../crds/detail.ts';
import type { CelParams } from '../../crds/rules/cel.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { clusterConstraint } from '../testing/constraints.ts';
import { createParameterIndex, parameterOf } from './parameter-index.ts';

const kind = { apiVersion: 'example.org/v1', kind: 'Limit' };

function objectNamed(name: string, content: object = {}, metadata: object = {}): KubeObject {
  return { ...kind, ...content, metadata: { name, uid: name, resourceVersion: '7', ...metadata } };
}

/** Takes parameters from all objects without a namespace. */
function using(different: Partial<CelParams> = {}): Constraint {
  const params: CelParams = {
    ...kind,
    selector: {},
    notFound: 'Allow',
    state: 'read',
    namespaced: false,
    ...different,
  };
  return {
    ...clusterConstraint('p', {}),
    rule: { form: 'cel', binding: 'b', failurePolicy: 'Fail', variables: [], params },
  };
}

function indexOf(objects: readonly KubeObject[]) {
  const index = createParameterIndex();
  for (const object of objects) index.set(kind, parameterOf(kind, object));
  return {
    index,
    stored: (constraints: readonly Constraint[], namespace?: string) =>
      index.textsOf(constraints, namespace).map((text) => StoredParameter.parse(JSON.parse(text))),
  };
}

const nameOf = (parameter: StoredParameter) => (parameter.kind === 'Parameter' ? parameter.name : parameter.count);

test('an object is stored whole, but for what changes by itself, and with its fields in one order', () => {
  const object = objectNamed(
    'a',
    { spec: { z: 1, a: [{ y: 1, b: 2 }] }, status: { seen: 1 } },
    { managedFields: [{}] },
  );
  const { text, labels } = parameterOf(kind, object);
  expect(labels).toEqual({});
  expect(text).toBe(
    '{"kind":"Parameter","apiVersion":"example.org/v1","objectKind":"Limit","name":"a","object":' +
      '{"apiVersion":"example.org/v1","kind":"Limit","metadata":{"name":"a","uid":"a"},"spec":{"a":[{"b":2,"y":1}],"z":1}}}',
  );
  expect(isParameterText(text)).toBe(true);
  expect(StoredParameter.parse(JSON.parse(text))).toEqual(JSON.parse(text));
});

test('the version that the policy names is told, whatever the object says', () => {
  const { text } = parameterOf(kind, { ...objectNamed('a'), apiVersion: 'example.org/v2', kind: '' });
  expect(JSON.parse(text)).toMatchObject({ object: kind });
});

test('an object that is too large or too deep is named without its content', () => {
  let deep: unknown = 1;
  for (let depth = 0; depth < 9_000; depth += 1) deep = [deep];
  expect(JSON.parse(parameterOf(kind, objectNamed('a', { spec: deep })).text)).not.toHaveProperty('object');
  const { text } = parameterOf(kind, objectNamed('a', { spec: 'é'.repeat(parameterBytesMax / 2) }));
  expect(JSON.parse(text)).toEqual({
    kind: 'Parameter',
    apiVersion: kind.apiVersion,
    objectKind: 'Limit',
    name: 'a',
  });
});

test('objects are told once and in order, by name, label and namespace', () => {
  const { stored } = indexOf([
    objectNamed('b', {}, { labels: { tier: 'web' } }),
    objectNamed('a'),
    objectNamed('a', {}, { namespace: 'shop', labels: { tier: 'web' } }),
    objectNamed('c', {}, { namespace: 'shop' }),
    objectNamed('a', {}, { namespace: 'pay' }),
  ]);
  expect(stored([using(), using({ name: 'a' })]).map(nameOf)).toEqual(['a', 'b']);
  expect(stored([using({ selector: { matchLabels: { tier: 'web' } } })]).map(nameOf)).toEqual(['b']);
  const inNamespaces = { namespaced: true };
  expect(stored([using({ ...inNamespaces, namespace: 'shop' })]).map(nameOf)).toEqual(['a', 'c']);
  expect(stored([using({ ...inNamespaces, namespace: 'shop' })], 'shop')).toEqual([]);
  expect(stored([using(inNamespaces)])).toEqual([]);
  expect(stored([using({ ...inNamespaces, name: 'a' })], 'shop')).toMatchObject([{ name: 'a', namespace: 'shop' }]);
  expect(stored([using({ ...inNamespaces, name: 'a' })], 'bank')).toEqual([]);
});

test('nothing is stored for a rule that is broken, or whose parameters are not read', () => {
  const { stored } = indexOf([objectNamed('a')]);
  const constraint = using();
  expect(stored([{ ...constraint, rule: { ...constraint.rule, broken: 'noParameters' } } as Constraint])).toEqual([]);
  expect(stored([using({ state: 'unread' })])).toEqual([]);
  expect(stored([clusterConstraint('p', {})])).toEqual([]);
});

test('what is too much is named, and beyond that counted', () => {
  const spec = 'x'.repeat(parameterBytesMax / 2);
  const count = parametersMax + 3;
  const name = (at: number) => `object-${String(at).padStart(6, '0')}`;
  const { stored, index } = indexOf(Array.from({ length: count }, (_, at) => objectNamed(name(at), { spec })));
  const found = stored([using()]);
  expect(found).toHaveLength(parametersMax + 1);
  expect(found.at(-1)).toEqual({ kind: 'ParametersLeftOut', count: 3 });
  const whole = found.filter((parameter) => parameter.kind === 'Parameter' && parameter.object !== undefined);
  expect(whole.map(nameOf)).toEqual(whole.map((_, at) => name(at)));
  expect(whole.length).toBeGreaterThan(10);
  const bytes = index.textsOf([using()]).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  expect(bytes).toBeLessThan(detailBytesMax + parametersMax * 200);
});
