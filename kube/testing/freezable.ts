/**
 * A process that can be stopped and continued, as by SIGSTOP and SIGCONT: time passes, the API server answers, and nothing of it
 * arrives meanwhile. Whatever the process does follows from a timer or an answer, so holding these back is enough.
 */
import type { Clock } from '../clock.ts';
import type { Transport } from '../transport.ts';

export interface Freezable {
  readonly clock: Clock;
  readonly transport: Transport;
  freeze(): void;
  /** Answers that came meanwhile arrive first, and only then timers that were due: the worse order for who leads. */
  thaw(): void;
}

export function createFreezable(clock: Clock, transport: Transport): Freezable {
  let frozen: PromiseWithResolvers<void> | undefined;
  let due: (() => void)[] = [];

  function after(ms: number, fire: () => void): () => void {
    let cancelled = false;
    const fireHeld = () => {
      if (!cancelled) fire();
    };
    const cancel = clock.after(ms, () => {
      if (frozen === undefined) fireHeld();
      else due.push(fireHeld);
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  async function held<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } finally {
      await frozen?.promise;
    }
  }

  async function* heldChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of chunks) {
        await frozen?.promise;
        yield chunk;
      }
    } finally {
      await frozen?.promise;
    }
  }

  return {
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after,
      async sleep(ms, signal) {
        signal?.throwIfAborted();
        const slept = Promise.withResolvers<void>();
        const cancel = after(ms, slept.resolve);
        const abort = () => slept.reject(signal?.reason);
        signal?.addEventListener('abort', abort, { once: true });
        try {
          await slept.promise;
        } finally {
          cancel();
          signal?.removeEventListener('abort', abort);
        }
      },
    },
    transport: {
      request: (request) => held(transport.request(request)),
      stream: async (request) => heldChunks(await held(transport.stream(request))),
      close: () => transport.close(),
    },
    freeze() {
      frozen ??= Promise.withResolvers();
    },
    thaw() {
      frozen?.resolve();
      frozen = undefined;
      const late = due;
      due = [];
      clock.after(0, () => {
        for (const fire of late) fire();
      });
    },
  };
}
