import { isDeepStrictEqual } from 'node:util';
import type { DraftObject } from '../client.ts';
import { apiVersionOf, type KubeObject, keyOf, type ObjectMeta, type Resource, resourceName } from '../resource.ts';
import { overWire } from './over-wire.ts';

/** A kind that the fake API server serves. */
export interface FakeResource extends Resource {
  /** Whether status is written apart from the rest. */
  readonly statusSubresource?: boolean | undefined;
}

export interface StoredChange {
  readonly revision: number;
  /** The object as it is now; for a deletion as it was, with the revision of the deletion. */
  readonly object: KubeObject;
  readonly before: KubeObject | undefined;
  readonly deleted: boolean;
}

/** What the server answers instead of doing it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** Objects with revisions as etcd counts them: one counter for everything, and a history until it is compacted. */
export interface FakeStore {
  readonly revision: number;
  list(resource: Resource): KubeObject[];
  get(resource: Resource, key: string): KubeObject | undefined;
  /** As an administrator with access to etcd: everything in the draft is stored, whatever is there is overwritten. */
  put(resource: FakeResource, draft: DraftObject): KubeObject;
  create(resource: FakeResource, draft: DraftObject): KubeObject;
  replace(resource: FakeResource, draft: DraftObject, subresource: string | undefined): KubeObject;
  remove(resource: Resource, key: string, preconditions?: { uid?: unknown; resourceVersion?: unknown }): KubeObject;
  /** What happened after `revision`; undefined when that is compacted. */
  changesSince(resource: Resource, revision: number): readonly StoredChange[] | undefined;
  /** The last `count` of those that are not compacted. */
  latestChanges(resource: Resource, count: number): readonly StoredChange[];
  compact(): void;
  onChange(listener: (resource: Resource, change: StoredChange) => void): void;
}

export function createFakeStore(now: () => number): FakeStore {
  const objects = new Map<string, Map<string, KubeObject>>();
  const history = new Map<string, StoredChange[]>();
  const listeners: ((resource: Resource, change: StoredChange) => void)[] = [];
  let revision = 1_000;
  let compactedAt = 0;
  let uids = 0;

  function kept(resource: Resource): Map<string, KubeObject> {
    return getOrCreate(objects, resourceName(resource), () => new Map());
  }

  function record(resource: Resource, change: StoredChange): void {
    getOrCreate(history, resourceName(resource), () => []).push(change);
    for (const listener of listeners) listener(resource, change);
  }

  function store(resource: Resource, draft: DraftObject, before: KubeObject | undefined): KubeObject {
    revision += 1;
    const object: KubeObject = overWire({
      ...draft,
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: metadataOf(draft, before),
    });
    kept(resource).set(keyOf(object.metadata), object);
    record(resource, { revision, object, before, deleted: false });
    return object;
  }

  function metadataOf(draft: DraftObject, before: KubeObject | undefined): ObjectMeta {
    const grown = before === undefined || !isDeepStrictEqual(contentOf(draft), contentOf(before));
    const { namespace, ...metadata } = draft.metadata;
    return {
      creationTimestamp: before?.metadata.creationTimestamp ?? new Date(now()).toISOString().replace(/\.\d+Z$/, 'Z'),
      ...metadata,
      ...(namespace === undefined ? {} : { namespace }),
      uid:
        before?.metadata.uid ??
        draft.metadata.uid ??
        `00000000-0000-4000-8000-${String((uids += 1)).padStart(12, '0')}`,
      resourceVersion: String(revision),
      generation: (before?.metadata.generation ?? 0) + (grown ? 1 : 0),
    };
  }

  return {
    get revision() {
      return revision;
    },
    list: (resource) => [...kept(resource)].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object),
    get: (resource, key) => kept(resource).get(key),
    put: (resource, draft) => store(resource, draft, kept(resource).get(keyOfDraft(draft))),

    create(resource, draft) {
      if (kept(resource).has(keyOfDraft(draft))) {
        throw new Refusal(409, 'AlreadyExists', `${resourceName(resource)} "${draft.metadata.name}" already exists`);
      }
      const { status: _status, ...withoutStatus } = draft;
      return store(
        resource,
        resource.statusSubresource === true ? { ...withoutStatus, metadata: draft.metadata } : draft,
        undefined,
      );
    },

    replace(resource, draft, subresource) {
      const before = kept(resource).get(keyOfDraft(draft));
      if (before === undefined) throw notFound(resource, draft.metadata.name);
      const { uid, resourceVersion } = draft.metadata;
      if (uid !== undefined && uid !== before.metadata.uid) {
        throw new Refusal(409, 'Conflict', `uid of ${draft.metadata.name} is another one`);
      }
      if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) {
        throw new Refusal(409, 'Conflict', `${draft.metadata.name}: the object has been modified`);
      }
      const after = merged(resource, draft, before, subresource);
      const unchanged = isDeepStrictEqual(comparable(overWire(after)), comparable(before));
      return unchanged ? before : store(resource, after, before);
    },

    remove(resource, key, preconditions = {}) {
      const before = kept(resource).get(key);
      if (before === undefined) throw notFound(resource, key);
      for (const field of ['uid', 'resourceVersion'] as const) {
        if (preconditions[field] !== undefined && preconditions[field] !== before.metadata[field]) {
          throw new Refusal(409, 'Conflict', `${key}: precondition ${field} does not hold`);
        }
      }
      kept(resource).delete(key);
      revision += 1;
      const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(revision) } };
      record(resource, { revision, object, before, deleted: true });
      return before;
    },

    changesSince(resource, from) {
      if (from < compactedAt) return undefined;
      return (history.get(resourceName(resource)) ?? []).filter((change) => change.revision > from);
    },
    latestChanges: (resource, count) => (history.get(resourceName(resource)) ?? []).slice(-count),
    compact() {
      history.clear();
      compactedAt = revision;
    },
    onChange(listener) {
      listeners.push(listener);
    },
  };
}

function merged(
  resource: FakeResource,
  draft: DraftObject,
  before: KubeObject,
  subresource: string | undefined,
): DraftObject {
  if (subresource === 'status') return { ...before, status: draft.status };
  return resource.statusSubresource === true ? { ...draft, status: before.status } : draft;
}

function notFound(resource: Resource, name: string): Refusal {
  return new Refusal(404, 'NotFound', `${resourceName(resource)} "${name}" not found`);
}

/** What a new generation is counted for. */
function contentOf(object: DraftObject): unknown {
  const { metadata: _metadata, status: _status, apiVersion: _apiVersion, kind: _kind, ...content } = object;
  return content;
}

/** Writing the same again makes no revision (the API server compares before it stores). */
function comparable(object: DraftObject): unknown {
  const { resourceVersion: _version, uid: _uid, generation: _generation, ...metadata } = object.metadata;
  const { creationTimestamp: _created, ...rest } = metadata;
  const { apiVersion: _apiVersion, kind: _kind, ...content } = object;
  return { ...content, metadata: rest };
}

export function keyOfDraft({ metadata }: DraftObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

function getOrCreate<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const found = map.get(key) ?? create();
  map.set(key, found);
  return found;
}
