import type { AddCommand } from '../surroundings.ts';

/** `potoo details`: one rule in full. */
export const addDetails: AddCommand = (program, surroundings) => {
  program
    .command('details')
    .summary('one rule in full')
    .description('Shows one rule that binds the namespace, with all that you may see of it.')
    .argument('<constraint>', 'id, name or name/rule, as "potoo query -o name" prints it')
    .action(async (constraint: string, _options, command) => {
      const { runDetails } = await import('../run/details.ts');
      await runDetails(constraint, command, surroundings);
    });
};
