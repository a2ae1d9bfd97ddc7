import { expect, test } from 'vitest';
import type { KubeObject } from '../../kube/resource.ts';
import { createVirtualClock } from '../../kube/testing/virtual-clock.ts';
import type { Adapter } from '../adapters/define.ts';
import { composeDetails } from '../reports/compose-details.ts';
import { testConstraint } from '../testing/constraints.ts';
import { createClusterState } from './cluster-state.ts';

const object = (name: string, namespace?: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Any',
  metadata: { name, uid: name, resourceVersion: '1', ...(namespace === undefined ? {} : { namespace }) },
});

/** A kind whose objects bind the namespace `pay`, wherever they live. */
const bindsPay: Adapter = {
  id: 'binds-pay',
  resources: [{ group: 'example.org', plural: 'fences' }],
  read: () => ({
    constraints: [testConstraint('shop', 'p', { scope: { namespaces: { names: ['pay'] } } })],
    problems: [],
  }),
};

function stateWith(...namespaces: readonly string[]) {
  const touched: string[] = [];
  const state = createClusterState({
    clock: createVirtualClock(),
    adapters: [bindsPay],
    waitMs: () => 0,
    events: {
      onNamespace: (namespace, priority) => void touched.push(`${namespace} ${priority}`),
      onNamespaceGone: () => undefined,
      onClusterDetail: () => undefined,
      onProblem: () => undefined,
      onParameterKinds: () => undefined,
    },
  });
  const feed = (plural: string, key: string, it: KubeObject) => {
    const consumer = state.consumers.find(({ resource }) => resource.plural === plural);
    consumer?.upsert(key, consumer.prune(it));
  };
  for (const name of namespaces) feed('namespaces', name, object(name));
  feed('fences', 'shop/p', object('p', 'shop'));
  return { state, touched };
}

test('a policy that binds other namespaces only is told there, and stored in full where it lives', () => {
  const { state, touched } = stateWith('shop', 'pay');
  expect(touched.slice(-2).toSorted()).toEqual(['pay later', 'shop now']);
  const shop = state.observe('shop');
  expect(shop).toMatchObject({ constraints: [], elsewhere: [{ name: 'p' }] });
  expect(state.observe('pay')).toMatchObject({ constraints: [{ name: 'p' }], elsewhere: [] });
  const { parts } = composeDetails({ namespace: 'shop', constraints: [], workloads: [], unread: [], ...shop });
  expect(parts.get('constraints')?.texts).toHaveLength(1);
});

test('policies that live in a namespace that is not there are not counted', () => {
  expect(stateWith('shop', 'pay').state.constraints()).toHaveLength(1);
  expect(stateWith('pay').state.constraints()).toHaveLength(0);
});
