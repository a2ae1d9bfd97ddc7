/**
 * Writes the status of ConstraintProfiles while this process leads, and only what says something new.
 */
import type { Logger } from 'pino';
import { apiVersion, constraintProfiles } from '../../crds/api.ts';
import type { ProfileStatus } from '../../crds/profile.ts';
import type { Client } from '../../kube/client.ts';
import type { Clock, Random } from '../../kube/clock.ts';
import { KubeError } from '../../kube/errors.ts';
import { LeadershipLost } from '../../kube/lease.ts';
import { createWorkQueue } from '../../kube/work-queue.ts';
import type { Metrics } from '../metrics.ts';
import { contentHash, timestamp } from '../reports/content.ts';
import { createPublishedObjects } from '../reports/published.ts';
import type { KnownProfile } from './policy-kinds.ts';

export interface ProfileWriterDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly profiles: ReadonlyMap<string, KnownProfile>;
  /** Undefined while it is too early to tell. */
  readonly statusOf: (name: string, known: KnownProfile, now: string) => ProfileStatus | undefined;
  readonly onCrash: (error: unknown) => void;
}

export interface ProfileWriter {
  /** What profiles match may have changed. */
  changed(): void;
  /** Writes until aborted. Resolves when nothing is in flight any more. */
  write(signal: AbortSignal): Promise<void>;
}

/** A kind that is started or stopped changes its state several times. */
const gatherMs = 250;

/** Nothing is written before `write`. */
export function createProfileWriter(deps: ProfileWriterDeps): ProfileWriter {
  const { client, clock, profiles } = deps;
  const queue = createWorkQueue({ clock, random: deps.random });
  /** The newest status of each, from the watch or from the answer to our own write, which comes first. */
  const statuses = createPublishedObjects<{ readonly resourceVersion: string; readonly hash: string }>();
  /** Profile → the last failure, so that each is told once. */
  const failures = new Map<string, string>();

  function changed(): void {
    for (const name of profiles.keys()) queue.addAfter(name, gatherMs);
  }

  async function writeOne(name: string, signal: AbortSignal): Promise<void> {
    const known = profiles.get(name);
    if (known === undefined) return;
    const seen = { resourceVersion: known.resourceVersion, hash: known.statusHash };
    statuses.set(name, seen);
    const { resourceVersion, hash } = statuses.get(name) ?? seen;
    const status = deps.statusOf(name, known, timestamp(clock.now()));
    if (status === undefined || contentHash(status) === hash) return;
    const metadata = { name, resourceVersion };
    const answer = await client.replace(
      constraintProfiles,
      { apiVersion, kind: constraintProfiles.kind, metadata, status },
      { subresource: 'status', signal },
    );
    const written = { resourceVersion: answer.metadata.resourceVersion, hash: contentHash(answer['status'] ?? null) };
    statuses.set(name, written);
    deps.metrics.writes.inc();
    failures.delete(name);
  }

  function onError(name: string, error: unknown): void {
    // The next leader looks at every profile.
    if (error instanceof LeadershipLost) return;
    if (!(error instanceof KubeError)) {
      deps.onCrash(error);
      return;
    }
    // The watch has not shown yet what somebody else has written, or etcd was restored and counts from lower again.
    if (error.code === 'KUBE_CONFLICT') {
      const stood = statuses.get(name);
      if (stood !== undefined) statuses.remove(name, stood);
      return;
    }
    deps.metrics.writeFailures.inc({ code: error.code });
    const failure = `${error.code}: ${error.said}`;
    if (failures.get(name) === failure) return;
    failures.set(name, failure);
    deps.log.error({ profile: name, code: error.code, said: error.said }, 'status not written, trying again');
  }

  return {
    changed,
    async write(signal) {
      changed();
      await queue.run(writeOne, { workers: 1, signal, onError });
    },
  };
}
