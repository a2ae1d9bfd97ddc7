import type { KubeObject, Resource } from './resource.ts';
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
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly resourceVersion?: string | undefined;
    readonly [field: string]: unknown;
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

export function createClient(_transport: Transport): Client {
  throw new Error('createClient is being written');
}
