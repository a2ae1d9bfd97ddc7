import type { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import type { Clock, Random } from '../../kube/clock.ts';

/** What a command may use of the process that runs it. Tests bring their own. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input: Readable;
  readonly output: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Progress, warnings and errors: nothing that a script would read. */
  readonly errors: Writable;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted when the person or the system wants the process to end. */
  readonly stop: AbortSignal;
  /** 0 fine, 1 blocked or found, 2 error, 3 unknown. */
  exitWith(code: 0 | 1 | 2 | 3): void;
}

/** Adds one command to the program. Options that several have are the program's own. */
export type AddCommand = (program: Command, surroundings: Surroundings) => void;
