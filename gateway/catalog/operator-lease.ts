/**
 * Whether an operator writes: the holder of the Lease renews it all the time. The gateway may only `get` that Lease, so it
 * looks every few seconds.
 */
import * as z from 'zod';
import { operatorLeaseName } from '../../crds/api.ts';
import type { Clock } from '../../kube/clock.ts';
import { KubeError } from '../../kube/errors.ts';
import { leases } from '../../kube/lease.ts';
import { resourcePath } from '../../kube/resource.ts';
import type { Transport } from '../../kube/transport.ts';
import type { OnProblem } from './problem.ts';
import { firstIssue } from './report.ts';

const pollMs = 3_000;
const requestMsMax = 5_000;

const LeaseSpec = z.object({
  holderIdentity: z.string().optional(),
  leaseDurationSeconds: z.int().min(1).max(86_400).default(15),
  renewTime: z.string().optional(),
});
const Lease = z.object({ metadata: z.object({ uid: z.string().min(1).optional() }), spec: LeaseSpec });

/** A Lease that was last renewed so long ago was left behind by an operator that is gone, whoever's clock is wrong. */
const abandonedMs = 3_600_000;

interface Seen {
  readonly holder: string;
  readonly renewTime: string;
  readonly durationMs: number;
}

export interface OperatorLease {
  readonly alive: boolean;
  /** clock.monotonic() of the last answer of the API server, also of one that there is no Lease. */
  readonly lastContactAt: number;
  /** Of the Lease that was seen last: random, the same for all replicas, and nothing that callers may read. */
  readonly uid: string | undefined;
  /** Looks until aborted; rejects then, and when something goes wrong that is no failure to get an answer. */
  run(signal: AbortSignal): Promise<void>;
}

/** Nothing is known before `run`. */
export function createOperatorLease(options: {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly namespace: string;
  readonly onProblem: OnProblem;
}): OperatorLease {
  const { transport, clock, namespace, onProblem } = options;
  const leasePath = resourcePath(leases, { namespace, name: operatorLeaseName });
  /** 'nothing' until the API server has answered once; undefined while there is no Lease. */
  let seen: Seen | undefined | 'nothing' = 'nothing';
  let uid: string | undefined;
  /** Whether the Lease has changed while it was looked at, or is too fresh to have been left behind. */
  let renewed = false;
  let changedAt = clock.monotonic();
  let lastContactAt = clock.monotonic();
  let lastProblem: string | undefined;

  /** The Lease, undefined when there is none, or the reason why nobody knows. */
  async function fetchLease(stop: AbortSignal): Promise<{ readonly lease: unknown } | { readonly failure: Error }> {
    const late = new Error(`no answer within ${requestMsMax} ms`);
    const timeout = new AbortController();
    const cancel = clock.after(requestMsMax, () => timeout.abort(late));
    const signal = AbortSignal.any([stop, timeout.signal]);
    try {
      const lease = await transport.request({ method: 'GET', path: leasePath, signal });
      lastContactAt = clock.monotonic();
      return { lease };
    } catch (error) {
      if (error instanceof KubeError && error.code === 'KUBE_NOT_FOUND') {
        lastContactAt = clock.monotonic();
        return { lease: undefined };
      }
      if (error instanceof KubeError) return { failure: error };
      if (error === late) return { failure: late };
      throw error;
    } finally {
      cancel();
    }
  }

  /** Says a problem once, not every few seconds. */
  function problem(path: string, message: string | undefined): void {
    if (message !== undefined && message !== lastProblem) {
      onProblem({ object: `Lease ${namespace}/${operatorLeaseName}`, path, message });
    }
    lastProblem = message;
  }

  async function look(stop: AbortSignal): Promise<void> {
    const answer = await fetchLease(stop);
    if ('failure' in answer) {
      // No answer says nothing of the operator: what was seen ages by itself.
      problem('', answer.failure.message);
      return;
    }
    if (answer.lease === undefined) {
      seen = undefined;
      problem('', undefined);
      return;
    }
    const lease = Lease.safeParse(answer.lease);
    if (!lease.success) {
      problem('spec', firstIssue(lease.error));
      return;
    }
    problem('', undefined);
    const { holderIdentity: holder = '', renewTime = '', leaseDurationSeconds } = lease.data.spec;
    if (seen === 'nothing') {
      renewed = clock.now() - Date.parse(renewTime) <= abandonedMs;
      changedAt = clock.monotonic();
    } else if (seen?.holder !== holder || seen.renewTime !== renewTime) {
      renewed = true;
      changedAt = clock.monotonic();
    }
    seen = { holder, renewTime, durationMs: leaseDurationSeconds * 1_000 };
    uid = lease.data.metadata.uid ?? uid;
  }

  return {
    // Clocks of two machines are not compared: what counts is how long the Lease has been seen unchanged. A renewal
    // just after a look is noticed one look later, hence pollMs. Only of the first look can nobody tell how long it has
    // been unchanged; there the clocks must do, with room for one that is wrong.
    get alive() {
      if (seen === undefined || seen === 'nothing' || seen.holder === '' || !renewed) return false;
      return clock.monotonic() - changedAt <= seen.durationMs + pollMs;
    },
    get lastContactAt() {
      return lastContactAt;
    },
    get uid() {
      return uid;
    },
    async run(stop) {
      while (!stop.aborted) {
        await look(stop);
        await clock.sleep(pollMs, stop);
      }
    },
  };
}
