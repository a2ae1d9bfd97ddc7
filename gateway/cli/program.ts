/**
 * The command line: commands and the options that several have, and what becomes of an error.
 */
import { Command, CommanderError } from 'commander';
import { KubeError } from '../../kube/errors.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { commands } from './commands/all.ts';
import { GatewayError } from '../errors.ts';
import { Failure, failureOf } from './failure.ts';
import { addOptions } from './options.ts';
import type { Surroundings } from './surroundings.ts';
import { visible, visibleLines } from './visible.ts';

/** Makes the program; it runs nothing yet. */
export function createProgram(surroundings: Surroundings): Command {
  const { output, errors, environment } = surroundings;
  const columns = output.isTTY === true ? output.columns || 80 : 80;
  const program = new Command(environment['POTOO_PROGRAM'] ?? 'potoo')
    .description('Tells which rules of a Kubernetes cluster bind you, and what to do about them.')
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .configureHelp({ showGlobalOptions: true, minWidthToWrap: 20 })
    .configureOutput({
      writeOut: (text) => void output.write(text),
      writeErr: (text) => void errors.write(visibleLines(text).join('\n')),
      outputError: (text, write) => write(text.replace(/^error: /, 'Error: ')),
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride();
  addOptions(program);
  for (const add of commands) add(program, surroundings);
  for (const command of [program, ...program.commands]) {
    const path = command === program ? program.name() : `${program.name()} ${command.name()}`;
    command.showHelpAfterError(`Usage: ${path} ${command.usage()}\n"${path} --help" says more.`);
  }
  return program;
}

/** Runs what the arguments say. Resolves when it is done; the exit code is told by `surroundings.exitWith`. */
export async function runProgram(args: readonly string[], surroundings: Surroundings): Promise<void> {
  const program = createProgram(surroundings);
  if (args.length === 0) return program.outputHelp();
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Commander has said already what is wrong with the arguments; help and version that were asked for are no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? undefined : surroundings.exitWith(2);
    // Somebody wanted it to end.
    if (surroundings.stop.aborted) return undefined;
    surroundings.exitWith(2);
    surroundings.errors.write(`Error: ${visible(sentenceOf(error))}\n`);
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof Failure || error instanceof KubeError) return error.message;
  if (error instanceof GatewayError) return failureOf({ ok: false, code: error.code, error: error.message }).message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
