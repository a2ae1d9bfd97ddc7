import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asStored } from '../../crds/cases/load-cases.ts';
import type { Problem } from '../adapters/define.ts';
import { readTogether } from '../adapters/join.ts';
import { noParametersRead } from '../adapters/parameters.ts';
import { networkPolicy } from '../adapters/networkpolicy.ts';
import { validatingAdmissionPolicy } from '../adapters/validatingadmissionpolicy.ts';
import { createScopeIndex } from '../scope/scope-index.ts';
import { createPolicies } from './policies.ts';

function policy(name: string, uid = name, different: object = {}) {
  return asStored({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name, uid },
    spec: { validations: [{ expression: 'true' }], ...different },
  });
}

function binding(name: string, policyName: string, different: object = {}) {
  return asStored({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName, validationActions: ['Deny'], ...different },
  });
}

function setUp() {
  const scopes = createScopeIndex();
  for (const name of ['shop', 'pay']) scopes.setNamespace({ name, labels: { name } });
  const told: Problem[] = [];
  const policies = createPolicies({
    scopes,
    onProblem: (_, problem) => void told.push(problem),
    parameters: noParametersRead,
    onParameterKinds: () => undefined,
  });
  return {
    scopes,
    told,
    set: (object: ReturnType<typeof asStored>) =>
      [
        ...policies.set(
          validatingAdmissionPolicy,
          `${String(object['kind'])}/${String(object.metadata['name'])}`,
          validatingAdmissionPolicy.read(object),
        ),
      ].toSorted(),
    remove: (object: ReturnType<typeof asStored>) =>
      [
        ...policies.remove(validatingAdmissionPolicy, `${String(object['kind'])}/${String(object.metadata['name'])}`),
      ].toSorted(),
    policies,
  };
}

const onlyShop = { matchResources: { namespaceSelector: { matchLabels: { name: 'shop' } } } };
const byId = (a: { readonly id: string }, b: { readonly id: string }) => (a.id < b.id ? -1 : 1);

describe('policies and what puts them into force', () => {
  test('touch namespaces when both are there, whichever comes first, and when one of them goes', () => {
    const { set, remove } = setUp();
    expect(set(policy('p'))).toEqual([]);
    expect(set(binding('b', 'p'))).toEqual(['pay', 'shop']);
    expect(remove(policy('p'))).toEqual(['pay', 'shop']);
    expect(set(policy('p'))).toEqual(['pay', 'shop']);
    expect(remove(binding('b', 'p'))).toEqual(['pay', 'shop']);
    expect(remove(policy('p'))).toEqual([]);
  });

  test('touch no more than what is bound', () => {
    const { set } = setUp();
    set(policy('p'));
    expect(set(binding('b', 'p', onlyShop))).toEqual(['shop']);
    expect(set(binding('b', 'p', onlyShop))).toEqual([]);
    expect(set(binding('b', 'p'))).toEqual(['pay']);
  });

  test('follow a binding that turns to another policy', () => {
    const { set, scopes } = setUp();
    for (const object of [policy('p'), policy('q'), binding('b', 'p')]) set(object);
    expect([...scopes.all()].map(({ name }) => name)).toEqual(['p']);
    set(binding('b', 'q'));
    expect([...scopes.all()].map(({ name }) => name)).toEqual(['q']);
  });

  test('have other ids when the policy was made anew', () => {
    const { set, scopes } = setUp();
    for (const object of [policy('p', 'first'), binding('b', 'p')]) set(object);
    const [before] = [...scopes.all()].map(({ id }) => id);
    set(policy('p', 'second'));
    expect([...scopes.all()].map(({ id }) => id)).not.toEqual([before]);
  });

  test('tell what they do not understand once, until it is something else', () => {
    const { set, remove, told } = setUp();
    const broken = binding('b', 'p', { validationActions: ['Delay'] });
    for (const object of [policy('p'), broken, policy('p', 'other'), broken]) set(object);
    expect(told).toHaveLength(1);
    set(binding('b', 'p', { validationActions: ['Shout'], paramRef: 7 }));
    expect(told).toHaveLength(3);
    remove(broken);
    set(broken);
    expect(told).toHaveLength(4);
  });

  test('tell what is wrong with them together once, though each of them is updated', () => {
    const scopes = createScopeIndex();
    const told: Problem[] = [];
    const policies = createPolicies({
      scopes,
      onProblem: (_, problem) => void told.push(problem),
      parameters: noParametersRead,
      onParameterKinds: () => undefined,
    });
    const quarrelling = {
      id: 'pairs',
      resources: [],
      read: () => ({ constraints: [], problems: [], parts: [{ key: 'k', value: 1 }] }),
      join: (values: readonly unknown[]) => ({
        constraints: [],
        problems: values.length < 2 ? [] : [{ object: 'Pair k', path: '', message: 'Must be one' }],
      }),
    };
    for (const object of ['a', 'b', 'a', 'b']) policies.set(quarrelling, object, quarrelling.read());
    expect(told).toHaveLength(1);
    policies.remove(quarrelling, 'a');
    policies.set(quarrelling, 'a', quarrelling.read());
    expect(told).toHaveLength(2);
  });
});

test('a policy that needs no other is put in and taken out alone', () => {
  const { policies, scopes } = setUp();
  const object = asStored({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { podSelector: {} },
  });
  const key = 'networkpolicies.networking.k8s.io/shop/web';
  expect([...policies.set(networkPolicy, key, networkPolicy.read(object))]).toEqual(['shop']);
  expect([...scopes.all()]).toHaveLength(1);
  expect([...policies.remove(networkPolicy, key)]).toEqual(['shop']);
  expect([...scopes.all()]).toHaveLength(0);
});

test('after any sequence of changes the index holds what the objects that are left impose together', () => {
  const policyNames = fc.constantFrom('p', 'q', 'r');
  const object = fc.oneof(
    fc
      .tuple(
        policyNames,
        fc.constantFrom('1', '2'),
        fc.constantFrom({}, { validations: 7 }, { failurePolicy: 'Ignore' }),
      )
      .map(([name, uid, different]) => policy(name, name + uid, different)),
    fc
      .tuple(fc.constantFrom('a', 'b', 'c'), policyNames, fc.constantFrom({}, onlyShop, { policyName: 7 }))
      .map(([name, policyName, different]) => binding(name, policyName, different)),
  );
  const steps = fc.array(fc.record({ object, removed: fc.boolean() }), { maxLength: 30 });
  fc.assert(
    fc.property(steps, (history) => {
      const { set, remove, scopes } = setUp();
      const left = new Map<string, unknown>();
      /** All but the message and which other namespaces are bound: both stand nowhere in a namespace. */
      const saidIn = (name: string) =>
        JSON.stringify(
          [...scopes.boundTo(name)]
            .toSorted(byId)
            .map((one) => ({ ...one, message: '', scope: { ...one.scope, namespaces: {} } })),
        );
      for (const step of history) {
        const before = new Map(['shop', 'pay'].map((name) => [name, saidIn(name)]));
        const touched = step.removed ? remove(step.object) : set(step.object);
        const name = `${String(step.object['kind'])}/${String(step.object.metadata['name'])}`;
        if (step.removed) left.delete(name);
        else left.set(name, step.object);
        for (const [namespace, text] of before) {
          if (!touched.includes(namespace)) expect(saidIn(namespace)).toBe(text);
        }
      }
      const expected = readTogether(validatingAdmissionPolicy, [...left.values()]).constraints;
      expect([...scopes.all()].toSorted(byId)).toEqual(expected.toSorted(byId));
      const all = [...scopes.boundTo('shop')].toSorted(byId);
      expect(all).toEqual(expected.toSorted(byId));
      const wide = expected.filter(({ scope }) => scope.namespaces.selector === undefined);
      expect([...scopes.boundTo('pay')].toSorted(byId)).toEqual(wide.toSorted(byId));
    }),
    { numRuns: 500 },
  );
});
