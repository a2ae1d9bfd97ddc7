import type { Clock } from './clock.ts';
import type { Credentials } from './credentials.ts';

/** Which connections a request uses: a burst of writes must delay neither a watch nor the renewal of a lease. */
export type Lane = 'watch' | 'request' | 'lease';

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Begins with '/', already escaped: see resourcePath. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string | undefined;
  readonly accept?: string | undefined;
  /** 'request' unless told. */
  readonly lane?: Lane | undefined;
  /** A request that its caller aborts rejects with the signal's reason, which is no KubeError. */
  readonly signal?: AbortSignal | undefined;
}

export interface Transport {
  /** The parsed JSON body. Throws KubeError for every status from 300 on and for every failure to get an answer. */
  request(request: KubeRequest): Promise<unknown>;
  /** Raw chunks of a 2xx answer. Throws as `request` does; a later break throws KubeError from the iterator. */
  stream(request: KubeRequest): Promise<AsyncIterable<Uint8Array>>;
  /** Cuts whatever still runs. */
  close(): Promise<void>;
}

/** What one request did, for metrics: nothing in it grows with the number of objects. */
export interface RequestObservation {
  readonly method: KubeRequest['method'];
  /** `pods`, `constraintreports.potoo.io/status`, `discovery` or `other`: never a name or a namespace. */
  readonly resource: string;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** Until the answer was read; for a stream until its headers came. */
  readonly ms: number;
}

export interface TransportOptions {
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly userAgent: string;
  /** Connections of the lane 'request'; 32 unless told. */
  readonly requestConnectionsMax?: number | undefined;
  readonly onRequest?: ((observation: RequestObservation) => void) | undefined;
}

export function createTransport(_options: TransportOptions): Transport {
  throw new Error('createTransport is being written');
}
