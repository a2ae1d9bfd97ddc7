import type { AddCommand } from '../surroundings.ts';

/** `potoo remediate`: what to do about one rule. */
export const addRemediate: AddCommand = (program, surroundings) => {
  program
    .command('remediate')
    .summary('what to do about a rule')
    .description('Says what one can do about a rule, in steps with commands and patches to copy. Changes nothing.')
    .argument('<constraint>', 'id, name or name/rule, as "potoo query -o name" prints it')
    .action(async (constraint: string, _options, command) => {
      const { runRemediate } = await import('../run/remediate.ts');
      await runRemediate(constraint, command, surroundings);
    });
};
