import { expect, test } from 'vitest';
import { clusterConstraintDetails, constraintDetails } from '../crds/api.ts';
import { clusterFactsName } from '../crds/detail.ts';
import type { FakeApi } from '../kube/testing/fake-api.ts';
import {
  namespaces,
  networkPolicies,
  priorityClasses,
  quotas,
  services,
  simulateOperator,
} from './testing/simulated-operator.ts';

const withShop = (api: FakeApi) => {
  api.put(namespaces, { metadata: { name: 'shop', labels: { team: 'a' } } });
};
const web = {
  metadata: { namespace: 'shop', name: 'web' },
  spec: { selector: { app: 'web' }, clusterIP: 'None', ports: [{ port: 80, targetPort: 'http', name: 'http' }] },
};
const writes = (api: FakeApi) =>
  api.requests
    .filter(({ verb, plural }) => !['get', 'list', 'watch'].includes(verb) && plural !== 'leases')
    .map(({ verb, plural }) => `${verb} ${plural}`);

function factsIn(api: FakeApi): unknown[] {
  const texts = api.get(constraintDetails, { namespace: 'shop', name: 'namespace' })?.['texts'];
  return Array.isArray(texts) ? texts.map((text) => JSON.parse(String(text))) : [];
}

function clusterFacts(api: FakeApi): string {
  return JSON.stringify(api.get(clusterConstraintDetails, { name: clusterFactsName })?.['texts'] ?? []);
}

test('a namespace tells its labels and Services, at once and without touching the report', async () => {
  await using simulated = await simulateOperator(withShop);
  const { api, clock, crashes } = simulated;
  expect(factsIn(api)).toEqual([{ kind: 'Namespace', labels: { team: 'a' } }]);
  api.forgetRequests();
  api.put(services, web);
  await clock.advance(200);
  expect(writes(api)).toEqual(['update constraintdetails']);
  expect(factsIn(api)).toEqual([
    { kind: 'Namespace', labels: { team: 'a' } },
    {
      kind: 'Service',
      name: 'web',
      type: 'ClusterIP',
      selector: { app: 'web' },
      headless: true,
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 'http' }],
    },
  ]);
  api.put(namespaces, { metadata: { name: 'shop', labels: { team: 'b' } } });
  api.remove(services, { namespace: 'shop', name: 'web' });
  await clock.advance(1_000);
  expect(factsIn(api)).toEqual([{ kind: 'Namespace', labels: { team: 'b' } }]);
  expect(crashes).toEqual([]);
});

test('the cluster tells what it serves and its classes, and what somebody else wrote there is put right', async () => {
  await using simulated = await simulateOperator(withShop);
  const { api, clock } = simulated;
  expect(clusterFacts(api)).toContain('networkpolicies');
  api.put(priorityClasses, { metadata: { name: 'high' }, value: 5, globalDefault: true });
  await clock.advance(1_000);
  expect(clusterFacts(api)).toContain(
    JSON.stringify(JSON.stringify({ kind: 'PriorityClass', name: 'high', default: true })),
  );
  const right = clusterFacts(api);
  api.put(clusterConstraintDetails, { metadata: { name: clusterFactsName }, subject: 'cluster', part: 0, texts: [] });
  api.put(clusterConstraintDetails, { metadata: { name: 'cluster-7' }, subject: 'cluster', part: 7, texts: [] });
  await clock.advance(5_000);
  expect(clusterFacts(api)).toBe(right);
  expect(api.get(clusterConstraintDetails, { name: 'cluster-7' })).toBeUndefined();
});

test('after a restart nothing is written again', async () => {
  const before = await simulateOperator((api) => {
    withShop(api);
    api.put(services, web);
    api.put(networkPolicies, { metadata: { namespace: 'shop', name: 'p' }, spec: { podSelector: {} } });
  });
  const kept = [constraintDetails, clusterConstraintDetails].flatMap((kind) =>
    before.api.list(kind).map((object) => ({ kind, object })),
  );
  await before[Symbol.asyncDispose]();
  expect(kept.map(({ object }) => object.metadata.name).toSorted()).toEqual(['cluster', 'constraints', 'namespace']);
  await using after = await simulateOperator((api) => {
    withShop(api);
    api.put(services, web);
    for (const { kind, object } of kept) api.put(kind, object);
  });
  expect(writes(after.api).filter((write) => write.endsWith('details'))).not.toContain(
    'update clusterconstraintdetails',
  );
  expect(writes(after.api)).not.toContain('create clusterconstraintdetails');
  expect(factsIn(after.api)).toHaveLength(2);
});

test('a quota for a PriorityClass binds what gets that class by default', async () => {
  await using simulated = await simulateOperator((api) => {
    withShop(api);
    api.put(quotas, {
      metadata: { namespace: 'shop', name: 'q' },
      spec: {
        hard: { pods: '3' },
        scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] },
      },
    });
    api.put(
      { group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment', namespaced: true },
      { metadata: { namespace: 'shop', name: 'web' }, spec: { template: { spec: { containers: [{}] } } } },
    );
  });
  const { api, clock, report } = simulated;
  const affected = () => JSON.stringify(report('shop'));
  expect(affected()).toContain('"affectedWorkloads":{"total":0,"items":[]}');
  api.put(priorityClasses, { metadata: { name: 'high' }, value: 5, globalDefault: true });
  await clock.advance(5_000);
  expect(affected()).toContain('"affectedWorkloads":{"total":1,"items":["Deployment/web"]}');
});
