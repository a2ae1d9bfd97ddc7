import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  clusterConstraintDetails,
  clusterConstraintReports,
  constraintDetails,
  constraintReports,
} from '../crds/api.ts';
import { compareText } from '../crds/constraint.ts';
import { clusterDetailName, clusterFactsName } from '../crds/detail.ts';
import { type Resource, resourceName } from '../kube/resource.ts';
import type { FakeApi } from '../kube/testing/fake-api.ts';
import { customResourceDefinitions, definitionOf } from '../kube/testing/fake-definitions.ts';
import { readTogether } from './adapters/join.ts';
import { validatingAdmissionPolicy } from './adapters/validatingadmissionpolicy.ts';
import { parametersIn, parameterTexts } from './testing/oracle-parameters.ts';
import { publishedIn, truthOf } from './testing/oracle.ts';
import type { Listing } from './testing/oracle-policies.ts';
import { namespaces, served, simulateOperator } from './testing/simulated-operator.ts';

const shelves: Resource = { group: 'example.org', version: 'v1', plural: 'shelves', kind: 'Shelf', namespaced: true };
const racks: Resource = { ...shelves, plural: 'racks', kind: 'Rack', namespaced: false };
const kindOf = (plural: string): Resource => {
  const found = served.find((resource) => resource.plural === plural);
  if (found === undefined) throw new Error(`the simulated API server does not serve ${plural}`);
  return found;
};
const policies = kindOf('validatingadmissionpolicies');
const bindings = kindOf('validatingadmissionpolicybindings');

type Step = (api: FakeApi) => void;
const isServed = (api: FakeApi, { plural, group }: Resource) =>
  api.get(customResourceDefinitions, { name: `${plural}.${group}` }) !== undefined;
const names = fc.constantFrom('a', 'b');
const places = fc.constantFrom('shop', 'shop', 'pay', 'bank');
const labels = fc.constantFrom({}, { tier: 'web' });

const aParameter = fc
  .record({
    of: fc.constantFrom(shelves, shelves, racks),
    name: names,
    namespace: places,
    labels,
    max: fc.nat({ max: 2 }),
  })
  .map(
    ({ of, name, namespace, labels: tier, max }): Step =>
      (api) => {
        if (!isServed(api, of)) return;
        const at = of.namespaced ? { namespace } : {};
        api.put(of, { metadata: { name, labels: tier, ...at }, spec: { max }, status: { max } });
      },
  );
const noParameter = fc.record({ of: fc.constantFrom(shelves, shelves, racks), name: names, namespace: places }).map(
  ({ of, name, namespace }): Step =>
    (api) => {
      const at = of.namespaced ? { namespace, name } : { name };
      if (isServed(api, of) && api.get(of, at) !== undefined) api.remove(of, at);
    },
);
const aDefinition = fc
  .record({ of: fc.constantFrom(shelves, racks), versions: fc.constantFrom(['v1'], ['v1'], ['v2', 'v1'], ['v2'], []) })
  .map(
    ({ of, versions }): Step =>
      (api) => {
        for (const { metadata } of isServed(api, of) && versions.length === 0 ? api.list(of) : []) {
          api.remove(of, { ...(metadata.namespace && { namespace: metadata.namespace }), name: metadata.name });
        }
        if (versions.length > 0) api.put(customResourceDefinitions, definitionOf(of, versions));
        else if (isServed(api, of)) api.remove(customResourceDefinitions, { name: resourceName(of) });
      },
  );
const aPolicy = fc
  .record({
    name: names,
    kind: fc.constantFrom('Shelf', 'Shelf', 'Shelf', 'Shelf', 'Rack', 'Rack', 'ConfigMap', 'Nothing'),
    failurePolicy: fc.constantFrom('Fail', 'Fail', 'Ignore'),
    resources: fc.constantFrom(['deployments'], ['deployments'], ['*'], ['nodes'], ['namespaces']),
  })
  .map(
    ({ name, kind, failurePolicy, resources }): Step =>
      (api) => {
        api.put(policies, {
          metadata: { name, uid: `uid-of-${name}` },
          spec: {
            matchConstraints: {
              resourceRules: [
                {
                  apiGroups: [resources[0] === 'deployments' ? 'apps' : ''],
                  apiVersions: ['v1'],
                  operations: ['CREATE'],
                  resources,
                },
              ],
            },
            validations: [{ expression: 'true' }],
            failurePolicy,
            paramKind: { apiVersion: kind === 'ConfigMap' ? 'v1' : 'example.org/v1', kind },
          },
        });
      },
  );
const aBinding = fc
  .record({
    name: names,
    policyName: fc.constantFrom('a', 'a', 'a', 'b'),
    ref: fc.constantFrom(
      { name: 'a' },
      { selector: {} },
      { selector: {} },
      { selector: { matchLabels: { tier: 'web' } } },
      undefined,
    ),
    namespace: fc.constantFrom({}, {}, {}, { namespace: 'shop' }),
    parameterNotFoundAction: fc.constantFrom('Allow', 'Deny'),
    only: fc.constantFrom({}, { matchResources: { namespaceSelector: { matchLabels: { tier: 'web' } } } }),
  })
  .map(
    ({ name, policyName, ref, namespace, parameterNotFoundAction, only }): Step =>
      (api) => {
        const paramRef = ref === undefined ? {} : { paramRef: { ...ref, ...namespace, parameterNotFoundAction } };
        api.put(bindings, {
          metadata: { name },
          spec: { policyName, validationActions: ['Deny'], ...paramRef, ...only },
        });
      },
  );
const aNamespace = fc.record({ name: places, labels }).map(
  ({ name, labels: tier }): Step =>
    (api) =>
      void api.put(namespaces, { metadata: { name, labels: tier } }),
);
const aFault = fc.constantFrom<Step>(
  (api) => api.cutWatches(() => true),
  (api) => {
    api.compact();
    api.cutWatches(() => true);
  },
  (api) => api.replayWatches(3, () => true),
);

const parameterKinds = [shelves, racks];
const listingOf = (api: FakeApi): Listing =>
  new Map([
    ...served.map((resource) => [resourceName(resource), api.list(resource)] as const),
    ...parameterKinds
      .filter((resource) => isServed(api, resource))
      .map((resource) => [resourceName(resource), versioned(api, resource)] as const),
  ]);

/** A definition may have stopped to serve the version in which the objects are asked for. */
function versioned(api: FakeApi, resource: Resource) {
  const definition = api.get(customResourceDefinitions, { name: resourceName(resource) });
  return JSON.stringify(definition).includes('"v1"') ? api.list(resource) : [];
}

/** Of each policy the texts that are stored, all parts together. */
function clusterDetailsOf(cluster: Listing): Record<string, readonly string[]> {
  const objects = [...(cluster.get(resourceName(policies)) ?? []), ...(cluster.get(resourceName(bindings)) ?? [])];
  const { constraints } = readTogether(validatingAdmissionPolicy, objects, parametersIn(cluster));
  const byName = Map.groupBy(constraints, ({ source }) => clusterDetailName(source));
  return Object.fromEntries(
    [...byName].map(([name, own]) => [
      name,
      [
        ...own.toSorted((a, b) => compareText(a.id, b.id)).map((constraint) => JSON.stringify(constraint)),
        ...parameterTexts(cluster, own, undefined),
      ],
    ]),
  );
}

function clusterDetailsIn(api: FakeApi): Record<string, unknown> {
  const details = api.list(clusterConstraintDetails).filter(({ metadata }) => metadata.name !== clusterFactsName);
  return Object.fromEntries(details.map((detail) => [detail.metadata.name, detail['texts']]));
}

test('after any sequence of changes reports and details say what the cluster says, and all is quiet', async () => {
  const step = fc.oneof(
    { weight: 20, arbitrary: aParameter },
    { weight: 20, arbitrary: noParameter },
    { weight: 1, arbitrary: aDefinition },
    { weight: 2, arbitrary: aPolicy },
    { weight: 2, arbitrary: aBinding },
    { weight: 1, arbitrary: aNamespace },
    { weight: 1, arbitrary: aFault },
  );
  const waits = fc.constantFrom(0, 0, 30, 500, 5_000);
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(aPolicy, aBinding, aBinding, fc.array(aParameter, { maxLength: 6 })).map((some) => some.flat()),
      fc.array(fc.tuple(step, waits), { minLength: 3, maxLength: 25 }),
      async (first, then) => {
        await using simulated = await simulateOperator((api) => {
          for (const name of ['shop', 'pay']) api.put(namespaces, { metadata: { name } });
          for (const kind of parameterKinds) api.put(customResourceDefinitions, definitionOf(kind, ['v1']));
          for (const change of first) change(api);
        });
        const { api, clock, crashes } = simulated;
        for (const [change, waitMs] of then) {
          change(api);
          await clock.advance(waitMs);
        }
        await clock.advance(60_000);
        expect(crashes).toEqual([]);
        const reports = api.list(constraintReports);
        expect(publishedIn(reports, api.list(constraintDetails))).toEqual(truthOf(listingOf(api), reports));
        expect(clusterDetailsIn(api)).toEqual(clusterDetailsOf(listingOf(api)));
        expect(JSON.stringify(api.list(clusterConstraintReports))).toContain('"type":"Ready","status":"True"');
        api.forgetRequests();
        await clock.advance(300_000);
        const ours = [constraintReports, constraintDetails, clusterConstraintDetails, clusterConstraintReports];
        const writes = api.requests.filter(
          ({ verb, plural }) => !['get', 'list', 'watch'].includes(verb) && ours.some((own) => own.plural === plural),
        );
        expect(writes).toEqual([]);
      },
    ),
    { numRuns: 40 },
  );
});
