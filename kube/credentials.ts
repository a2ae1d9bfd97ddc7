import type { Clock } from './clock.ts';

/** What one connection and one request need to prove who they are. All PEM as text. */
export interface Identity {
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
  readonly servername?: string | undefined;
}

export interface Credentials {
  /** URL of the API server; may have a path. */
  readonly server: string;
  /** Not older than 60 s. */
  current(): Promise<Identity>;
  /** Reads everything again now: the server refused what we had. */
  refresh(): Promise<void>;
}

export interface CredentialsOptions {
  /** Path of a kubeconfig file. */
  readonly kubeconfig?: string | undefined;
  /** Its current-context unless told. */
  readonly context?: string | undefined;
  /** The ServiceAccount of this pod. Exactly one of `kubeconfig` and `inCluster` is given. */
  readonly inCluster?: boolean | undefined;
  readonly clock: Clock;
}

export function loadCredentials(_options: CredentialsOptions): Credentials {
  throw new Error('loadCredentials is being written');
}
