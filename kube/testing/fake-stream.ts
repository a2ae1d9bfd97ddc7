import type { Clock } from '../clock.ts';
import { KubeError } from '../errors.ts';

/** The body of a watch: what is pushed comes out as bytes, until somebody ends it. */
export interface FakeStream {
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly open: boolean;
  readonly stalled: boolean;
  push(text: string): void;
  /** Ends in good order after what was pushed. */
  end(): void;
  /** Breaks: what was pushed and not read is lost. */
  fail(error: unknown): void;
  /** From now on nothing arrives and nobody notices, as with a peer behind a dead link. */
  stall(): void;
}

/** Like the lane 'watch' of the real transport: an answer that is silent for so long is given up. */
const idleMs = 90_000;

export function createFakeStream(options: {
  readonly clock: Clock;
  readonly request: string;
  readonly signal: AbortSignal | undefined;
  /** The longest chunk; lines are cut anywhere. */
  readonly chunkBytesMax: number;
  readonly onClose: () => void;
}): FakeStream {
  const { clock, signal } = options;
  let waiting: Uint8Array[] = [];
  let wake = Promise.withResolvers<void>();
  let outcome: { readonly error: unknown } | 'ended' | undefined;
  let stalled = false;
  let cancelIdle = watchIdle();

  function watchIdle(): () => void {
    return clock.after(idleMs, () => {
      fail(new KubeError('KUBE_TIMEOUT', { status: 0, request: options.request, said: 'the body is silent' }));
    });
  }

  function close(next: { readonly error: unknown } | 'ended'): void {
    if (outcome !== undefined) return;
    outcome = next;
    cancelIdle();
    signal?.removeEventListener('abort', abort);
    options.onClose();
    wake.resolve();
  }

  function fail(error: unknown): void {
    if (outcome === undefined) waiting = [];
    close({ error });
  }

  function abort(): void {
    fail(signal?.reason);
  }

  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        const chunk = waiting.shift();
        if (chunk !== undefined) {
          yield chunk;
          continue;
        }
        if (outcome === 'ended') return;
        if (outcome !== undefined) throw outcome.error;
        await wake.promise;
        wake = Promise.withResolvers();
      }
    } finally {
      close('ended');
    }
  }

  signal?.addEventListener('abort', abort, { once: true });
  return {
    chunks: read(),
    get open() {
      return outcome === undefined;
    },
    get stalled() {
      return stalled;
    },
    push(text) {
      if (stalled || outcome !== undefined) return;
      cancelIdle();
      cancelIdle = watchIdle();
      const bytes = Buffer.from(text);
      for (let start = 0; start < bytes.length; start += options.chunkBytesMax) {
        waiting.push(bytes.slice(start, start + options.chunkBytesMax));
      }
      wake.resolve();
    },
    end() {
      if (!stalled) close('ended');
    },
    fail,
    stall() {
      stalled = true;
    },
  };
}
