import { expect, test } from 'vitest';
import { clusterConstraintDetails, constraintDetails, constraintReports } from '../crds/api.ts';
import { clusterDetailName } from '../crds/detail.ts';
import type { Resource } from '../kube/resource.ts';
import type { FakeApi } from '../kube/testing/fake-api.ts';
import { customResourceDefinitions, definitionOf } from '../kube/testing/fake-definitions.ts';
import { namespaces, served, simulateOperator, type SimulatedOperator } from './testing/simulated-operator.ts';

const limits: Resource = { group: 'example.org', version: 'v1', plural: 'limits', kind: 'Limit', namespaced: true };
const wideLimits: Resource = { ...limits, plural: 'widelimits', kind: 'WideLimit', namespaced: false };
const shelves: Resource = { ...wideLimits, plural: 'shelves', kind: 'Shelf' };
const kindOf = (plural: string): Resource => {
  const found = served.find((resource) => resource.plural === plural);
  if (found === undefined) throw new Error(`the simulated API server does not serve ${plural}`);
  return found;
};
const ownKinds = [constraintReports, constraintDetails, clusterConstraintDetails];
const policies = kindOf('validatingadmissionpolicies');
const bindings = kindOf('validatingadmissionpolicybindings');
const detail = clusterDetailName({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  name: 'limit',
});

const limit = (namespace: string | undefined, name: string, max: number, more: object = {}) => ({
  metadata: { ...(namespace === undefined ? {} : { namespace }), name },
  spec: { max },
  ...more,
});

function policy({ kind }: Resource, paramRef: object) {
  return (api: FakeApi) => {
    for (const name of ['pay', 'shop']) api.put(namespaces, { metadata: { name } });
    const resourceRules = [
      { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] },
    ];
    api.put(policies, {
      metadata: { name: 'limit' },
      spec: {
        matchConstraints: { resourceRules },
        validations: [{ expression: 'object.spec.replicas <= params.spec.max' }],
        paramKind: { apiVersion: kind === 'ConfigMap' ? 'v1' : 'example.org/v1', kind },
      },
    });
    api.put(bindings, {
      metadata: { name: 'limit-all' },
      spec: { policyName: 'limit', validationActions: ['Deny'], paramRef },
    });
  };
}

/** The part of each line that tells what a policy does. */
function linesOf({ report }: SimulatedOperator, namespace: string): string[] {
  const { inherited } = Object(report(namespace));
  return Array.isArray(inherited) ? inherited.map((line) => String(line).split(' ').slice(0, 2).join(' ')) : [];
}

function parametersIn({ api }: SimulatedOperator, namespace?: string): unknown[] {
  const found =
    namespace === undefined
      ? api.get(clusterConstraintDetails, { name: detail })
      : api.get(constraintDetails, { namespace, name: 'constraints' });
  const texts = found?.['texts'];
  return Array.isArray(texts)
    ? texts.map((text) => JSON.parse(String(text))).filter((text) => Object(text).kind === 'Parameter')
    : [];
}

function writesOf({ api }: SimulatedOperator): string[] {
  return api.requests
    .filter(({ verb, plural }) => !['get', 'list', 'watch'].includes(verb) && plural !== 'leases')
    .map(({ verb, plural, namespace }) => [verb, plural, namespace].filter(Boolean).join(' '));
}

test('what a policy takes parameters from is stored beside it, and followed', async () => {
  await using simulated = await simulateOperator((api) => {
    api.put(customResourceDefinitions, definitionOf(wideLimits, ['v1']));
    api.put(wideLimits, limit(undefined, 'small', 3));
    policy(wideLimits, { name: 'small', parameterNotFoundAction: 'Allow' })(api);
  });
  const { api, clock, crashes } = simulated;
  expect(linesOf(simulated, 'shop')).toEqual(['Critical deny']);
  expect(parametersIn(simulated)).toMatchObject([
    {
      kind: 'Parameter',
      apiVersion: 'example.org/v1',
      objectKind: 'WideLimit',
      name: 'small',
      object: { apiVersion: 'example.org/v1', kind: 'WideLimit', metadata: { name: 'small' }, spec: { max: 3 } },
    },
  ]);
  api.forgetRequests();
  api.put(wideLimits, limit(undefined, 'other', 7));
  api.put(wideLimits, limit(undefined, 'small', 3, { status: { seen: 1 } }));
  await clock.advance(5_000);
  expect(writesOf(simulated)).toEqual([]);
  api.put(wideLimits, limit(undefined, 'small', 4));
  await clock.advance(5_000);
  expect(writesOf(simulated)).toEqual(['update clusterconstraintdetails']);
  expect(parametersIn(simulated)).toMatchObject([{ object: { spec: { max: 4 } } }]);
  api.remove(wideLimits, { name: 'small' });
  await clock.advance(5_000);
  expect(linesOf(simulated, 'shop')).toEqual([]);
  expect(api.get(clusterConstraintDetails, { name: detail })).toBeUndefined();
  expect(crashes).toEqual([]);
});

test('parameters of a namespace decide there, are stored there, and touch no other', async () => {
  await using simulated = await simulateOperator((api) => {
    api.put(customResourceDefinitions, definitionOf(limits, ['v1']));
    api.put(limits, limit('shop', 'small', 3));
    policy(limits, { selector: {}, parameterNotFoundAction: 'Allow' })(api);
  });
  const { api, clock, crashes } = simulated;
  expect(linesOf(simulated, 'shop')).toEqual(['Critical deny']);
  expect(linesOf(simulated, 'pay')).toEqual([]);
  expect(parametersIn(simulated, 'shop')).toMatchObject([{ name: 'small', namespace: 'shop' }]);
  expect(parametersIn(simulated)).toEqual([]);
  expect(JSON.stringify(simulated.report('shop'))).not.toMatch(/small|"max"/);
  api.forgetRequests();
  api.put(limits, limit('shop', 'small', 4));
  api.put(limits, limit('shop', 'large', 9));
  await clock.advance(5_000);
  expect(writesOf(simulated)).toEqual(['update constraintdetails shop']);
  api.forgetRequests();
  api.put(limits, limit('pay', 'small', 5));
  await clock.advance(5_000);
  expect(linesOf(simulated, 'pay')).toEqual(['Critical deny']);
  expect(parametersIn(simulated, 'pay')).toMatchObject([{ name: 'small', object: { spec: { max: 5 } } }]);
  expect(writesOf(simulated).filter((write) => write.endsWith('shop'))).toEqual([]);
  api.remove(limits, { namespace: 'shop', name: 'large' });
  await clock.advance(5_000);
  expect(parametersIn(simulated, 'shop')).toMatchObject([{ name: 'small' }]);
  api.remove(limits, { namespace: 'shop', name: 'small' });
  await clock.advance(5_000);
  expect(linesOf(simulated, 'shop')).toEqual([]);
  expect(parametersIn(simulated, 'shop')).toEqual([]);
  expect(crashes).toEqual([]);
});

test('where parameters must be, a namespace without any is refused everything', async () => {
  await using simulated = await simulateOperator((api) => {
    api.put(customResourceDefinitions, definitionOf(limits, ['v1']));
    api.put(limits, limit('shop', 'small', 3));
    policy(limits, { name: 'small', parameterNotFoundAction: 'Deny' })(api);
  });
  const { api, clock } = simulated;
  const keyOf = (namespace: string) => /finds no parameters/.test(JSON.stringify(simulated.report(namespace)));
  expect([keyOf('shop'), keyOf('pay')]).toEqual([false, true]);
  api.put(limits, limit('pay', 'small', 3));
  api.remove(limits, { namespace: 'shop', name: 'small' });
  await clock.advance(5_000);
  expect([keyOf('shop'), keyOf('pay')]).toEqual([true, false]);
});

test('a kind that is not served yet is said to be missing, read when it comes, and missed when it goes', async () => {
  await using simulated = await simulateOperator(
    policy(wideLimits, { name: 'small', parameterNotFoundAction: 'Deny' }),
  );
  const { api, clock, crashes } = simulated;
  expect(JSON.stringify(simulated.report('shop'))).toMatch(/whose kind of parameters is not served/);
  api.put(customResourceDefinitions, definitionOf(wideLimits, ['v1']));
  await clock.advance(5_000);
  expect(JSON.stringify(simulated.report('shop'))).toMatch(/which finds no parameters/);
  api.put(wideLimits, limit(undefined, 'small', 3));
  await clock.advance(5_000);
  expect(JSON.stringify(simulated.report('shop'))).toMatch(/those that fail are refused/);
  expect(parametersIn(simulated)).toHaveLength(1);
  api.remove(customResourceDefinitions, { name: 'widelimits.example.org' });
  await clock.advance(10_000);
  expect(JSON.stringify(simulated.report('shop'))).toMatch(/whose kind of parameters is not served/);
  expect(parametersIn(simulated)).toEqual([]);
  expect(crashes).toEqual([]);
});

test('the version that the policy names is the one that is read', async () => {
  await using simulated = await simulateOperator((api) => {
    api.put(customResourceDefinitions, definitionOf(wideLimits, ['v2', 'v1']));
    api.put(wideLimits, limit(undefined, 'small', 3));
    policy(wideLimits, { name: 'small', parameterNotFoundAction: 'Allow' })(api);
  });
  const asked = simulated.api.requests.filter(({ plural }) => plural === 'widelimits');
  expect(new Set(asked.map(({ version }) => version))).toContain('v1');
  expect(parametersIn(simulated)).toMatchObject([{ apiVersion: 'example.org/v1' }]);
});

test('a kind that may not be read is told with the right that is missing, and nothing is made of it', async () => {
  let heal = () => undefined as void;
  await using simulated = await simulateOperator((api) => {
    api.put(customResourceDefinitions, definitionOf(wideLimits, ['v1']));
    policy(wideLimits, { name: 'small', parameterNotFoundAction: 'Allow' })(api);
    heal = api.fail({ matching: ({ plural }) => plural === 'widelimits', status: 403, times: 1_000_000 });
  });
  const { clock, totals } = simulated;
  expect(linesOf(simulated, 'shop')).toEqual(['Warning unknown']);
  expect(JSON.stringify(totals())).toContain(
    'Forbidden: a ClusterRole labelled potoo.io/aggregate-to-operator=true must allow list and watch on widelimits.example.org',
  );
  expect(totals()).toMatchObject({ conditions: [{ type: 'Ready', status: 'True' }] });
  heal();
  await clock.advance(120_000);
  expect(linesOf(simulated, 'shop')).toEqual([]);
});

test('ConfigMaps and Secrets are not asked for, and what depends on them is not known', async () => {
  const configMaps: Resource = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true };
  await using simulated = await simulateOperator(
    policy(configMaps, { name: 'small', namespace: 'shop', parameterNotFoundAction: 'Allow' }),
  );
  expect(linesOf(simulated, 'shop')).toEqual(['Warning unknown']);
  expect(simulated.api.requests.filter(({ path }) => /configmaps|secrets/.test(path))).toEqual([]);
});

test('a kind is watched no longer than a policy names it', async () => {
  await using simulated = await simulateOperator((api) => {
    api.put(customResourceDefinitions, definitionOf(shelves, ['v1']));
    policy(shelves, { name: 'small', parameterNotFoundAction: 'Allow' })(api);
  });
  const { api, clock } = simulated;
  const watched = () => api.watches.filter(({ plural }) => plural === 'shelves').length;
  expect(watched()).toBe(1);
  api.remove(bindings, { name: 'limit-all' });
  await clock.advance(5_000);
  expect(watched()).toBe(0);
});

test('a kind of parameters is no policy because of its name, unless its definition says so', async () => {
  await using simulated = await simulateOperator((api) => {
    api.put(customResourceDefinitions, definitionOf(limits, ['v1']));
    api.put(limits, limit('shop', 'small', 3));
    policy(limits, { name: 'small', parameterNotFoundAction: 'Allow' })(api);
  });
  const { api, clock, report } = simulated;
  expect(report('shop')).toMatchObject({ total: 1, constraints: [] });
  api.put(customResourceDefinitions, definitionOf(limits, ['v1'], { 'potoo.io/is-policy': 'true' }));
  await clock.advance(5_000);
  expect(report('shop')).toMatchObject({ total: 2, constraints: [{ source: { kind: 'Limit', name: 'small' } }] });
  expect(parametersIn(simulated, 'shop')).toHaveLength(1);
});

test('a restart writes nothing', async () => {
  const before = (api: FakeApi) => {
    api.put(customResourceDefinitions, definitionOf(limits, ['v1']));
    api.put(limits, limit('shop', 'small', 3));
    policy(limits, { name: 'small', parameterNotFoundAction: 'Deny' })(api);
  };
  await using first = await simulateOperator(before);
  const objects = ownKinds.flatMap((resource) => first.api.list(resource).map((object) => ({ resource, object })));
  await using second = await simulateOperator((api) => {
    before(api);
    for (const { resource, object } of objects) api.put(resource, object);
    api.forgetRequests();
  });
  expect(objects.length).toBeGreaterThan(4);
  expect(writesOf(second).filter((write) => !write.includes('clusterconstraintreports'))).toEqual([]);
});
