/**
 * One line in the log for each call: who asked for what, and what came of it. Of the arguments it holds the namespace alone,
 * and that only where it is a name that a namespace can have: anything else could be a secret that was put in the wrong place.
 */
import type { Clock } from '../../kube/clock.ts';
import { isDnsLabel } from '../../kube/names.ts';
import { createBuckets } from '../auth/buckets.ts';
import type { ErrorCode } from '../errors.ts';
import type { Log } from '../log.ts';
import { harmless } from '../words.ts';
import type { CallRecord } from './calls.ts';

/** What was decided about the caller's right. `none`: it was not looked at. `unknown`: nobody could tell. */
type Decision = 'allowed' | 'denied' | 'unknown' | 'none';

const decisions: Readonly<Record<'OK' | ErrorCode, Decision>> = {
  OK: 'allowed',
  REPORT_NOT_FOUND: 'allowed',
  CONSTRAINT_NOT_FOUND: 'allowed',
  OBJECT_NOT_FOUND: 'allowed',
  CLUSTER_UNAVAILABLE: 'allowed',
  INVALID_CURSOR: 'allowed',
  UNAUTHENTICATED: 'denied',
  FORBIDDEN: 'denied',
  HOST_NOT_ALLOWED: 'denied',
  ORIGIN_NOT_ALLOWED: 'denied',
  REVIEW_UNAVAILABLE: 'unknown',
  DEADLINE_EXCEEDED: 'unknown',
  INTERNAL: 'unknown',
  INVALID_REQUEST: 'none',
  NOT_FOUND: 'none',
  KIND_NOT_SERVED: 'none',
  METHOD_NOT_ALLOWED: 'none',
  BODY_TOO_LARGE: 'none',
  UNSUPPORTED_MEDIA_TYPE: 'none',
  RATE_LIMITED: 'none',
  TOO_MANY_STREAMS: 'none',
  NOT_SYNCED: 'none',
};

/**
 * Calls that came to nothing because of who asks, or how often, cost their sender nothing: of them each sender gets so many
 * lines at once, and then one a second. Metrics count them all.
 */
const refusedLines = { perSecond: 1, burst: 60, keysMax: 10_000 };

/** Writes the line. */
export function createAudit(options: { readonly log: Log; readonly clock: Clock }): (record: CallRecord) => void {
  const { log, clock } = options;
  const lines = createBuckets({ clock, ...refusedLines });

  return ({ name, caller, namespace, level, outcome, status, bytes, ms, peer, traceId }) => {
    const { username, uid } = caller?.user ?? {};
    const cheap = outcome === 'UNAUTHENTICATED' || outcome === 'RATE_LIMITED';
    if (cheap && lines.take(`${peer} ${username} ${uid}`) > 0) return;
    log.info(
      {
        audit: true,
        // What is undefined is left out of the line.
        user: username === undefined ? undefined : harmless(username),
        uid: uid === undefined ? undefined : harmless(uid),
        tool: name,
        namespace: namespace !== undefined && isDnsLabel(namespace) ? namespace : undefined,
        detailLevel: level,
        decision: decisions[outcome],
        outcome,
        status,
        bytes,
        ms: Math.round(ms * 100) / 100,
        peer,
        traceId,
      },
      'call',
    );
  };
}
