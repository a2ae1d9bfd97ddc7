/**
 * What a listing of a cluster has of the objects that policies take parameters from, in the plainest way.
 */
import { compareText, type Constraint } from '../../crds/constraint.ts';
import type { CelParams } from '../../crds/rules/cel.ts';
import { matchesLabels } from '../../kube/label-selector.ts';
import { isJsonObject } from '../../kube/object.ts';
import type { KubeObject } from '../../kube/resource.ts';
import type { ParameterHead, ParameterKind, Parameters } from '../adapters/parameters.ts';

type Listing = ReadonlyMap<string, readonly KubeObject[]>;

/** Of kinds that a definition in the listing defines, and of ConfigMaps and Secrets; all others are not served. */
export function parametersIn(cluster: Listing): Parameters {
  return (kind) => {
    if (kind.apiVersion === 'v1' && ['ConfigMap', 'Secret'].includes(kind.kind)) {
      return { state: 'neverRead', namespaced: true };
    }
    const definition = definitionOf(cluster, kind);
    if (definition === undefined) return { state: 'notServed' };
    const objects = (): ParameterHead[] =>
      objectsOf(cluster, kind).map(({ metadata: { name, namespace, labels = {} } }) => ({ name, namespace, labels }));
    return { state: 'read', namespaced: definition.scope === 'Namespaced', objects };
  };
}

/** The texts that stand after those of the constraints: in a namespace, or of a cluster-scoped policy. */
export function parameterTexts(
  cluster: Listing,
  constraints: readonly Constraint[],
  namespace: string | undefined,
): string[] {
  const used = constraints.flatMap(({ rule }) => {
    if (rule.form !== 'cel' || rule.broken !== undefined || rule.params?.state !== 'read') return [];
    const { params } = rule;
    const isOfRequest = params.namespaced === true && params.namespace === undefined;
    if (isOfRequest !== (namespace !== undefined)) return [];
    return objectsOf(cluster, params)
      .filter((object) => isUsed(params, object, namespace))
      .map((object) => textOf(params, object));
  });
  return [...new Set(used)].toSorted(compareText);
}

function isUsed(
  { name, selector = {}, ...params }: CelParams,
  { metadata }: KubeObject,
  at: string | undefined,
): boolean {
  const place = params.namespaced === true ? (params.namespace ?? at) : undefined;
  const isMeant = name === undefined ? matchesLabels(selector, metadata.labels ?? {}) : metadata.name === name;
  return isMeant && metadata.namespace === place;
}

function textOf({ apiVersion, kind }: ParameterKind, { metadata, status: _status, ...content }: KubeObject): string {
  const { resourceVersion: _version, ...kept } = metadata;
  const { name, namespace } = metadata;
  const object = inOrder({ ...content, metadata: kept });
  return JSON.stringify({ kind: 'Parameter', apiVersion, objectKind: kind, name, namespace, object });
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isJsonObject(value)) return value;
  const fields = Object.keys(value).toSorted(compareText);
  return Object.fromEntries(fields.map((field) => [field, inOrder(value[field])]));
}

function definitionOf(cluster: Listing, { apiVersion, kind }: ParameterKind) {
  for (const { spec } of cluster.get('customresourcedefinitions.apiextensions.k8s.io') ?? []) {
    if (!isJsonObject(spec) || !isJsonObject(spec.names) || !Array.isArray(spec.versions)) continue;
    const { group, names, scope, versions } = spec;
    if (names.kind !== kind) continue;
    if (versions.some((version) => `${String(group)}/${String(version.name)}` === apiVersion)) {
      return { resource: `${String(names.plural)}.${String(group)}`, scope };
    }
  }
  return undefined;
}

function objectsOf(cluster: Listing, kind: ParameterKind): readonly KubeObject[] {
  const definition = definitionOf(cluster, kind);
  return definition === undefined ? [] : (cluster.get(definition.resource) ?? []);
}
