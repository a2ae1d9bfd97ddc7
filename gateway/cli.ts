/**
 * The command line `potoo`, also `kubectl potoo`: asks with the person's own rights, and prints.
 */
import { systemClock as clock } from '../kube/clock.ts';
import { runProgram } from './cli/program.ts';

/** What a shell says of a program that a signal has ended: 128 and the number of the signal. */
const endedBy = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** For a command that is about to end by itself. */
const endMsMax = 2_000;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The second one is from somebody who does not want to wait.
    if (stop.signal.aborted) process.exit(endedBy[signal]);
    process.exitCode = endedBy[signal];
    stop.abort(signal);
    clock.after(endMsMax, () => process.exit());
  });
}
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever reads has seen enough: `| head`. Nobody is left to tell anything else.
    process.exit(error.code === 'EPIPE' ? 0 : 2);
  });
}

await runProgram(process.argv.slice(2), {
  environment: process.env,
  // Not before somebody reads it: most commands do not, and a shell that asks for completions still reads it itself.
  get input() {
    return process.stdin;
  },
  output: process.stdout,
  errors: process.stderr,
  clock,
  random: Math.random,
  stop: stop.signal,
  exitWith(code) {
    process.exitCode = code;
  },
});
// What a command has left behind must not keep the prompt waiting, and what it has written must arrive.
await Promise.all(
  [process.stdout, process.stderr].map(
    async (stream) => new Promise<void>((resolve) => void stream.write('', () => resolve())),
  ),
);
process.exit();
