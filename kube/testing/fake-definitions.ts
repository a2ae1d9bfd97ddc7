import { isJsonObject } from '../object.ts';
import type { KubeObject, Resource } from '../resource.ts';
import type { FakeResource } from './fake-store.ts';

/** The kind of definitions: a fake API server that has it among its resources serves what they define. */
export const customResourceDefinitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

/** An established definition, ready to be put. Versions in the order of preference. */
export function definitionOf(
  { group, plural, kind, namespaced }: Omit<Resource, 'version'>,
  versions: readonly string[],
  annotations: Readonly<Record<string, string>> = {},
) {
  return {
    metadata: { name: `${plural}.${group}`, annotations },
    spec: {
      group,
      names: { plural, kind, singular: kind.toLowerCase() },
      scope: namespaced ? 'Namespaced' : 'Cluster',
      versions: versions.map((name) => ({ name, served: true, storage: name === versions[0] })),
    },
    status: { conditions: [{ type: 'Established', status: 'True' }] },
  };
}

/** One resource a served version, in the order of the definition; none before it is established. */
export function definedResources(definition: KubeObject): FakeResource[] {
  const kind = definedKind(definition);
  const { spec, status } = definition;
  if (kind === undefined || !isJsonObject(spec) || !isEstablished(status)) return [];
  return list(spec.versions).flatMap((version) =>
    isJsonObject(version) && isText(version.name) && version.served === true
      ? [{ ...kind, version: version.name }]
      : [],
  );
}

/** The kind, whether or not it is served, with a version that may be none of its own. */
export function definedKind({ spec }: KubeObject): Resource | undefined {
  if (!isJsonObject(spec) || !isJsonObject(spec.names)) return undefined;
  const { group, scope } = spec;
  const { plural, kind } = spec.names;
  if (!isText(group) || !isText(plural) || !isText(kind)) return undefined;
  return { group, version: 'v1', plural, kind, namespaced: scope === 'Namespaced' };
}

function isEstablished(status: unknown): boolean {
  return (
    isJsonObject(status) &&
    list(status.conditions).some(
      (condition) => isJsonObject(condition) && condition.type === 'Established' && condition.status === 'True',
    )
  );
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
