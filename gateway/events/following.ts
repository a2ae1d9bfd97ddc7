/**
 * What every stream has in common, whatever it tells and in whose words: a reader, what it is still to be told, whether it may
 * be, and whether it reads.
 *
 * All that is told is proven when it is sent: the token by TokenReview and the right by SubjectAccessReview, as old as auth
 * remembers them and no older. What cannot be proven now waits, and is never dropped and never sent unproven.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../kube/clock.ts';
import type { Caller, Identities } from '../auth/identity.ts';
import type { Changes, NamespaceChange } from '../catalog/changes.ts';
import { type ErrorCode, GatewayError, type Refusal } from '../errors.ts';
import type { Log } from '../log.ts';
import { createPending } from './pending.ts';
import { unsentBytesMax } from './sink.ts';

/** Constraints whose change waits for one reader. */
const pendingMax = 20_000;
/** Of one namespace at a time: what is written at once then fits into a moderate buffer. */
const changesAtOnce = 200;
/** Turns without a pause: others want the processor, too. */
const turnsAtOnce = 50;
/** How often token and right are looked at. Asking costs nothing while auth remembers the answer. */
const checkMs = 4_000;
/** A reader that takes nothing for so long is gone, or as good as. */
const stallMsMax = 30_000;
/** How long reviews may fail before the stream is given up. */
const unprovenMsMax = 30_000;

/** How long an MCP session may be without a message of its client. */
export const idleMsMax = 1_800_000;

/** Why a stream ended: what its reader is told, and the word for the record. */
export const endings = {
  left: { said: '', outcome: 'OK' },
  stopping: { said: 'the gateway stops', outcome: 'OK' },
  idle: { said: `no message came for ${idleMsMax / 60_000} minutes; connect again`, outcome: 'OK' },
  unauthenticated: { said: 'your token is not accepted any more', outcome: 'UNAUTHENTICATED' },
  withdrawn: { said: 'your right to read this was withdrawn', outcome: 'FORBIDDEN' },
  unproven: { said: 'nobody can tell at the moment whether you may read this', outcome: 'REVIEW_UNAVAILABLE' },
  stalled: { said: `nothing was read for ${stallMsMax / 1_000} s`, outcome: 'DEADLINE_EXCEEDED' },
  behind: { said: 'too many changes wait to be read', outcome: 'DEADLINE_EXCEEDED' },
  unread: { said: 'too many replies wait to be read', outcome: 'DEADLINE_EXCEEDED' },
  failed: { said: 'something went wrong in the gateway', outcome: 'INTERNAL' },
} as const satisfies Record<string, { readonly said: string; readonly outcome: 'OK' | ErrorCode }>;
export type Ending = keyof typeof endings;

/** What came of telling. */
export type Told = 'told' | 'withdrawn';

/** Who is told, in the words of its protocol. */
export interface Reader {
  /** Bytes that were written so far, and how many of them were not taken yet. */
  readonly written: number;
  readonly unsent: number;
  /** Whether there is something to tell beside what changed. */
  readonly isDue: boolean;
  /** Whether a change there may concern it, whatever it may see of it. */
  concerns(namespace: string): boolean;
  /** Why this caller may not have the stream. */
  refused(caller: Caller): Promise<Refusal | undefined>;
  /** Asks for the right, and tells. Throws GatewayError while nobody can tell whether it may. */
  tell(change: NamespaceChange, caller: Caller): Promise<Told>;
  /** The same for what is due. */
  tellDue(caller: Caller): Promise<Told>;
  /** Something that is no news, so that the connection is not taken for dead. */
  keepAlive(): void;
  /** Last words; nothing follows them. Calls `closed` once, when all is written. */
  end(ending: Ending, closed: () => void): void;
}

/** What a stream gets of all streams. */
export interface FollowingOptions {
  readonly identities: Identities;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly log: Log;
  /** By how many changes more, or fewer, wait for this reader. */
  readonly onWaiting?: ((more: number) => void) | undefined;
  readonly onSent?: ((events: number) => void) | undefined;
  /** Once. @param bytes That were written. */
  readonly onEnd: (ending: Ending, bytes: number) => void;
}

export interface Following {
  /** Changes that it is still to be told. */
  readonly waiting: number;
  /** To be called every second or two. */
  beat(): void;
  /** The reader has taken what was written. */
  drained(): void;
  end(ending: Ending): void;
}

/**
 * Starts to tell a caller who has the right to it.
 * @param options.authorization The header of the request: its token is looked at again and again.
 */
export function startFollowing(
  options: FollowingOptions & { readonly reader: Reader; readonly authorization: string | undefined },
): Following {
  const { reader, authorization, identities, clock, log } = options;
  const pending = createPending(options.onWaiting);
  /** One timer serves all streams: what it does for this one is done on account of the request that opened this one. */
  const onOwnAccount = AsyncLocalStorage.snapshot();
  let ended = false;
  let telling = false;
  let checking = false;
  let taken = 0;
  let takenAt = clock.monotonic();
  let checkedAt = clock.monotonic();
  /** Since when reviews fail: of the token and the stream's own right, and of what waits. */
  let uncheckedSince: number | undefined;
  let heldSince: number | undefined;

  function end(ending: Ending): void {
    if (ended) return;
    ended = true;
    unsubscribe();
    pending.clear();
    onOwnAccount(() => reader.end(ending, () => options.onEnd(ending, reader.written)));
  }

  /** For work that nobody waits for: an error that is not expected ends the stream. */
  function inBackground(work: () => Promise<void>): void {
    onOwnAccount(work).catch((error: unknown) => {
      log.error({ err: error }, 'an event stream failed');
      end('failed');
    });
  }

  /** The caller by its token as of now; undefined once the stream has ended, be it for want of one. */
  async function callerNow(): Promise<Caller | undefined> {
    const known = await identities.callerOf(authorization);
    if (!known.ok) end('unauthenticated');
    return known.ok && !ended ? known.value : undefined;
  }

  async function check(): Promise<void> {
    checking = true;
    try {
      const caller = await callerNow();
      if (caller !== undefined && (await reader.refused(caller)) !== undefined) end('withdrawn');
      uncheckedSince = undefined;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      uncheckedSince ??= clock.monotonic();
    } finally {
      checking = false;
    }
  }

  /** Tells what waits, as far as the reader takes it. */
  async function tell(): Promise<void> {
    if (telling || ended) return;
    telling = true;
    const held: NamespaceChange[] = [];
    try {
      for (let turn = 1; reader.unsent < unsentBytesMax; turn += 1) {
        if (turn % turnsAtOnce === 0) await clock.sleep(0);
        const change = pending.take(changesAtOnce);
        if (change === undefined && !reader.isDue) break;
        try {
          const caller = await callerNow();
          if (caller === undefined) return;
          const told = await (change === undefined ? reader.tellDue(caller) : reader.tell(change, caller));
          if (told === 'withdrawn') return end('withdrawn');
          heldSince = undefined;
        } catch (error) {
          if (change !== undefined) held.push(change);
          if (!(error instanceof GatewayError)) throw error;
          // The budget of the caller is spent for now; what it may see by answers that are known can still be told.
          if (error.code === 'RATE_LIMITED' && change !== undefined) continue;
          heldSince ??= clock.monotonic();
          break;
        }
      }
    } finally {
      telling = false;
      if (!ended) for (const change of held) pending.putBack(change);
    }
  }

  const unsubscribe = options.changes.subscribe((all) => {
    for (const change of all) {
      // One of them may be too much for all streams together.
      if (ended) return;
      if (reader.concerns(change.namespace)) pending.add(change);
    }
    if (pending.size > pendingMax) end('behind');
    else if (pending.size > 0) inBackground(tell);
  });

  return {
    end,
    drained: () => inBackground(tell),
    get waiting() {
      return pending.size;
    },
    beat() {
      if (ended) return;
      const now = clock.monotonic();
      const { unsent, written } = reader;
      if (unsent === 0 || written - unsent > taken) {
        taken = written - unsent;
        takenAt = now;
      } else if (now - takenAt >= stallMsMax) return end('stalled');
      const unprovenSince = Math.min(uncheckedSince ?? now, heldSince ?? now);
      if (now - unprovenSince >= unprovenMsMax) return end('unproven');
      // A reader that does not take what there is would find a heap of these.
      if (unsent === 0) reader.keepAlive();
      if (pending.size > 0 || reader.isDue) inBackground(tell);
      else if (!telling) heldSince = undefined;
      if (checking || now - checkedAt < checkMs) return;
      checkedAt = now;
      inBackground(check);
    },
  };
}
