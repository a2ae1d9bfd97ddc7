/**
 * Tells why the Lease cannot be taken or renewed. It is tried every few seconds, so the same is told once as long as it lasts.
 */
import type { Logger } from 'pino';
import type { Clock } from '../kube/clock.ts';
import type { KubeError } from '../kube/errors.ts';
import { deniedBy, deniedFields } from './reports/denied-write.ts';

/** Longer than between two attempts that fail one after the other, whose requests may take their time to fail. */
const sameOutageMs = 60_000;

/** What hears of each failure. */
export function tellLeaseFailures(log: Logger, clock: Clock): (error: KubeError) => void {
  let told = '';
  let failedAt = 0;
  return (error) => {
    const fields = { code: error.code, ...deniedFields(deniedBy(error)) };
    const cause = JSON.stringify(fields);
    const now = clock.monotonic();
    const isNews = cause !== told || now - failedAt > sameOutageMs;
    told = cause;
    failedAt = now;
    if (isNews)
      log.warn({ ...fields, said: error.said }, 'lease not renewed: nothing is written without it, trying again');
  };
}
