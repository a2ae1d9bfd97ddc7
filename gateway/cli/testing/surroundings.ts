/** A process for tests: what is written is kept, and the exit code, too. */
import { Readable, Writable } from 'node:stream';
import { systemClock } from '../../../kube/clock.ts';
import type { Surroundings } from '../surroundings.ts';

export interface TestedSurroundings extends Surroundings {
  written(): { readonly stdout: string; readonly stderr: string; readonly code: number };
}

/** @param columns Of the terminal that it writes to; a pipe unless told. */
export function testedSurroundings(
  environment: Surroundings['environment'] = {},
  columns?: number,
): TestedSurroundings {
  const [stdout, stderr] = [keeper(), keeper()];
  let code = 0;
  return {
    environment,
    input: Readable.from([]),
    output: Object.assign(stdout.stream, columns === undefined ? {} : { isTTY: true, columns }),
    errors: stderr.stream,
    clock: systemClock,
    random: () => 0.5,
    stop: new AbortController().signal,
    exitWith(given) {
      code = given;
    },
    written: () => ({ stdout: stdout.text(), stderr: stderr.text(), code }),
  };
}

function keeper(): { readonly stream: Writable; text(): string } {
  let kept = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      kept += String(chunk);
      done();
    },
  });
  return { stream, text: () => kept };
}
