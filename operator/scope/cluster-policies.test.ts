import { expect, test } from 'vitest';
import { clusterDetailName } from '../../crds/detail.ts';
import { clusterConstraint, testConstraint } from '../testing/constraints.ts';
import { createClusterPolicies } from './cluster-policies.ts';

const constraint = clusterConstraint('p', {});
const name = clusterDetailName(constraint.source);

test('a policy of a namespace is none', () => {
  const policies = createClusterPolicies();
  expect([...policies.set('x', [testConstraint('shop', 'q')])]).toEqual([]);
  expect([...policies.names()]).toEqual([]);
});

test('tells what a change touches, and nothing when an object says the same again', () => {
  const policies = createClusterPolicies();
  expect([...policies.set('x', [constraint])]).toEqual([name]);
  expect([...policies.set('x', [{ ...constraint }])]).toEqual([]);
  expect([...policies.set('x', [{ ...constraint, message: 'other' }])]).toEqual([name]);
  expect([...policies.remove('x')]).toEqual([name]);
  expect([...policies.names()]).toEqual([]);
  expect([...policies.remove('x')]).toEqual([]);
});

test('what several objects make of one policy is gathered, ordered by id, and goes with each of them', () => {
  const policies = createClusterPolicies();
  const others = ['b', 'a'].map((id) => ({ ...constraint, id }));
  policies.set('binding-1', [others[0] ?? constraint]);
  policies.set('binding-2', [others[1] ?? constraint]);
  expect(policies.constraintsOf(name).map(({ id }) => id)).toEqual(['a', 'b']);
  expect([...policies.remove('binding-2')]).toEqual([name]);
  expect(policies.constraintsOf(name).map(({ id }) => id)).toEqual(['b']);
});

test('an object that speaks of another policy leaves the first', () => {
  const policies = createClusterPolicies();
  const other = clusterConstraint('other', {});
  policies.set('x', [constraint]);
  expect([...policies.set('x', [other])].toSorted()).toEqual([name, clusterDetailName(other.source)].toSorted());
  expect(policies.constraintsOf(name)).toEqual([]);
});
