/**
 * Definitions of the kinds of every engine that there are cases for, as far as objects need them: any field, every version that a
 * case has. Engines themselves are not there, and nothing is defaulted or refused.
 */
import { caseFolders, loadCases } from '../../crds/cases/load-cases.ts';
import { adapters } from '../../operator/adapters/all.ts';
import { builtInGroups } from '../../operator/adapters/built-in-groups.ts';
import { isJsonObject } from '../../kube/object.ts';
import { at } from '../control-plane/admin.ts';

type JsonObject = Readonly<Record<string, unknown>>;

interface CaseObject {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly object: JsonObject;
}

export interface EngineKinds {
  /** Of every custom kind that an adapter reads. */
  readonly definitions: readonly JsonObject[];
  /** Objects of these kinds, each under a name of its own. */
  readonly objects: readonly JsonObject[];
  readonly namespaces: readonly string[];
}

/** Of all cases whose kinds are custom. */
export function engineKinds(): EngineKinds {
  const all = caseFolders().flatMap((folder) =>
    loadCases(folder).flatMap(({ objects }) => objects.flatMap(caseObject)),
  );
  const byKind = Map.groupBy(all, ({ group, plural }) => `${plural}.${group}`);
  const isNamespaced = (own: readonly CaseObject[]) => own.some(({ namespace }) => namespace !== undefined);
  const definitions = [
    ...[...byKind].map(([name, own]) => definitionOf(name, own, isNamespaced(own))),
    ...kindsWithoutCase(new Set(byKind.keys())).map(([name, own]) => definitionOf(name, [own], false)),
  ];
  const times = new Map<string, number>();
  const objects = [...byKind.values()].flatMap((own) =>
    own.map(({ object, kind, namespace }) => {
      const name = String(at(object, 'metadata', 'name'));
      const identity = `${kind} ${namespace ?? ''} ${name}`;
      const count = (times.get(identity) ?? 0) + 1;
      times.set(identity, count);
      return isNamespaced(own) === (namespace !== undefined)
        ? renamed(object, count === 1 ? name : `${name}-${count}`)
        : [];
    }),
  );
  return {
    definitions,
    objects: objects.flat(),
    namespaces: [...new Set(all.flatMap(({ namespace }) => namespace ?? []))],
  };
}

/** Kinds that an adapter reads and no case has an object of: their names and versions are as good as any. */
function kindsWithoutCase(known: ReadonlySet<string>): readonly (readonly [string, CaseObject])[] {
  return adapters
    .flatMap(({ resources }) => resources)
    .filter(({ group, plural }) => plural !== '*' && !builtInGroups.has(group) && !known.has(`${plural}.${group}`))
    .map(({ group, plural }) => {
      const kind = `Any${plural}`;
      return [`${plural}.${group}`, { group, plural, kind, version: 'v1', namespace: undefined, object: {} }];
    });
}

/** None of kinds that the API server has by itself, and of what no API server could store. */
function caseObject(object: JsonObject): CaseObject[] {
  const [group = '', version] = String(object['apiVersion']).split('/');
  const [kind, name, namespace] = [object['kind'], at(object, 'metadata', 'name'), at(object, 'metadata', 'namespace')];
  if (version === undefined || typeof kind !== 'string' || typeof name !== 'string') return [];
  const lower = kind.toLowerCase();
  // The shortest: serverauthorizations begins as servers does.
  const [resource] = adapters
    .flatMap(({ resources }) => resources)
    .filter((own) => own.group === group && (own.plural === '*' || own.plural.startsWith(lower.slice(0, -1))))
    .toSorted((a, b) => a.plural.length - b.plural.length);
  if (resource === undefined || builtInGroups.has(group)) return [];
  const plural = resource.plural === '*' ? lower : resource.plural;
  return [{ group, version, kind, plural, namespace: typeof namespace === 'string' ? namespace : undefined, object }];
}

function definitionOf(name: string, own: readonly CaseObject[], namespaced: boolean): JsonObject {
  const [{ group, kind, plural } = { group: '', kind: '', plural: '' }] = own;
  const versions = [...new Set(own.map(({ version }) => version))].toSorted();
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name, ...(group.endsWith('.k8s.io') ? { annotations: approved } : {}) },
    spec: {
      group,
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      scope: namespaced ? 'Namespaced' : 'Cluster',
      versions: versions.map((version, index) => ({
        name: version,
        served: true,
        storage: index === 0,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      })),
    },
  };
}

/** Kubernetes asks who approved a kind of a group of its own. */
const approved = { 'api-approved.kubernetes.io': 'unapproved, for tests' };

function renamed(object: JsonObject, name: string): JsonObject {
  const { uid: _uid, creationTimestamp: _at, ...metadata } = isJsonObject(object['metadata']) ? object['metadata'] : {};
  return { ...object, metadata: { ...metadata, name } };
}
