/** What the demo tells on stderr while it works. */
import type { Clock } from '../../kube/clock.ts';

export interface Progress {
  /** One line, with the time since the start before it. */
  say(line: string): void;
  /** Says what begins, and every ten seconds that it is still under way. */
  during<T>(what: string, work: Promise<T>): Promise<T>;
}

const repeatMs = 10_000;

export function createProgress(clock: Clock, write: (text: string) => void): Progress {
  const startedAt = clock.monotonic();
  const say = (line: string) => {
    const seconds = ((clock.monotonic() - startedAt) / 1_000).toFixed(1);
    write(`potoo ${seconds.padStart(6)} s  ${line}\n`);
  };
  return {
    say,
    async during(what, work) {
      say(`${what} …`);
      const begun = clock.monotonic();
      let cancel = () => {};
      const repeat = () => {
        cancel = clock.after(repeatMs, () => {
          say(`${what}, for ${Math.round((clock.monotonic() - begun) / 1_000)} s now …`);
          repeat();
        });
      };
      repeat();
      try {
        return await work;
      } finally {
        cancel();
      }
    },
  };
}
