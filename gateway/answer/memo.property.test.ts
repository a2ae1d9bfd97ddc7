/**
 * Whatever happens to the catalog and to rights, an answer that is given again is the one that would be made now: a gateway that
 * has answered all along and one that has just started with the same objects send the same bytes.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatReportLine, handleOf } from '../../crds/report-line.ts';
import { type KubeObject, keyOf } from '../../kube/resource.ts';
import { readClusterDetail, readDetail } from '../catalog/detail.ts';
import { createLineInterner } from '../catalog/intern.ts';
import { readReport } from '../catalog/report.ts';
import type { CatalogStore } from '../catalog/store.ts';
import { createGateway, rightsOf } from '../testing/fixture.ts';
import { clusterDetailObject, detailObject, entryOf, networkConstraint, reportObject } from '../testing/objects.ts';

const clusterWide = { apiVersion: 'policy.networking.k8s.io/v1', kind: 'ClusterNetworkPolicy', name: 'baseline' };
const intern = createLineInterner();
const complain = () => {
  throw new Error('an object of this test cannot be read');
};

/** Own policies in some state, a cluster-wide one and one of the other namespace, each told or not. */
function objectsOf(namespace: string, state: number): KubeObject[] {
  const other = namespace === 'shop' ? 'data' : 'shop';
  const severity = state % 2 === 0 ? 'Critical' : 'Warning';
  const own = ['a', 'b', 'c'].slice(0, state % 4).map((name) => networkConstraint(namespace, name, { severity }));
  const foreign = networkConstraint(other, 'peer');
  const wide = networkConstraint('', 'baseline', { source: clusterWide });
  const lines = [
    formatReportLine({ ...wide, kind: wide.source.kind }),
    formatReportLine({ ...foreign, kind: foreign.source.kind, name: handleOf(foreign.id) }),
  ];
  return [
    reportObject(
      namespace,
      own.map((each) => entryOf(each)),
      { inherited: lines.slice(0, state % 3) },
    ),
    detailObject(namespace, 'constraints', [...own, networkConstraint(namespace, 'peer')].slice(state % 2)),
    detailObject(namespace, 'workloads', [
      { kind: 'Deployment', name: `web-${state}`, labels: { tier: 'hidden-tier' } },
    ]),
    clusterDetailObject('baseline', [{ ...wide, message: `Baseline ${state}` }]),
  ];
}

function put(store: CatalogStore, object: KubeObject): void {
  const { name, namespace = '' } = object.metadata;
  const report = object.kind === 'ConstraintReport' ? readReport(object, intern, complain) : undefined;
  const detail = object.kind === 'ConstraintDetail' ? readDetail(object, complain) : undefined;
  const cluster = object.kind === 'ClusterConstraintDetail' ? readClusterDetail(object, complain) : undefined;
  if (report !== undefined) store.putReport(report);
  if (detail !== undefined) store.putDetail(namespace, name, detail);
  if (cluster !== undefined) store.putClusterDetail(name, cluster);
}

function drop(store: CatalogStore, { kind, metadata: { name, namespace = '' } }: KubeObject): void {
  if (kind === 'ConstraintReport') store.removeReport(namespace);
  else if (kind === 'ConstraintDetail') store.removeDetail(namespace, name);
  else store.removeClusterDetail(name);
}

const namespaces = ['shop', 'data'] as const;
const anyNamespace = fc.constantFrom(...namespaces);
const users = ['reader', 'owner', 'admin', 'nobody'] as const;
const everyRight = [...new Set([...namespaces.flatMap((name) => rightsOf(name).owner), ...rightsOf('shop').admin])];

const anyStep = fc.oneof(
  fc.record({
    does: fc.constant('change' as const),
    namespace: anyNamespace,
    state: fc.nat(11),
    which: fc.nat(3),
    gone: fc.boolean(),
  }),
  fc.record({ does: fc.constant('rights' as const), user: fc.constantFrom(...users), rights: fc.subarray(everyRight) }),
  fc.record({
    does: fc.constant('ask' as const),
    namespace: anyNamespace,
    user: fc.constantFrom(...users),
    input: fc.constantFrom({}, { workload_name: 'web-1' }, { workload_labels: { tier: 'x' } }, { limit: 2 }),
  }),
);

test('an answer that is given again is the one that would be made now, byte for byte', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 40 }), async (steps) => {
      const world = new Map<string, KubeObject>();
      const rights: Record<string, readonly string[]> = { ...rightsOf('shop') };
      const standing = createGateway({ objects: [], rights });
      for (const step of steps) {
        if (step.does === 'change') {
          const object = objectsOf(step.namespace, step.state)[step.which];
          if (object === undefined) throw new Error('there are four objects');
          const key = `${object.kind} ${keyOf(object.metadata)}`;
          if (step.gone) {
            world.delete(key);
            drop(standing.store, object);
          } else {
            world.set(key, object);
            put(standing.store, object);
          }
          continue;
        }
        if (step.does === 'rights') {
          rights[step.user] = step.rights;
          // What the API server said about rights is kept for a minute, by a cache that this is not about.
          await standing.clock.advance(60_000);
          continue;
        }
        const fresh = createGateway({ objects: [...world.values()], rights });
        const { namespace, user, input } = step;
        for (const ask of [
          async (gateway: typeof fresh) => gateway.post('/tools/potoo_query', { namespace, ...input }, user),
          async (gateway: typeof fresh) => gateway.get(`/resources/reports/${namespace}`, user),
          async (gateway: typeof fresh) => gateway.get(`/resources/constraints/${namespace}/baseline`, user),
        ]) {
          const [again, now] = [await ask(standing), await ask(fresh)];
          expect(again.status).toBe(now.status);
          expect([...again.headers]).toEqual([...now.headers]);
          expect(await again.text()).toBe(await now.text());
        }
      }
    }),
    { numRuns: 60 },
  );
});
