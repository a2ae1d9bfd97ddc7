/**
 * Candidates as lines for a shell, `value<TAB>description`. Asks the cluster where it has to, for a short time, and says
 * nothing when that fails: an error would stand in the middle of what somebody types.
 */
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import type { Surroundings } from '../surroundings.ts';
import { visible } from '../visible.ts';
import { type Asked, type Candidate, type Candidates, wholeWords } from './candidates.ts';
import { filesMark } from './scripts.ts';

export interface CompletionRequest {
  readonly program: Command;
  readonly words: readonly string[];
  /** In the form in which kubectl asks a plugin: a last line with a colon and a number. */
  readonly kubectl: boolean;
  readonly surroundings: Surroundings;
}

/** Longer nobody waits for a TAB. */
const askedMsMax = 5_000;
/** Words that no shell takes for anything else; the shell puts what it gets on the command line as it is. */
const plain = /^[\w@%+=:,./-]{1,512}$/;
/** @see https://github.com/spf13/cobra/blob/v1.9.1/completions.go: ShellCompDirectiveDefault, ShellCompDirectiveNoFileComp */
const directives = { files: ':0', values: ':4' };

/** The lines to print. */
export async function linesOf(
  { known, asked, before = '' }: Candidates,
  request: CompletionRequest,
): Promise<string[]> {
  const { words, kubectl } = request;
  if (asked === 'files') return kubectl ? [directives.files] : [filesMark];
  const current = words.at(-1) ?? '';
  const found = asked === undefined ? [] : await askedOf(asked, request);
  const lines = [...known, ...found]
    .map(({ value, description }) => ({ value: `${before}${value}`, description }))
    .filter(({ value }) => value.startsWith(current) && plain.test(value))
    .map(({ value, description }) => (description ? `${value}\t${visible(description)}` : value));
  return kubectl ? [...lines, directives.values] : lines;
}

async function askedOf(asked: Exclude<Asked, 'files'>, request: CompletionRequest): Promise<Candidate[]> {
  const { program, words, surroundings } = request;
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    // What was typed before says which cluster is meant.
    program.configureOutput({ writeErr: () => undefined }).parseOptions([...wholeWords(program, words)]);
    program.setOptionValue('timeout', askedMsMax);
    const { namesOf } = await import('../run/names.ts');
    return await namesOf(asked, program, { ...surroundings, errors: silent });
  } catch {
    return [];
  }
}
