/** The bench's own watch on ConstraintReports: when does a reader see what? */
import * as z from 'zod';
import { constraintReports } from '../../crds/api.ts';
import type { Clock } from '../../kube/clock.ts';
import { readLines } from '../../kube/lines.ts';
import { resourcePath } from '../../kube/resource.ts';
import type { Client } from '../control-plane/connection.ts';
import { type EntryName, entryName } from './population.ts';

export interface SeenReport {
  readonly total: number;
  readonly entries: ReadonlySet<EntryName>;
  /** What cluster-wide policies impose, a line each. */
  readonly inherited: readonly string[];
}

export interface ReportWatch extends AsyncDisposable {
  /** The reports by namespace, as of the last event. */
  readonly reports: ReadonlyMap<string, SeenReport>;
  /**
   * Resolves with clock.monotonic() of the event after which it held; rejects when it still does not after so long, and
   * when the watch has ended.
   */
  when(holds: () => boolean, what: string, msMax: number): Promise<number>;
}

const Event = z.object({
  type: z.enum(['ADDED', 'MODIFIED', 'DELETED']),
  object: z.object({
    metadata: z.object({ namespace: z.string() }),
    status: z
      .object({
        total: z.number(),
        constraints: z.array(z.object({ type: z.string(), source: z.object({ name: z.string() }) })),
        inherited: z.array(z.string()),
      })
      .optional(),
  }),
});
const lineBytesMax = 64 * 1024 * 1024;

/** Resolves when the API server has accepted the watch. */
export async function watchReports(client: Client, clock: Clock): Promise<ReportWatch> {
  const reports = new Map<string, SeenReport>();
  const waiting = new Set<() => void>();
  const stop = new AbortController();
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {}); // whoever waits is told
  const watch = await client.open('GET', `${resourcePath(constraintReports)}?watch=true`, undefined, stop.signal);

  function see(line: string): void {
    const { type, object } = Event.parse(JSON.parse(line));
    const { namespace } = object.metadata;
    if (type === 'DELETED' || object.status === undefined) reports.delete(namespace);
    else {
      const { total, constraints, inherited } = object.status;
      reports.set(namespace, {
        total,
        inherited,
        entries: new Set(constraints.map((each) => entryName(each.source.name, each.type))),
      });
    }
    for (const look of waiting) look();
  }

  async function follow(): Promise<void> {
    const tooLong = () => new Error(`a watch line is longer than ${lineBytesMax} bytes`);
    for await (const line of readLines(watch.body, { bytesMax: lineBytesMax, tooLong })) see(line);
    throw new Error('the API server has ended the watch on reports');
  }
  const following = follow().catch((error: unknown) => ended.reject(error));

  return {
    reports,
    async when(holds, what, msMax) {
      const held = Promise.withResolvers<number>();
      const look = () => {
        if (holds()) held.resolve(clock.monotonic());
      };
      const giveUp = clock.after(msMax, () => held.reject(new Error(`waited ${msMax} ms for ${what}`)));
      waiting.add(look);
      try {
        look();
        return await Promise.race([held.promise, ended.promise]);
      } finally {
        waiting.delete(look);
        giveUp();
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the watch on reports was stopped'));
      await following;
    },
  };
}
