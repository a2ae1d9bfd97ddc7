/**
 * One reader: what it is still to be told, whether it may be, and whether it reads.
 *
 * Every event is proven when it is sent: the token by TokenReview and the right by SubjectAccessReview, as old as auth
 * remembers them and no older. What cannot be proven now waits, and is never dropped and never sent unproven.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Buffer } from 'node:buffer';
import type { Clock } from '../../kube/clock.ts';
import { levelsOf } from '../answer/levels.ts';
import type { Caller, Identities } from '../auth/identity.ts';
import type { Changes, NamespaceChange } from '../catalog/changes.ts';
import { type ErrorCode, GatewayError } from '../errors.ts';
import type { Log } from '../log.ts';
import { commentOf, eventOf, textOf } from './event.ts';
import { createPending } from './pending.ts';
import { mayTellOf, refusedStream } from './rights.ts';
import { type Sink, unsentBytesMax } from './sink.ts';

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

/** Why a stream ended: what its reader is told, and the word for the record. */
export const endings = {
  left: { said: '', outcome: 'OK' },
  stopping: { said: 'the gateway stops', outcome: 'OK' },
  unauthenticated: { said: 'your token is not accepted any more', outcome: 'UNAUTHENTICATED' },
  withdrawn: { said: 'your right to read this was withdrawn', outcome: 'FORBIDDEN' },
  unproven: { said: 'nobody can tell at the moment whether you may read this', outcome: 'REVIEW_UNAVAILABLE' },
  stalled: { said: `nothing was read for ${stallMsMax / 1_000} s`, outcome: 'DEADLINE_EXCEEDED' },
  behind: { said: 'too many changes wait to be read', outcome: 'DEADLINE_EXCEEDED' },
  failed: { said: 'something went wrong in the gateway', outcome: 'INTERNAL' },
} as const satisfies Record<string, { readonly said: string; readonly outcome: 'OK' | ErrorCode }>;
export type Ending = keyof typeof endings;

const beginning = Buffer.from(
  commentOf('changes from now on; what was missed is not repeated, so read the report after this'),
);
const heartbeat = Buffer.from(':\n\n');

export interface EventStream {
  /** Changes that it is still to be told. */
  readonly waiting: number;
  /** To be called every second or two. */
  beat(): void;
  end(ending: Ending): void;
}

export interface EventStreamOptions {
  readonly sink: Sink;
  /** Undefined: all that the caller may read. */
  readonly namespace: string | undefined;
  /** The header of the request: its token is looked at again and again. */
  readonly authorization: string | undefined;
  readonly identities: Identities;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly log: Log;
  readonly onSent?: ((events: number) => void) | undefined;
  /** By how many changes more, or fewer, wait for this reader. */
  readonly onWaiting?: ((more: number) => void) | undefined;
  /** Once. @param bytes That were written. */
  readonly onEnd: (ending: Ending, bytes: number) => void;
}

/** Starts to tell a caller who has the right to it. */
export function startEventStream(options: EventStreamOptions): EventStream {
  const { sink, namespace, authorization, identities, clock, log } = options;
  const pending = createPending(options.onWaiting);
  /** One timer serves all streams: what it does for this one is done on account of the request that opened this one. */
  const onOwnAccount = AsyncLocalStorage.snapshot();
  let ended = false;
  let telling = false;
  let checking = false;
  let written = 0;
  let taken = 0;
  let takenAt = clock.monotonic();
  let checkedAt = clock.monotonic();
  /** Since when reviews fail: of the token and the stream's own right, and of what waits. */
  let uncheckedSince: number | undefined;
  let heldSince: number | undefined;

  function write(bytes: Uint8Array): void {
    written += bytes.length;
    sink.write(bytes);
  }

  function end(ending: Ending): void {
    if (ended) return;
    ended = true;
    unsubscribe();
    pending.clear();
    const lastWords = Buffer.from(ending === 'left' ? '' : commentOf(`closed: ${endings[ending].said}`));
    written += lastWords.length;
    if (ending !== 'left') sink.end(lastWords);
    options.onEnd(ending, written);
  }

  /** For work that nobody waits for: an error that is not expected ends the stream. */
  function inBackground(work: () => Promise<void>): void {
    onOwnAccount(work).catch((error: unknown) => {
      log.error({ err: error }, 'an event stream failed');
      end('failed');
    });
  }

  /** The caller by its token as of now; undefined once the stream has ended for want of one. */
  async function callerNow(): Promise<Caller | undefined> {
    const known = await identities.callerOf(authorization);
    if (known.ok) return known.value;
    end('unauthenticated');
    return undefined;
  }

  async function check(): Promise<void> {
    checking = true;
    try {
      const caller = await callerNow();
      if (caller !== undefined && (await refusedStream(caller, namespace)) !== undefined) end('withdrawn');
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
      for (let turn = 1; sink.unsent < unsentBytesMax; turn += 1) {
        if (turn % turnsAtOnce === 0) await clock.sleep(0);
        const change = pending.take(changesAtOnce);
        if (change === undefined) break;
        try {
          await tellChange(change);
          heldSince = undefined;
        } catch (error) {
          held.push(change);
          if (!(error instanceof GatewayError)) throw error;
          // The budget of the caller is spent for now; what it may see by answers that are known can still be told.
          if (error.code === 'RATE_LIMITED') continue;
          heldSince ??= clock.monotonic();
          break;
        }
      }
    } finally {
      telling = false;
      if (!ended) for (const change of held) pending.putBack(change);
    }
  }

  async function tellChange({ namespace: of, changes }: NamespaceChange): Promise<void> {
    const caller = await callerNow();
    if (caller === undefined || ended) return;
    if (namespace === undefined) {
      if (!(await mayTellOf(caller, of))) return;
    } else if ((await refusedStream(caller, namespace)) !== undefined) return end('withdrawn');
    const bindings = changes.flatMap(({ before, after }) => [before, after]).filter((each) => each !== undefined);
    const level = await levelsOf(bindings, of, caller);
    const events = changes.map((change) => eventOf(change, of, level)).filter((event) => event !== undefined);
    if (ended || events.length === 0) return;
    write(Buffer.from(events.map(textOf).join('')));
    options.onSent?.(events.length);
  }

  const unsubscribe = options.changes.subscribe((all) => {
    for (const change of all) {
      // One of them may be too much for all streams together.
      if (ended) return;
      if (namespace === undefined || change.namespace === namespace) pending.add(change);
    }
    if (pending.size > pendingMax) end('behind');
    else if (pending.size > 0) inBackground(tell);
  });
  write(beginning);
  sink.listen({ drained: () => inBackground(tell), closed: () => end('left') });

  return {
    end,
    get waiting() {
      return pending.size;
    },
    beat() {
      if (ended) return;
      const now = clock.monotonic();
      const { unsent } = sink;
      if (unsent === 0 || written - unsent > taken) {
        taken = written - unsent;
        takenAt = now;
      } else if (now - takenAt >= stallMsMax) return end('stalled');
      const unprovenSince = Math.min(uncheckedSince ?? now, heldSince ?? now);
      if (now - unprovenSince >= unprovenMsMax) return end('unproven');
      // A reader that does not take what there is would find a heap of these.
      if (unsent === 0) write(heartbeat);
      if (pending.size > 0) inBackground(tell);
      else if (!telling) heldSince = undefined;
      if (checking || now - checkedAt < checkMs) return;
      checkedAt = now;
      inBackground(check);
    },
  };
}
