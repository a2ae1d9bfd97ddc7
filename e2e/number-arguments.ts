/** Command lines on which every option is a whole number. */
import { parseArgs } from 'node:util';

/** What is wrong with a command line, and how it would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  constructor(wrong: string, usage: string, cause?: unknown) {
    super(`${wrong}\n\n${usage}`, { cause });
  }
}

export interface NumberOption {
  readonly ifAbsent: number;
  readonly min: number;
  readonly max: number;
}

/** By option, without its dashes. Throws one UsageError. */
export function readNumbers<Name extends string>(
  args: readonly string[],
  usage: string,
  options: Readonly<Record<Name, NumberOption>>,
): (name: Name) => number {
  const given = parse(args, usage, Object.keys(options));
  const numbers = new Map(
    Object.entries<NumberOption>(options).map(([name, option]) => [name, numberOf(name, given[name], option, usage)]),
  );
  return (name) => numbers.get(name) ?? options[name].ifAbsent;
}

/** What is read from the command line; where it cannot be, this process ends with the usage and nothing else. */
export function orUsage<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

function parse(args: readonly string[], usage: string, names: readonly string[]) {
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
    return parseArgs({ args: [...args], options }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), usage, cause);
  }
}

function numberOf(
  name: string,
  given: string | undefined,
  { ifAbsent, min, max }: NumberOption,
  usage: string,
): number {
  if (given === undefined) return ifAbsent;
  const value = Number(given);
  if (given.trim() === '' || !Number.isInteger(value) || value < min || value > max) {
    throw new UsageError(`--${name} is "${given}" and must be a whole number from ${min} to ${max}.`, usage);
  }
  return value;
}
