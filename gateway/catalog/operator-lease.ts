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
const Lease = z.object({ spec: LeaseSpec });

export interface OperatorLease {
  readonly alive: boolean;
  /** clock.monotonic() of the last answer of the API server, also of one that there is no Lease. */
  readonly lastContactAt: number;
  /** Looks now. Tests and the loop call it. */
  look(): Promise<void>;
  /** Looks until aborted. */
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
  let seen: { readonly holder: string; readonly renewTime: string; readonly durationMs: number } | undefined;
  let changedAt = clock.monotonic();
  let lastContactAt = clock.monotonic();
  let lastProblem: string | undefined;

  async function fetchLease(): Promise<unknown> {
    const timeout = new AbortController();
    const cancel = clock.after(requestMsMax, () => timeout.abort(new Error(`no answer within ${requestMsMax} ms`)));
    try {
      const answer = await transport.request({ method: 'GET', path: leasePath, signal: timeout.signal });
      lastContactAt = clock.monotonic();
      return answer;
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

  async function look(): Promise<void> {
    let answer: unknown;
    try {
      answer = await fetchLease();
    } catch (error) {
      if (error instanceof KubeError && error.code === 'KUBE_NOT_FOUND') {
        lastContactAt = clock.monotonic();
        seen = undefined;
        problem('', undefined);
        return;
      }
      // No answer says nothing of the operator: what was seen ages by itself.
      problem('', error instanceof Error ? error.message : String(error));
      return;
    }
    const lease = Lease.safeParse(answer);
    if (!lease.success) {
      problem('spec', firstIssue(lease.error));
      return;
    }
    problem('', undefined);
    const { holderIdentity: holder = '', renewTime = '', leaseDurationSeconds } = lease.data.spec;
    if (seen?.holder !== holder || seen.renewTime !== renewTime) changedAt = clock.monotonic();
    seen = { holder, renewTime, durationMs: leaseDurationSeconds * 1_000 };
  }

  return {
    // Clocks of two machines are not compared: what counts is how long the Lease has been seen unchanged. A renewal
    // just after a look is noticed one look later, hence pollMs.
    get alive() {
      return seen !== undefined && seen.holder !== '' && clock.monotonic() - changedAt <= seen.durationMs + pollMs;
    },
    get lastContactAt() {
      return lastContactAt;
    },
    look,
    async run(signal) {
      while (!signal.aborted) {
        await look();
        await clock.sleep(pollMs, signal);
      }
    },
  };
}
