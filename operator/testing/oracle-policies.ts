/**
 * Which policies there are in a listing of a cluster, which kinds of them are read by whom, and what they impose: plainly, from
 * the listing alone.
 */
import type { Constraint, Severity } from '../../crds/constraint.ts';
import { severities } from '../../crds/constraint.ts';
import { ProfileSpec } from '../../crds/profile.ts';
import { isJsonObject } from '../../kube/object.ts';
import { type KubeObject, resourceName } from '../../kube/resource.ts';
import { adapters } from '../adapters/all.ts';
import { builtInGroups } from '../adapters/built-in-groups.ts';
import type { Adapter } from '../adapters/define.ts';
import { genericAdapter, genericId } from '../adapters/generic.ts';
import { readTogether } from '../adapters/join.ts';
import { isPolicyByName } from '../adapters/policy-hints.ts';
import { settled } from '../adapters/settled.ts';
import { parametersIn } from './oracle-parameters.ts';

/** Every object of the cluster, by `plural.group`. */
export type Listing = ReadonlyMap<string, readonly KubeObject[]>;

export const definitionsName = 'customresourcedefinitions.apiextensions.k8s.io';
const profilesName = 'constraintprofiles.potoo.io';

/** A kind that a CustomResourceDefinition defines. */
export interface DefinedKind {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Served ones, the preferred first. */
  readonly versions: readonly string[];
  readonly isPolicy: boolean;
}

/** What an adapter reads, kind by kind. */
export interface PolicyReader {
  readonly adapter: Adapter;
  readonly resource: { readonly group: string; readonly plural: string };
  /** Undefined for a kind that no definition defines. */
  readonly version: string | undefined;
  /** Why it is not read, if so. */
  readonly unread: 'absent' | { readonly switchedOffBy: string } | undefined;
}

/** What is made of a ConstraintProfile, in the words of its status. */
export interface ProfileTruth {
  readonly reason: 'Refused' | 'Disabled' | 'NotServed' | 'Matched';
  readonly adapter?: string;
}

export interface PolicyTruth {
  readonly readers: readonly PolicyReader[];
  /** By name. */
  readonly profiles: ReadonlyMap<string, ProfileTruth>;
}

export function definedKinds(cluster: Listing): DefinedKind[] {
  return (cluster.get(definitionsName) ?? []).flatMap(({ metadata, spec }) => {
    if (!isJsonObject(spec) || !isJsonObject(spec.names) || !Array.isArray(spec.versions)) return [];
    const { plural, kind: itsKind } = spec.names;
    const kind = { group: String(spec.group), plural: String(plural), kind: String(itsKind) };
    const versions = spec.versions.filter(isJsonObject).filter(({ served }) => served === true);
    const said = metadata.annotations?.['potoo.io/is-policy'] ?? '';
    return {
      ...kind,
      namespaced: spec.scope === 'Namespaced',
      versions: versions.map(({ name }) => String(name)).toSorted(byPriority),
      isPolicy: said === 'true' || (said !== 'false' && isPolicyByName(kind)),
    };
  });
}

/**
 * The order in which an API server prefers versions: stable ones, beta, alpha, each from the newest; others by name.
 *
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/#version-priority
 */
function byPriority(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => {
    const [, major, stage = 'stable', minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
    if (major === undefined) return [3, 0, 0];
    return [['stable', 'beta', 'alpha'].indexOf(stage), -Number(major), -Number(minor)];
  });
  const unequal = left?.findIndex((part, index) => part !== right?.[index]) ?? -1;
  return unequal < 0 ? order(a, b) : (left?.[unequal] ?? 0) - (right?.[unequal] ?? 0);
}

/** Who reads what: profiles go before annotations, those before names; of two profiles of a kind the first by name. */
export function policyTruth(cluster: Listing): PolicyTruth {
  const defined = definedKinds(cluster);
  const profiles = new Map<string, ProfileTruth>();
  const readers: PolicyReader[] = [];
  const spokenFor = new Map<string, { readonly name: string; readonly spec: ProfileSpec }>();

  for (const object of (cluster.get(profilesName) ?? []).toSorted(byName)) {
    const { name } = object.metadata;
    const spec = ProfileSpec.parse(object['spec']);
    const resource = { group: spec.gvr.group, plural: spec.gvr.resource };
    const made = madeFor(resource)?.id ?? genericId;
    const refused = spokenFor.has(resourceName(resource)) || (spec.adapter ?? made) !== made;
    if (!refused) spokenFor.set(resourceName(resource), { name, spec });
    profiles.set(name, refused ? { reason: 'Refused' } : { reason: 'NotServed', adapter: made });
  }

  const own = adapters.flatMap((adapter) => {
    const named = adapter.resources.filter(({ plural }) => plural !== '*');
    const groups = adapter.resources.filter(({ plural }) => plural === '*').map(({ group }) => group);
    const found = defined
      .filter(({ group, versions }) => groups.includes(group) && versions.length > 0)
      .toSorted((a, b) => order(resourceName(a), resourceName(b)));
    return [...named, ...found].map(({ group, plural }) => ({ adapter, resource: { group, plural } }));
  });
  const unknown = [
    ...[...spokenFor.values()].map(({ spec }) => ({ group: spec.gvr.group, plural: spec.gvr.resource })),
    ...defined.filter(({ versions, isPolicy }) => isPolicy && versions.length > 0),
  ].filter((kind) => madeFor(kind) === undefined);
  const generic = [...new Map(unknown.map((kind) => [resourceName(kind), kind]))].toSorted(([a], [b]) => order(a, b));
  const kinds = [
    ...own,
    ...generic
      .filter(([name]) => spokenFor.get(name)?.spec.enabled !== false)
      .map(([name, { group, plural }]) => {
        const resource = { group, plural };
        return { adapter: genericAdapter(resource, spokenFor.get(name)?.spec), resource };
      }),
  ];
  for (const { adapter, resource } of kinds) {
    const profile = spokenFor.get(resourceName(resource));
    const version = adapter.id === genericId ? profile?.spec.gvr.version : undefined;
    const definition = defined.find((kind) => resourceName(kind) === resourceName(resource));
    const served = version ?? definition?.versions[0];
    const isServed =
      builtInGroups.has(resource.group) || (served !== undefined && definition?.versions.includes(served) === true);
    const off = profile?.spec.enabled === false ? { switchedOffBy: profile.name } : undefined;
    readers.push({ adapter, resource, version: served, unread: off ?? (isServed ? undefined : 'absent') });
  }
  for (const { name, spec } of spokenFor.values()) {
    const reader = readers.find(({ resource }) => resourceName(resource) === resourceName(gvrOf(spec)));
    if (!spec.enabled) profiles.set(name, { reason: 'Disabled' });
    else if (reader?.unread === undefined) {
      profiles.set(name, { reason: 'Matched', adapter: madeFor(gvrOf(spec))?.id ?? genericId });
    } else profiles.set(name, { reason: 'NotServed' });
  }
  return { readers, profiles };
}

/** What all policies impose. Edges have hysteresis: `reports` are those that stand there, and close to one they decide. */
export function constraintsOf(cluster: Listing, reports: readonly KubeObject[]): Constraint[] {
  const said = severitiesIn(reports);
  return objectsByAdapter(cluster)
    .flatMap(({ adapter, objects }) => readTogether(adapter, objects, parametersIn(cluster)).constraints)
    .map((constraint) => settled(constraint, said.get(constraint.id)));
}

/** Kinds that policies take parameters from and that are defined, by adapter: `plural.group`, ordered by version and kind. */
export function parameterKindsOf(cluster: Listing): ReadonlyMap<string, readonly string[]> {
  const defined = definedKinds(cluster);
  const known = parametersIn(cluster);
  return new Map(
    objectsByAdapter(cluster).map(({ adapter, objects }) => {
      const asked = new Map<string, string>();
      readTogether(adapter, objects, (kind) => {
        const definition = defined.find(
          ({ group, kind: name, versions }) =>
            name === kind.kind && versions.some((version) => `${group}/${version}` === kind.apiVersion),
        );
        if (definition !== undefined) asked.set(`${kind.apiVersion} ${kind.kind}`, resourceName(definition));
        return known(kind);
      });
      return [adapter.id, [...asked].toSorted(([a], [b]) => order(a, b)).map(([, name]) => name)];
    }),
  );
}

/** Objects of the kinds of one adapter say something together; each unknown kind has an adapter of its own. */
function objectsByAdapter(cluster: Listing): readonly { readonly adapter: Adapter; readonly objects: KubeObject[] }[] {
  const objects = ({ resource, version, unread }: PolicyReader) =>
    (unread === undefined ? (cluster.get(resourceName(resource)) ?? []) : []).map((object) =>
      version === undefined ? object : { ...object, apiVersion: `${resource.group}/${version}` },
    );
  const together = Map.groupBy(policyTruth(cluster).readers, ({ adapter }) => adapter);
  return [...together].map(([adapter, readers]) => ({ adapter, objects: readers.flatMap(objects) }));
}

function severitiesIn(reports: readonly KubeObject[]): Map<string, Severity> {
  const found = new Map<string, Severity>();
  for (const { status } of reports) {
    const entries =
      isJsonObject(status) && Array.isArray(status.constraints) ? status.constraints.filter(isJsonObject) : [];
    for (const { id, severity } of entries) {
      const known = severities.find((one) => one === severity);
      if (typeof id === 'string' && known !== undefined) found.set(id, known);
    }
  }
  return found;
}

function madeFor({ group, plural }: { readonly group: string; readonly plural: string }): Adapter | undefined {
  return adapters.find(({ resources }) =>
    resources.some((own) => own.group === group && [plural, '*'].includes(own.plural)),
  );
}

function gvrOf({ gvr }: ProfileSpec): { readonly group: string; readonly plural: string } {
  return { group: gvr.group, plural: gvr.resource };
}

function byName(a: KubeObject, b: KubeObject): number {
  return order(a.metadata.name, b.metadata.name);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
