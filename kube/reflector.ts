import type { Clock, Random } from './clock.ts';
import type { KubeError } from './errors.ts';
import type { KubeObject, Resource } from './resource.ts';
import type { Transport } from './transport.ts';

/** Called synchronously and in order. One that throws is our own mistake: the reflector stops and says so (onCrash). */
export interface ReflectorHandler<T> {
  upsert(key: string, value: T, object: { readonly uid: string; readonly resourceVersion: string }): void;
  remove(key: string, value: T): void;
  /** After each complete list: what the server no longer has was removed before. */
  synced(): void;
}

export type ReflectorState = 'starting' | 'synced' | 'forbidden' | 'absent' | 'failing';

export interface Reflector<T> {
  readonly resource: Resource;
  readonly state: ReflectorState;
  /** clock.monotonic() of the last byte or answer; that of the start before any. */
  readonly lastContactAt: number;
  readonly size: number;
  readonly lastError: KubeError | undefined;
  readonly errorCount: number;
  get(key: string): T | undefined;
  entries(): IterableIterator<[string, T]>;
  /** Ends the watch; no handler is called afterwards. */
  stop(): Promise<void>;
  /**
   * Resolves after the first complete list, and also when the server says that the kind is absent or forbidden:
   * then nothing can be seen, and `state` tells why. Rejects when stopped before, or with the signal's reason.
   */
  whenSynced(signal?: AbortSignal): Promise<void>;
}

export interface ReflectorOptions<T> {
  readonly transport: Transport;
  readonly resource: Resource;
  readonly clock: Clock;
  readonly random: Random;
  /** The server sends apiVersion, kind and metadata only. */
  readonly metadataOnly?: boolean | undefined;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** What is cached of an object, as a new literal; undefined leaves the object out. */
  readonly prune: (object: KubeObject) => T | undefined;
  readonly handler: ReflectorHandler<T>;
  readonly onError?: ((error: KubeError) => void) | undefined;
  /** A handler or `prune` threw. Without it the rejection is left unhandled and ends the process. */
  readonly onCrash?: ((error: unknown) => void) | undefined;
}

export function startReflector<T>(_options: ReflectorOptions<T>): Reflector<T> {
  throw new Error('startReflector is being written');
}
