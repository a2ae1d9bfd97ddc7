import type { Client } from './client.ts';
import type { Clock, Random } from './clock.ts';
import type { KubeError } from './errors.ts';
import type { Resource } from './resource.ts';

export const leases: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
};

export interface Leadership {
  /** Whether this process may write now. */
  readonly leading: boolean;
  /** clock.monotonic() up to which this process may write; nothing may be sent after it. 0 when it does not lead. */
  readonly deadline: number;
  /** Aborts the signal given to onStarted and hands the lease back. Call it when what ran under that signal has ended. */
  stop(): Promise<void>;
}

export interface LeadershipTiming {
  /** How long others wait for a holder that they no longer see renew. */
  readonly leaseMs: number;
  /** How long a holder that cannot renew goes on. */
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

export interface LeadershipOptions {
  readonly client: Client;
  readonly namespace: string;
  readonly name: string;
  /** Unique to this process. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Called each time leadership begins; the signal is aborted when it ends. */
  readonly onStarted: (signal: AbortSignal) => void;
  readonly onError?: ((error: KubeError) => void) | undefined;
  readonly timing?: LeadershipTiming | undefined;
}

export function startLeadership(_options: LeadershipOptions): Leadership {
  throw new Error('startLeadership is being written');
}
