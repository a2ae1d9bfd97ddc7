/**
 * The kinds that policies take parameters from as they are wanted now: which are served, which may be read, and their readers.
 * They come and go with the policies that name them. Secrets and ConfigMaps are never read.
 */
import { isDeepStrictEqual } from 'node:util';
import { apiGroup } from '../../crds/api.ts';
import type { ServedResources } from '../../kube/discovery.ts';
import { resourceName } from '../../kube/resource.ts';
import type { AdapterResource } from '../adapters/define.ts';
import { isNeverRead, type ParameterKind } from '../adapters/parameters.ts';
import { type ParameterIndex, parameterOf, type ParameterObject } from '../scope/parameter-index.ts';
import type { IsParameterKind } from './decide-kinds.ts';
import type { Definition } from './definitions.ts';
import type { AskedKind } from './policies.ts';
import type { Consumer } from './watches.ts';

/** More are not read, so that a mistake in making policies costs no more than so many watches. */
const kindsMax = 100;

export interface ParameterKindsDeps {
  readonly index: ParameterIndex;
  /** Sorted. */
  readonly asked: () => readonly AskedKind[];
  /** Something else is known of the kind: policies may come to something else. */
  readonly onKind: (kind: ParameterKind) => void;
  /** An object of the kind came or went or has other labels, with the same effect. Called as often as that happens. */
  readonly onLabels: (kind: ParameterKind) => void;
  /** An object says something else, or is no parameter any more: as it was and as it is. */
  readonly onObject: (kind: ParameterKind, versions: readonly ParameterObject[]) => void;
}

/** What has to be known of the cluster to find the resource of a kind. */
export interface KnownResources {
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly served: ServedResources;
  /** The version in which `plural.group` is read for others; undefined when nobody else reads it in one of his choice. */
  readonly versionOfOthers: (resource: string) => string | undefined;
  /** Whether a ConstraintProfile says that nobody may read it. */
  readonly isSwitchedOff: (resource: string) => boolean;
}

export interface ParameterKinds {
  /** Decides anew, and returns the readers that are wanted. */
  consumers(known: KnownResources): readonly Consumer<unknown>[];
  /** Tells kinds that policies ask for now, in whatever version, from others. */
  asked(): IsParameterKind;
  /** In which version a resource (`plural.group`) is read for the sake of policies. */
  versionOf(resource: string): string | undefined;
  /** What is read for the policies of an adapter. */
  resourcesOf(adapter: string): readonly AdapterResource[];
}

interface Reader {
  readonly kind: ParameterKind;
  readonly resource: AdapterResource;
  readonly version: string;
  readonly namespaced: boolean;
  readonly consumer: Consumer<unknown>;
}

type Found =
  | { readonly is: 'notServed' | 'unread' }
  | {
      readonly is: 'served';
      readonly resource: AdapterResource;
      readonly version: string;
      readonly namespaced: boolean;
    };

/** Nothing is wanted yet. */
export function createParameterKinds(deps: ParameterKindsDeps): ParameterKinds {
  const { index } = deps;
  /** By `apiVersion kind`. */
  const readers = new Map<string, Reader>();
  let asked: readonly AskedKind[] = [];

  function readerOf(kind: ParameterKind, found: Found & { readonly is: 'served' }): Reader {
    const { resource, version, namespaced } = found;
    const isCurrent = () => readers.get(textOf(kind))?.consumer === consumer;
    const isRead = () => isCurrent() && index.known(kind).state === 'read';
    const consumer: Consumer<ParameterObject> = {
      resource,
      prune: (object) => parameterOf(kind, object),
      upsert(_key, object) {
        if (!isCurrent()) return;
        const before = index.set(kind, object);
        if (!isRead() || isDeepStrictEqual(before, object)) return;
        if (!isDeepStrictEqual(before?.labels, object.labels)) deps.onLabels(kind);
        deps.onObject(kind, before === undefined ? [object] : [before, object]);
      },
      remove(_key, object) {
        if (!isCurrent()) return;
        index.remove(kind, object);
        if (!isRead()) return;
        deps.onLabels(kind);
        deps.onObject(kind, [object]);
      },
      synced() {
        if (isCurrent() && index.setState(kind, { state: 'read', namespaced })) deps.onKind(kind);
      },
    };
    return { kind, resource, version, namespaced, consumer };
  }

  /** Returns whether something else is known of it than before. */
  function decide(kind: ParameterKind, found: Found): boolean {
    const present = readers.get(textOf(kind));
    if (found.is === 'served') {
      const { namespaced } = found;
      if (
        present !== undefined &&
        isDeepStrictEqual(present.resource, found.resource) &&
        present.namespaced === namespaced
      ) {
        return false;
      }
      index.forget(kind);
      readers.set(textOf(kind), readerOf(kind, found));
      return index.setState(kind, { state: 'unread', namespaced }) || present !== undefined;
    }
    if (present !== undefined) index.forget(kind);
    readers.delete(textOf(kind));
    return index.setState(kind, { state: found.is }) || present !== undefined;
  }

  return {
    consumers(known) {
      const before = asked;
      asked = deps.asked().filter((kind) => !isNeverRead(kind));
      for (const kind of before) {
        if (asked.some((other) => textOf(other) === textOf(kind))) continue;
        readers.delete(textOf(kind));
        index.forget(kind);
      }
      const taken = new Set<string>();
      const changed = asked.filter((kind) => {
        const found = findKind(kind, known);
        if (found.is !== 'served') return decide(kind, found);
        const name = resourceName(found.resource);
        // One version of a kind is read, and so many kinds: of the others it is not known which objects there are.
        if (taken.has(name) || taken.size === kindsMax) return decide(kind, { is: 'unread' });
        taken.add(name);
        return decide(kind, found);
      });
      for (const kind of changed) deps.onKind(kind);
      return [...readers.values()].map(({ consumer }) => consumer);
    },
    asked() {
      const kinds = new Set(deps.asked().map(({ apiVersion, kind }) => `${groupVersion(apiVersion).group}/${kind}`));
      return ({ group, kind }) => kinds.has(`${group}/${kind}`);
    },
    versionOf: (name) => [...readers.values()].find(({ resource }) => resourceName(resource) === name)?.version,
    resourcesOf: (adapter) =>
      asked
        .filter(({ adapters }) => adapters.has(adapter))
        .flatMap((kind) => readers.get(textOf(kind))?.resource ?? []),
  };
}

function textOf({ apiVersion, kind }: ParameterKind): string {
  return `${apiVersion} ${kind}`;
}

function groupVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/');
  return { group: apiVersion.slice(0, Math.max(0, slash)), version: apiVersion.slice(slash + 1) };
}

/** As the API server finds it: by group, kind and exactly this version. */
function findKind({ apiVersion, kind }: ParameterKind, known: KnownResources): Found {
  const { group, version } = groupVersion(apiVersion);
  // What is made of policies must not be a part of them.
  if (group === apiGroup) return { is: 'unread' };
  const served = known.served.all.find((one) => one.group === group && one.kind === kind);
  const definition = [...known.definitions.values()].find((one) => one.group === group && one.kind === kind);
  // What is told of an aggregated server that does not answer may be old.
  const isStale = known.served.stale.some((stale) => stale.startsWith(`${group}/`));
  if (served === undefined) {
    const isComing = definition?.versions.includes(version) === true;
    return { is: isComing || isStale ? 'unread' : 'notServed' };
  }
  const resource = { group, plural: served.plural };
  const isThere =
    definition === undefined
      ? known.served.findIn(version, resource) !== undefined
      : definition.versions.includes(version);
  if (!isThere) return { is: isStale ? 'unread' : 'notServed' };
  const name = resourceName(resource);
  // Built-in kinds may have readers of our own, which know them in the preferred version.
  const inOther = known.versionOfOthers(name) ?? (definition === undefined ? served.version : version);
  if (inOther !== version || known.isSwitchedOff(name)) return { is: 'unread' };
  return { is: 'served', resource, version, namespaced: served.namespaced };
}
