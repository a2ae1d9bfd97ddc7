import { Argument, type Command } from 'commander';
import { completionScript, shells } from '../completion/scripts.ts';
import { oneOf } from '../options.ts';
import type { AddCommand, Surroundings } from '../surroundings.ts';

/** `potoo completion`, and the hidden `potoo __complete` that its scripts ask. */
export const addCompletion: AddCommand = (program, surroundings) => {
  program
    .command('completion')
    .summary('a script that makes TAB complete')
    .description('Prints a script that makes TAB complete commands, options, namespaces and names of rules.')
    .addArgument(new Argument('<shell>', 'the shell that reads it').choices(shells).argParser(oneOf(shells)))
    .addHelpText(
      'after',
      [
        '',
        'For the shell that is open:',
        '  bash   source <(potoo completion bash)',
        '  zsh    source <(potoo completion zsh)',
        '  fish   potoo completion fish | source',
        'The head of each script says how to have it in every shell.',
      ].join('\n'),
    )
    .action((shell: (typeof shells)[number]) => {
      surroundings.output.write(completionScript(shell));
    });
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .option('--kubectl', 'answers as kubectl asks its plugins')
    .action(async (words: string[], options: { kubectl?: boolean }) =>
      complete(program, words, options.kubectl === true, surroundings),
    );
};

async function complete(
  program: Command,
  words: string[],
  kubectl: boolean,
  surroundings: Surroundings,
): Promise<void> {
  const { candidatesAt } = await import('../completion/candidates.ts');
  const { linesOf } = await import('../completion/lines.ts');
  const candidates = candidatesAt(program, words);
  const lines = await linesOf(candidates, { program, words, kubectl, surroundings });
  surroundings.output.write(lines.map((line) => `${line}\n`).join(''));
}
