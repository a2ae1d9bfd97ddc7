import { metadataOnlyAccept } from './client.ts';
import { KubeError } from './errors.ts';
import { readLines } from './lines.ts';
import { type Resource, resourcePath } from './resource.ts';
import type { KubeRequest, Transport } from './transport.ts';
import { type WatchEvent, readWatchEvent, unreadable } from './watch-event.ts';

/** What a watch is about. */
export interface WatchTarget {
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** The server sends apiVersion, kind and metadata only. */
  readonly metadataOnly?: boolean | undefined;
}

export interface WatchStreamOptions {
  /** Where to go on; undefined begins with what exists (a WatchList). */
  readonly resourceVersion: string | undefined;
  /** When the server ends the watch. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Bytes have come, whether or not they complete a line. */
  readonly onBytes: () => void;
}

/** Objects in etcd are limited to about 1.5 MB; an answer may write the same object several times as long. */
const lineBytesMax = 16 * 1024 * 1024;

/** How errors name the watch. */
export function watchRequestName({ resource, namespace }: WatchTarget): string {
  return `WATCH ${resourcePath(resource, { namespace })}`;
}

/**
 * One watch connection. Resolves when the server has accepted it; its events end when the server ends it, and throw
 * KubeError when it breaks, or when a line is none that a watch may send.
 */
export async function openWatch(
  transport: Transport,
  target: WatchTarget,
  options: WatchStreamOptions,
): Promise<AsyncIterable<WatchEvent>> {
  const chunks = await transport.stream(watchRequest(target, options));
  return events(chunks, target, options.onBytes);
}

/** 400 and 422: servers that do not know sendInitialEvents, or have it switched off. */
export function refusesWatchList(error: unknown): boolean {
  return error instanceof KubeError && (error.code === 'KUBE_BAD_REQUEST' || error.code === 'KUBE_INVALID');
}

function watchRequest(target: WatchTarget, options: WatchStreamOptions): KubeRequest {
  const { resource, namespace, labelSelector, fieldSelector, metadataOnly } = target;
  const { resourceVersion, timeoutSeconds, signal } = options;
  return {
    method: 'GET',
    path: resourcePath(resource, { namespace }),
    query: {
      watch: '1',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(timeoutSeconds),
      ...(resourceVersion === undefined
        ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }
        : { resourceVersion }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    },
    accept: metadataOnly === true ? metadataOnlyAccept.watch : undefined,
    lane: 'watch',
    signal,
  };
}

async function* events(
  chunks: AsyncIterable<Uint8Array>,
  target: WatchTarget,
  onBytes: () => void,
): AsyncGenerator<WatchEvent, void, undefined> {
  const request = watchRequestName(target);
  const tooLong = () => unreadable(request, `a watch line is longer than ${lineBytesMax} bytes`);
  for await (const line of readLines(observed(chunks, onBytes), { bytesMax: lineBytesMax, tooLong })) {
    yield readWatchEvent(line, target.resource, request);
  }
}

async function* observed(
  chunks: AsyncIterable<Uint8Array>,
  onBytes: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    onBytes();
    yield chunk;
  }
}
