/**
 * Policy objects as a gateway knows them: read by the operator's adapters, written as its reports and details, read by the
 * gateway's catalog.
 */
import {
  apiVersion,
  clusterConstraintDetails,
  constraintDetails,
  constraintReports,
  type PotooResource,
  reportName,
} from '../../crds/api.ts';
import { type Constraint, homeNamespace } from '../../crds/constraint.ts';
import { clusterDetailName } from '../../crds/detail.ts';
import type { Catalog } from '../../gateway/catalog/store.ts';
import { changedAt } from '../../gateway/testing/objects.ts';
import { catalogOver, fillStore } from '../../gateway/testing/fixture.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { adapters } from '../../operator/adapters/all.ts';
import { genericAdapter } from '../../operator/adapters/generic.ts';
import { readTogether } from '../../operator/adapters/join.ts';
import { composeClusterDetails } from '../../operator/reports/compose-cluster-details.ts';
import { composeDetails } from '../../operator/reports/compose-details.ts';
import { composeReport } from '../../operator/reports/compose-report.ts';
import { bindsNamespace } from '../../operator/scope/namespace-scope.ts';
import type { Workload } from '../../operator/scope/workload.ts';
import type { PolicyObject } from './explain-objects.ts';

const readers = [...adapters, genericAdapter({ group: 'crd.antrea.io', plural: 'clusternetworkpolicies' }, undefined)];

/** What the objects impose together. Throws for one that cannot be read: it would be no policy of a real cluster. */
export function constraintsOf(objects: readonly PolicyObject[]): readonly Constraint[] {
  return [...Map.groupBy(objects, ({ adapter }) => adapter)].flatMap(([id, own]) => {
    const adapter = readers.find((each) => each.id === id);
    if (adapter === undefined) throw new Error(`${id}: there is no adapter of this name`);
    const { constraints, problems } = readTogether(
      adapter,
      own.map(({ object }) => object),
    );
    const [problem] = problems;
    if (problem !== undefined) throw new Error(`${id}: ${problem.object} ${problem.path}: ${problem.message}`);
    return constraints.map(({ ifBefore: _ifBefore, ...constraint }) => constraint);
  });
}

/** Of a namespace in which these workloads run. @param labels Of the namespace. */
export function catalogOf(
  namespace: string,
  constraints: readonly Constraint[],
  { labels, workloads }: { readonly labels: Readonly<Record<string, string>>; readonly workloads: readonly Workload[] },
): Catalog {
  const bound = constraints.filter(({ scope }) => bindsNamespace(scope.namespaces, { name: namespace, labels }));
  const ofCluster = bound.filter(({ source }) => homeNamespace(source) === undefined);
  const { status } = composeReport({ namespace, constraints: bound, workloads, unread: [] }, undefined, changedAt);
  const details = composeDetails({ namespace, constraints: bound, workloads, unread: [] });
  const { store, problems } = fillStore([
    stored(constraintReports, reportName, namespace, { status }),
    ...[...details.parts].map(([name, part]) => stored(constraintDetails, name, namespace, part)),
    ...[...Map.groupBy(ofCluster, ({ source }) => clusterDetailName(source))].flatMap(([name, own]) =>
      [...composeClusterDetails(name, { subject: 'policy', constraints: own }).parts].map(([part, detail]) =>
        stored(clusterConstraintDetails, part, undefined, detail),
      ),
    ),
  ]);
  const [problem] = problems;
  if (problem !== undefined) throw new Error(`the catalog cannot be read: ${JSON.stringify(problem)}`);
  return catalogOver(store);
}

function stored(resource: PotooResource, name: string, namespace: string | undefined, rest: object): KubeObject {
  const metadata = { name, uid: `${resource.kind}/${namespace ?? ''}/${name}`, resourceVersion: '1' };
  return {
    apiVersion,
    kind: resource.kind,
    metadata: namespace === undefined ? metadata : { ...metadata, namespace },
    ...rest,
  };
}
