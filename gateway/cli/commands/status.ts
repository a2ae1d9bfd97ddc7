import type { AddCommand } from '../surroundings.ts';

/** `potoo status`: how well Potoo works. */
export const addStatus: AddCommand = (program, surroundings) => {
  program
    .command('status')
    .summary('how well Potoo works, and what is wrong')
    .description(
      'Shows how well Potoo works, how much it reads, and what is wrong. Exits with 1 when something is, 3 when that cannot be known: from files, or without the right to see whether the operator runs.',
    )
    .action(async (_options, command) => {
      const { runStatus } = await import('../run/status.ts');
      await runStatus(command, surroundings);
    });
};
