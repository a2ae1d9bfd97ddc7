import type { Client, DraftObject } from './client.ts';
import type { Clock, Random } from './clock.ts';
import { KubeError } from './errors.ts';
import { isJsonObject } from './object.ts';
import type { KubeObject, Resource } from './resource.ts';
import type { Transport } from './transport.ts';

export const leases: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
};

export interface Leadership {
  /** Whether this process may write now: false from the deadline on, also when no timer has had its turn yet. */
  readonly leading: boolean;
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

const clientGoTiming: LeadershipTiming = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };
/** client-go's jitter for those who wait: they come back after one to 2.2 retry times. */
const waitingJitter = 1.2;

/** What this process last read of the Lease, and when. */
interface Observed {
  readonly lease: KubeObject;
  readonly holder: string;
  readonly durationMs: number;
  readonly transitions: number;
  readonly at: number;
}

/**
 * Leader election on a Lease, as client-go does it.
 *
 * ```
 *  waiting ──┬─ nobody holds it, or its holder has not renewed for its whole duration ──▶ leading ──┐
 *     ▲      └─ held by another: look again in 2 to 4.4 s, or when it can be taken        │  renewed │ every 2 s
 *     │                                                                                   ▼◀─────────┘
 *     └────────────────── not renewed for 10 s, or taken by another ──────────────────── lost
 * ```
 *
 * Clocks of machines differ, so renewTime of others is never compared with ours: what counts is how long this process has
 * seen the Lease unchanged. A write carries the resourceVersion that was read, so of two who try only one succeeds.
 * The deadline counts from before the renewal was sent, and others wait 5 s longer than it: a process that was stopped or
 * cut off has ended writing before another begins.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/release-1.34/staging/src/k8s.io/client-go/tools/leaderelection/leaderelection.go
 */
export function startLeadership(options: LeadershipOptions): Leadership {
  const { client, clock, random, identity, namespace, name } = options;
  const timing = options.timing ?? clientGoTiming;
  const stopping = new AbortController();
  let observed: Observed | undefined;
  let term: { readonly ending: AbortController; deadline: number; cancel: () => void } | undefined;

  function isLeading(): boolean {
    return term !== undefined && clock.monotonic() < term.deadline;
  }

  function begin(deadline: number): void {
    const ending = new AbortController();
    term = { ending, deadline, cancel: () => {} };
    extend(deadline);
    options.onStarted(ending.signal);
  }

  /** The timer ends the term even while a renewal hangs. A stopped process finds out by the deadline when it wakes up. */
  function extend(deadline: number): void {
    if (term === undefined) return;
    term.cancel();
    term.deadline = deadline;
    term.cancel = clock.after(deadline - clock.monotonic(), () => end('the Lease could not be renewed in time'));
  }

  function end(why: string): void {
    if (term === undefined) return;
    const { ending, cancel } = term;
    term = undefined;
    cancel();
    ending.abort(new DOMException(`leadership has ended: ${why}`, 'AbortError'));
  }

  function observe(lease: KubeObject): Observed {
    const known = observed;
    if (known !== undefined && known.lease.metadata.resourceVersion === lease.metadata.resourceVersion) return known;
    const spec = isJsonObject(lease.spec) ? lease.spec : {};
    const seconds = typeof spec.leaseDurationSeconds === 'number' ? spec.leaseDurationSeconds : timing.leaseMs / 1_000;
    observed = {
      lease,
      holder: typeof spec.holderIdentity === 'string' ? spec.holderIdentity : '',
      durationMs: seconds * 1_000,
      transitions: typeof spec.leaseTransitions === 'number' ? spec.leaseTransitions : 0,
      at: clock.monotonic(),
    };
    return observed;
  }

  /** Takes or renews the Lease if that is allowed. Ends the term when another has it. */
  async function attempt(): Promise<void> {
    const startedAt = clock.monotonic();
    // A holder knows the newest version, as it wrote it; reading again would double the requests of a quiet cluster.
    const current = isLeading() ? observed : await read(stopping.signal);
    if (current === undefined) {
      observe(await client.create(leases, draft(undefined), { lane: 'lease', signal: stopping.signal }));
    } else {
      const mine = current.holder === identity;
      if (!mine) end(`${current.holder || 'nobody'} holds the Lease`);
      const expired = clock.monotonic() - current.at >= current.durationMs;
      if (!mine && current.holder !== '' && !expired) return;
      observe(await client.replace(leases, draft(current), { lane: 'lease', signal: stopping.signal }));
    }
    const deadline = startedAt + timing.renewDeadlineMs;
    if (clock.monotonic() >= deadline) return;
    if (term === undefined) begin(deadline);
    else extend(deadline);
  }

  async function read(signal?: AbortSignal): Promise<Observed | undefined> {
    try {
      return observe(await client.get(leases, { namespace, name }, { lane: 'lease', signal }));
    } catch (error) {
      if (error instanceof KubeError && error.code === 'KUBE_NOT_FOUND') return undefined;
      throw error;
    }
  }

  function draft(current: Observed | undefined): DraftObject {
    const time = microTime(clock.now());
    const spec = isJsonObject(current?.lease.spec) ? current.lease.spec : {};
    const mine = current?.holder === identity;
    return {
      ...current?.lease,
      metadata: current?.lease.metadata ?? { name, namespace },
      spec: {
        ...spec,
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(timing.leaseMs / 1_000),
        acquireTime: mine ? spec.acquireTime : time,
        renewTime: time,
        leaseTransitions: current === undefined ? 0 : current.transitions + (mine ? 0 : 1),
      },
    };
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await attempt();
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (!(error instanceof KubeError)) throw error;
        // Another was faster, or wrote in between: whoever leads has to read again.
        if (error.code === 'KUBE_CONFLICT' || error.code === 'KUBE_NOT_FOUND') await reread();
        options.onError?.(error);
      }
      await pause(isLeading() ? timing.retryMs : waitingMs());
    }
  }

  /** Not past the moment at which the Lease may be taken: client-go's wait alone would come up to 4.4 s later. */
  function waitingMs(): number {
    const waitMs = timing.retryMs * (1 + waitingJitter * random());
    if (observed === undefined || observed.holder === identity) return waitMs;
    const expiresInMs = observed.at + observed.durationMs - clock.monotonic();
    // One that has expired already was tried for just now.
    return expiresInMs > 0 ? Math.min(waitMs, expiresInMs) : waitMs;
  }

  /** Finds out whether the term goes on after a renewal that was refused. */
  async function reread(): Promise<void> {
    try {
      const current = await read(stopping.signal);
      if (current?.holder !== identity) end('the Lease was taken or deleted');
    } catch (error) {
      if (stopping.signal.aborted) return;
      if (!(error instanceof KubeError)) throw error;
      options.onError?.(error);
    }
  }

  async function pause(ms: number): Promise<void> {
    try {
      await clock.sleep(ms, stopping.signal);
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
    }
  }

  /** An empty holder and a duration of a second let others begin at once. */
  async function release(): Promise<void> {
    try {
      // Read again: a renewal that stop() cut off may have been carried out.
      const current = await read();
      if (current?.holder !== identity) return;
      const { lease } = current;
      const spec = isJsonObject(lease.spec) ? lease.spec : {};
      const released = { ...spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(clock.now()) };
      await client.replace(leases, { ...lease, spec: released }, { lane: 'lease' });
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      options.onError?.(error);
    }
  }

  const running = run();
  return {
    get leading() {
      return isLeading();
    },
    async stop() {
      const held = term !== undefined;
      end('this process stops');
      stopping.abort();
      await running;
      if (held) await release();
    },
  };
}

/** What a request ends with that would have been sent by a process that does not lead. */
export class LeadershipLost extends Error {
  override readonly name = 'LeadershipLost';
}

/**
 * Of the requests over it, none leaves while this process does not lead: they reject with LeadershipLost. Looked at in the turn
 * in which the bytes leave, as a process may be stopped between its decision and an open connection.
 */
export function whileLeading(transport: Transport, isLeading: () => boolean): Transport {
  const beforeSending = () => {
    if (!isLeading()) throw new LeadershipLost('this process does not lead (any more)');
  };
  return { ...transport, request: (request) => transport.request({ ...request, beforeSending }) };
}

/** Kubernetes' MicroTime: always six digits behind the second. A Date has three. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
