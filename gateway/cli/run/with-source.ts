/**
 * What every command that asks something does around it: settings, a source, a time limit, and the end of all that.
 */
import type { Command } from 'commander';
import { untilAborted } from '../../../kube/until-aborted.ts';
import type { Answer } from '../../errors.ts';
import { Failure, failureOf } from '../failure.ts';
import type { Source } from '../source.ts';
import type { Surroundings } from '../surroundings.ts';
import { openSource } from './open-source.ts';
import { createPrinter, type Printer } from './printer.ts';
import { readSettings, type Settings } from './settings.ts';

export interface Running {
  readonly settings: Settings;
  readonly source: Source;
  readonly printer: Printer;
  /** The one that was named, that of the context, or the one that is there always. */
  readonly namespace: string;
}

/** Runs a command; rejects with a Failure when the time is over, and with the reason of `stop` when that is first. */
export async function withSource(
  command: Command,
  surroundings: Surroundings,
  run: (running: Running) => Promise<void>,
): Promise<void> {
  const settings = readSettings(command, surroundings);
  const printer = createPrinter(settings, surroundings);
  const over = new AbortController();
  const signal = AbortSignal.any([surroundings.stop, over.signal]);
  const forget = surroundings.clock.after(settings.timeout, () => {
    over.abort(new Failure(`There was no answer within ${settings.timeout / 1_000} s; --timeout gives it more.`));
  });
  async function work(): Promise<void> {
    const source = await openSource(settings, surroundings, signal);
    try {
      await run({ settings, source, printer, namespace: settings.namespace ?? source.namespace ?? 'default' });
    } finally {
      await source.close();
    }
  }
  try {
    await untilAborted(work(), signal);
  } finally {
    forget();
  }
}

/** The same of an answer about one rule: a name that no rule has is told with a way to those that there are. */
export function valueOfRule<T>(answer: Answer<T>, constraint: string, namespace: string): T {
  if (answer.ok || answer.code !== 'CONSTRAINT_NOT_FOUND') return valueOf(answer);
  throw failureOf({
    ...answer,
    error: `No rule ${JSON.stringify(constraint)} binds namespace ${namespace}; "potoo query -n ${namespace} -o name" lists those that do.`,
  });
}

/** The value of an answer; a Failure that says why there is none. */
export function valueOf<T>(answer: Answer<T>): T {
  if (!answer.ok) throw failureOf(answer);
  return answer.value;
}
