import type { Resource } from './resource.ts';
import type { Transport } from './transport.ts';

export interface ServedResource extends Resource {
  readonly verbs: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly string[];
}

export interface ServedResources {
  /** Every resource once, in the version its group prefers, sorted by group and plural. */
  readonly all: readonly ServedResource[];
  /** `group/version` of aggregated APIs whose server did not answer: what is listed for them may be old. Sorted. */
  readonly stale: readonly string[];
  find(wanted: { readonly group: string; readonly plural: string }): ServedResource | undefined;
}

export async function discoverResources(_transport: Transport, _signal?: AbortSignal): Promise<ServedResources> {
  throw new Error('discoverResources is being written');
}
