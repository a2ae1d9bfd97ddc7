import { Option } from 'commander';
import { count } from '../options.ts';
import type { AddCommand } from '../surroundings.ts';

/** `potoo namespaces`: how many rules bind each. */
export const addNamespaces: AddCommand = (program, surroundings) => {
  program
    .command('namespaces')
    .alias('ns')
    .summary('namespaces, and how many rules bind each')
    .description('Lists the namespaces that you may see, and how many rules bind each.')
    .addOption(new Option('--limit <number>', 'one page of this size').argParser(count(1_000)))
    .option('--cursor <cursor>', 'the page that begins here')
    .action(async (_options, command) => {
      const { runNamespaces } = await import('../run/namespaces.ts');
      await runNamespaces(command, surroundings);
    });
};
