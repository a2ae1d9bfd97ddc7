import assert from 'node:assert/strict';
import { KubeError } from './errors.ts';
import { isJsonObject, readObject } from './object.ts';
import { apiVersionOf, type KubeObject, type ObjectMeta, type Resource, resourcePath } from './resource.ts';
import type { Lane, Transport } from './transport.ts';

export interface CallOptions {
  readonly lane?: Lane | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ListOptions extends CallOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
  /** Only apiVersion, kind and metadata of each object. */
  readonly metadataOnly?: boolean | undefined;
}

export interface ListPage {
  readonly items: KubeObject[];
  readonly resourceVersion: string;
  /** Ask for the next page with it; absent on the last one. */
  readonly continue?: string | undefined;
}

/** An object on its way to the server: names where it goes, and for `replace` which version it replaces. */
export interface DraftObject {
  readonly metadata: Omit<Partial<ObjectMeta>, 'name' | 'namespace' | 'resourceVersion'> & {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly resourceVersion?: string | undefined;
  };
  readonly [field: string]: unknown;
}

export interface ObjectAddress {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** Calls on single objects and pages of them. Every call throws KubeError; KUBE_UNREADABLE when the answer is no object. */
export interface Client {
  /** One page. apiVersion and kind, which the server leaves out of list items, are filled in. */
  list(resource: Resource, options?: ListOptions): Promise<ListPage>;
  get(resource: Resource, at: ObjectAddress, options?: CallOptions): Promise<KubeObject>;
  /** POST into the object's metadata.namespace; apiVersion and kind are filled in. */
  create(resource: Resource, object: DraftObject, options?: CallOptions): Promise<KubeObject>;
  /** PUT with the object's metadata.resourceVersion; KUBE_CONFLICT when it is not the newest. */
  replace(
    resource: Resource,
    object: DraftObject,
    options?: CallOptions & { readonly subresource?: 'status' | undefined },
  ): Promise<KubeObject>;
  delete(
    resource: Resource,
    at: ObjectAddress,
    options?: CallOptions & {
      readonly preconditions?: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined };
    },
  ): Promise<void>;
}

/** What asks the server for `metadata` alone: much smaller where spec and status are not read. */
export const metadataOnlyAccept = {
  list: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  watch: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
} as const;

/** Calls over a transport; it keeps nothing itself. */
export function createClient(transport: Transport): Client {
  return {
    async list(resource, options = {}) {
      const path = resourcePath(resource, { namespace: options.namespace });
      const answer = await transport.request({
        method: 'GET',
        path,
        query: listQuery(options),
        accept: options.metadataOnly === true ? metadataOnlyAccept.list : undefined,
        lane: options.lane,
        signal: options.signal,
      });
      return readPage(answer, resource, `GET ${path}`);
    },

    async get(resource, at, options = {}) {
      const path = resourcePath(resource, at);
      const answer = await transport.request({ method: 'GET', path, lane: options.lane, signal: options.signal });
      return readObject(answer, resource, `GET ${path}`);
    },

    async create(resource, object, options = {}) {
      const path = resourcePath(resource, { namespace: object.metadata.namespace });
      const body = { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
      const answer = await transport.request({
        method: 'POST',
        path,
        body,
        lane: options.lane,
        signal: options.signal,
      });
      return readObject(answer, resource, `POST ${path}`);
    },

    async replace(resource, object, options = {}) {
      const { name, namespace, resourceVersion } = object.metadata;
      assert(
        resourceVersion,
        `${resource.kind} ${name}: replace needs metadata.resourceVersion, or it overwrites blindly`,
      );
      const path = resourcePath(resource, {
        name,
        namespace,
        ...(options.subresource === undefined ? {} : { subresource: options.subresource }),
      });
      const body = { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
      const answer = await transport.request({ method: 'PUT', path, body, lane: options.lane, signal: options.signal });
      return readObject(answer, resource, `PUT ${path}`);
    },

    async delete(resource, at, options = {}) {
      await transport.request({
        method: 'DELETE',
        path: resourcePath(resource, at),
        body:
          options.preconditions === undefined
            ? undefined
            : { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: options.preconditions },
        lane: options.lane,
        signal: options.signal,
      });
    },
  };
}

function listQuery(options: ListOptions): Record<string, string> {
  const { labelSelector, fieldSelector, limit, continue: token, resourceVersion } = options;
  return {
    ...(labelSelector === undefined || labelSelector === '' ? {} : { labelSelector }),
    ...(fieldSelector === undefined || fieldSelector === '' ? {} : { fieldSelector }),
    ...(limit === undefined ? {} : { limit: String(limit) }),
    ...(token === undefined ? {} : { continue: token }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

function readPage(answer: unknown, resource: Resource, request: string): ListPage {
  const metadata = isJsonObject(answer) ? answer.metadata : undefined;
  if (!isJsonObject(answer) || !isJsonObject(metadata) || typeof metadata.resourceVersion !== 'string') {
    throw new KubeError('KUBE_UNREADABLE', {
      status: 200,
      request,
      said: 'the answer is no list with a resourceVersion',
    });
  }
  // A Go server may write an empty list as null.
  const items = answer.items ?? [];
  if (!Array.isArray(items)) {
    throw new KubeError('KUBE_UNREADABLE', { status: 200, request, said: 'items of the answer is no list' });
  }
  const token = metadata.continue;
  return {
    items: items.map((item: unknown) => readObject(item, resource, request)),
    resourceVersion: metadata.resourceVersion,
    ...(typeof token === 'string' && token !== '' ? { continue: token } : {}),
  };
}
