/**
 * What may stand where somebody pressed TAB, as far as the program itself knows it.
 */
import type { Command, Option } from 'commander';
import { shells } from './scripts.ts';

export interface Candidate {
  readonly value: string;
  readonly description?: string | undefined;
}

/** What only the cluster, the kubeconfig or the shell knows. */
export type Asked = 'namespaces' | 'contexts' | 'constraints' | 'files';

export interface Candidates {
  readonly known: readonly Candidate[];
  readonly asked?: Asked;
  /** Stands before each value in the word that is completed, like `--output=`. */
  readonly before?: string;
}

const askedByOption: Readonly<Record<string, Asked>> = {
  '--namespace': 'namespaces',
  '--context': 'contexts',
  '--kubeconfig': 'files',
  '--reports': 'files',
  '--certificate-authority': 'files',
};
const argumentsOf: Readonly<Record<string, Candidates>> = {
  remediate: { known: [], asked: 'constraints' },
  details: { known: [], asked: 'constraints' },
  completion: { known: shells.map((value) => ({ value })) },
};
const nothing: Candidates = { known: [] };

/** Of the words before the one that is completed those that are whole: not an option whose value is still missing. */
export function wholeWords(program: Command, words: readonly string[]): readonly string[] {
  const before = words.slice(0, -1);
  return walk(program, before).waiting === undefined ? before : before.slice(0, -1);
}

/** @param words All words after the program's name; the last one is what is completed, maybe empty. */
export function candidatesAt(program: Command, words: readonly string[]): Candidates {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const { command, waiting, positional, ended } = walk(program, before);
  if (waiting !== undefined) return valuesOf(waiting);
  const [, name] = /^(--[\w-]+)=/.exec(current) ?? [];
  if (name !== undefined && !ended) {
    const option = optionOf(program, command, name);
    return option === undefined || !option.required ? nothing : { ...valuesOf(option), before: `${name}=` };
  }
  if (current.startsWith('-') && !ended) return { known: optionsOf(program, command) };
  if (command === undefined) return { known: commandsOf(program) };
  if (command === 'help') return positional === 0 ? { known: commandsOf(program) } : nothing;
  return positional === 0 ? (argumentsOf[command.name()] ?? nothing) : nothing;
}

interface Walked {
  readonly command: Command | 'help' | undefined;
  /** The option whose value comes next. */
  readonly waiting: Option | undefined;
  /** How many arguments the command has already. */
  readonly positional: number;
  /** Whether `--` has come, after which there are no options. */
  readonly ended: boolean;
}

function walk(program: Command, words: readonly string[]): Walked {
  let command: Command | 'help' | undefined;
  let waiting: Option | undefined;
  let positional = 0;
  let ended = false;
  for (const word of words) {
    if (waiting !== undefined) waiting = undefined;
    else if (word === '--' && !ended) ended = true;
    else if (word.startsWith('-') && word !== '-' && !ended) {
      const option = optionOf(program, command, word);
      waiting = option?.required === true ? option : undefined;
    } else if (command === undefined) command = commandOf(program, word);
    else positional += 1;
  }
  return { command, waiting, positional, ended };
}

function commandOf(program: Command, word: string): Command | 'help' | undefined {
  if (word === 'help') return 'help';
  return program.commands.find((command) => command.name() === word || command.aliases().includes(word));
}

function optionOf(program: Command, command: Walked['command'], word: string): Option | undefined {
  return visibleOptions(program, command).find(({ short, long }) => word === short || word === long);
}

function visibleOptions(program: Command, command: Walked['command']): Option[] {
  return [...(typeof command === 'object' ? command.options : []), ...program.options].filter(({ hidden }) => !hidden);
}

function optionsOf(program: Command, command: Walked['command']): Candidate[] {
  const options = visibleOptions(program, command).map(({ long, short, description }) => ({
    value: long ?? short ?? '',
    description,
  }));
  return [...options, { value: '--help', description: 'print help' }];
}

function commandsOf(program: Command): Candidate[] {
  return program.commands
    .filter((command) => !isHidden(command))
    .map((command) => ({ value: command.name(), description: command.summary() }));
}

/** Commands that no person types begin with underscores. */
function isHidden(command: Command): boolean {
  return command.name().startsWith('__');
}

function valuesOf(option: Option): Candidates {
  const asked = askedByOption[option.long ?? ''];
  const known = (option.argChoices ?? []).map((value) => ({ value }));
  return asked === undefined ? { known } : { known, asked };
}
