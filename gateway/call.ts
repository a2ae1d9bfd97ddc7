import type { Clock } from '../kube/clock.ts';
import type { Pace } from './answer/pace.ts';
import type { Caller } from './auth/identity.ts';
import type { Catalog } from './catalog/store.ts';

/** What a tool or resource may use to answer one call. */
export interface Call {
  readonly caller: Caller;
  readonly catalog: Catalog;
  readonly clock: Clock;
  /** clock.monotonic() up to which the answer should be made. */
  readonly deadline: number;
  /** For work that grows with the number of policies. */
  readonly pace: Pace;
  /** Of the answer as JSON. What is more is for the next page, where there are pages. */
  readonly bytesMax: number;
  readonly gateway: GatewayFacts;
}

/** What the gateway says of itself. */
export interface GatewayFacts {
  readonly version: string;
  /** Where MCP is served. */
  readonly port: number;
  /** Whom steps of remediation name, where somebody else has to act. */
  readonly remediationContact?: string | undefined;
}
