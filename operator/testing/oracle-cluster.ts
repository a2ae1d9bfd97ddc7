/**
 * What the cluster-scoped resources of Potoo must say: the detail of each cluster-scoped policy, the facts of the cluster, the
 * totals and the status of each ConstraintProfile. As plain and as slow as the rest of the oracle.
 */
import { compareText, type Constraint, homeNamespace } from '../../crds/constraint.ts';
import {
  clusterDetailName,
  clusterDetailNameOfPart,
  clusterFactsName,
  detailTextsBytesMax,
  storedBytes,
} from '../../crds/detail.ts';
import { isJsonObject } from '../../kube/object.ts';
import { type KubeObject, type Resource, resourceName } from '../../kube/resource.ts';
import { genericId } from '../adapters/generic.ts';
import { isTerminating, textsOfParts, timeless } from './oracle.ts';
import { parameterTexts } from './oracle-parameters.ts';
import {
  constraintsOf,
  definedKinds,
  type Listing,
  type PolicyReader,
  policyTruth,
  parameterKindsOf,
} from './oracle-policies.ts';
import { bindsNamespace } from './oracle-scope.ts';

export interface ClusterTruth {
  /** By the name of the first part: the texts of all parts, and of which policy. */
  readonly details: ReadonlyMap<string, unknown>;
  /** Without when, and without counts of errors, which depend on what went wrong on the way. */
  readonly totals: unknown;
  /** Of each ConstraintProfile: whether it does what it says, why not, and what it matched. */
  readonly profiles: ReadonlyMap<string, unknown>;
}

/** `builtIn`: what the API server serves without a definition. */
export function clusterTruthOf(
  cluster: Listing,
  reports: readonly KubeObject[],
  { builtIn, versions }: { readonly builtIn: readonly Resource[]; readonly versions: object },
): ClusterTruth {
  const constraints = constraintsOf(cluster, reports);
  return {
    details: detailsOf(cluster, constraints, builtIn),
    totals: totalsOf(cluster, constraints, versions),
    profiles: profilesOf(cluster),
  };
}

/** What stands there: `details`, `totals` and `profiles` are all objects of these kinds. */
export function publishedInCluster(
  details: readonly KubeObject[],
  totals: readonly KubeObject[],
  profiles: readonly KubeObject[],
): ClusterTruth {
  const nameOf = ({ metadata }: KubeObject) => clusterDetailNameOfPart(metadata.name);
  const texts = textsOfParts(details, nameOf);
  return {
    details: new Map(
      [...Map.groupBy(details, nameOf)].map(([name, parts]) => [
        name,
        { of: parts.map(({ subject, source }) => timeless({ subject, source })), texts: texts.get(name) },
      ]),
    ),
    totals: totals.map(({ metadata, status }) => ({ name: metadata.name, ...withoutErrors(status) })),
    profiles: new Map(profiles.map(({ metadata, status }) => [metadata.name, profileSays(status)])),
  };
}

function detailsOf(
  cluster: Listing,
  constraints: readonly Constraint[],
  builtIn: readonly Resource[],
): Map<string, unknown> {
  const ofPolicies = Map.groupBy(
    constraints.filter(({ source }) => homeNamespace(source) === undefined),
    ({ source }) => clusterDetailName(source),
  );
  const details = [...ofPolicies].map(([name, own]): [string, unknown] => {
    const texts = own
      .toSorted((a, b) => compareText(a.id, b.id))
      .map((constraint) => JSON.stringify({ ...constraint, metrics: undefined }))
      .filter((text) => storedBytes(text) <= detailTextsBytesMax);
    const of = own.slice(0, 1).map(({ source: { apiVersion, kind, name: policy } }) => ({
      subject: 'policy',
      source: { apiVersion, kind, name: policy },
    }));
    return [name, { of, texts: [...texts, ...parameterTexts(cluster, own, undefined)] }];
  });
  return new Map([
    ...details,
    [clusterFactsName, { of: [{ subject: 'cluster' }], texts: factsOf(cluster, builtIn).toSorted(compareText) }],
  ]);
}

function factsOf(cluster: Listing, builtIn: readonly Resource[]): string[] {
  const defined = definedKinds(cluster).flatMap(({ versions, ...kind }) =>
    versions.slice(0, 1).map((version) => ({ ...kind, version })),
  );
  const served = [...builtIn, ...defined].map(({ group, version, plural, kind, namespaced }) =>
    JSON.stringify({ kind: 'APIResource', group, version, plural, objectKind: kind, namespaced }),
  );
  const classes = Object.entries(defaultClasses).flatMap(([resource, { kind, isDefault }]) =>
    (cluster.get(resource) ?? []).map((object) =>
      JSON.stringify({ kind, name: object.metadata.name, default: isDefault(object) ? true : undefined }),
    ),
  );
  return [...served, ...classes];
}

const annotated = (annotation: string) => (object: KubeObject) => object.metadata.annotations?.[annotation] === 'true';
const defaultClasses: Readonly<
  Record<string, { readonly kind: string; readonly isDefault: (object: KubeObject) => boolean }>
> = {
  'ingressclasses.networking.k8s.io': {
    kind: 'IngressClass',
    isDefault: annotated('ingressclass.kubernetes.io/is-default-class'),
  },
  'runtimeclasses.node.k8s.io': { kind: 'RuntimeClass', isDefault: () => false },
  'priorityclasses.scheduling.k8s.io': {
    kind: 'PriorityClass',
    isDefault: (object) => object['globalDefault'] === true,
  },
  'storageclasses.storage.k8s.io': {
    kind: 'StorageClass',
    isDefault: annotated('storageclass.kubernetes.io/is-default-class'),
  },
};

function totalsOf(cluster: Listing, everything: readonly Constraint[], versions: object): unknown {
  const living = (cluster.get('namespaces') ?? []).filter((namespace) => !isTerminating(namespace));
  // What lives in a namespace without a report is not told of.
  const constraints = everything.filter(({ source }) => {
    const home = homeNamespace(source);
    return home === undefined || living.some(({ metadata }) => metadata.name === home);
  });
  const isBound = ({ metadata: { name, labels = {} } }: KubeObject) =>
    constraints.some(({ scope }) => bindsNamespace(scope.namespaces, { name, labels }));
  const count = (severity: string) => constraints.filter((constraint) => constraint.severity === severity).length;
  const byType: Record<string, number> = {};
  for (const { type } of constraints) byType[type] = (byType[type] ?? 0) + 1;
  const status = {
    constraints: constraints.length,
    critical: count('Critical'),
    warning: count('Warning'),
    info: count('Info'),
    byType,
    namespaces: living.length,
    namespacesWithConstraints: living.filter(isBound).length,
    adapters: healthOf(policyTruth(cluster).readers, parameterKindsOf(cluster)),
    versions,
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'Working',
        message: 'All that is watched is read, and every report is written.',
      },
    ],
  };
  return [{ name: 'cluster', ...status }];
}

function healthOf(readers: readonly PolicyReader[], parameterKinds: ReadonlyMap<string, readonly string[]>): unknown {
  const byAdapter = [...Map.groupBy(readers, ({ adapter }) => adapter.id)].toSorted(([a], [b]) => compareText(a, b));
  return byAdapter.map(([name, own]) => {
    const watched = own.filter(({ unread }) => unread === undefined).map(({ resource }) => resourceName(resource));
    const isInstalled = watched.length > 0;
    const reasons = new Set(
      own.flatMap(({ resource, unread }) => {
        if (unread === undefined) return [];
        if (unread === 'absent')
          return isInstalled ? `CRD ${resourceName(resource)} is not installed` : 'CRDs not installed';
        return `${resourceName(resource)} is switched off by ConstraintProfile ${unread.switchedOffBy}`;
      }),
    );
    return {
      name,
      enabled: watched.length > 0,
      ...(reasons.size === 0 ? {} : { reason: [...reasons].join('; ') }),
      watchedResources: [...watched, ...(parameterKinds.get(name) ?? [])],
    };
  });
}

function withoutErrors(status: unknown): object {
  const told = timeless(status);
  if (!isJsonObject(told) || !Array.isArray(told.adapters)) return { status: told };
  const adapters = told.adapters.map((adapter: unknown) => {
    const { errors: _errors, ...rest } = isJsonObject(adapter) ? adapter : { errors: undefined };
    return rest;
  });
  return { ...told, adapters };
}

function profilesOf(cluster: Listing): Map<string, unknown> {
  const { profiles, readers } = policyTruth(cluster);
  return new Map(
    (cluster.get('constraintprofiles.potoo.io') ?? []).map(({ metadata: { name, generation }, spec }) => {
      const { reason, adapter } = profiles.get(name) ?? { reason: 'missing' };
      const gvr = isJsonObject(spec) && isJsonObject(spec.gvr) ? spec.gvr : {};
      const reader = readers.find(({ resource }) => resource.group === gvr.group && resource.plural === gvr.resource);
      const version = adapter === genericId ? reader?.version : 'v1';
      const matched =
        reason === 'Matched'
          ? { matchedResource: [gvr.resource, version, gvr.group].filter(Boolean).join('.'), adapter }
          : {};
      const status = reason === 'Matched' || reason === 'Disabled' ? 'True' : 'False';
      return [name, { observedGeneration: generation, ...matched, conditions: [{ type: 'Ready', status, reason }] }];
    }),
  );
}

/** Without the sentence, which is for people. */
function profileSays(status: unknown): unknown {
  const told = timeless(status);
  if (!isJsonObject(told) || !Array.isArray(told.conditions)) return told;
  const conditions = told.conditions.filter(isJsonObject).map(({ type, status: is, reason }) => ({
    type,
    status: is,
    reason,
  }));
  return { ...told, conditions };
}
