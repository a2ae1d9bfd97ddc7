import { Option } from 'commander';
import { constraintTypes, severities } from '../../../crds/constraint-words.ts';
import { count, labels, oneOf } from '../options.ts';
import type { AddCommand } from '../surroundings.ts';

/** What --fail-on takes: constraints of this severity or a graver one. */
const failOn = ['critical', 'warning', 'info', 'any'] as const;

/** `potoo query`: what binds a namespace. */
export const addQuery: AddCommand = (program, surroundings) => {
  program
    .command('query')
    .summary('what binds a namespace')
    .description('Lists the rules that bind a namespace, gravest first.')
    .option('-A, --all-namespaces', 'all namespaces that you may see')
    .option('-w, --workload <name>', 'only what binds, or may bind, this workload; also as Kind/name')
    .addOption(
      new Option(
        '-l, --labels <labels>',
        'only what binds, or may bind, pods with these labels: app=web,!canary',
      ).argParser(labels),
    )
    .addOption(
      new Option('-t, --type <type>', 'only this type').choices(constraintTypes).argParser(oneOf(constraintTypes)),
    )
    .addOption(
      new Option('-s, --severity <severity>', 'only this severity').choices(severities).argParser(oneOf(severities)),
    )
    .addOption(
      new Option('--limit <number>', 'one page of this size').argParser(count(1_000)).conflicts('allNamespaces'),
    )
    .addOption(new Option('--cursor <cursor>', 'the page that begins here').conflicts('allNamespaces'))
    .option('--no-remediation', 'leave out what one can do, in json and yaml')
    .addOption(
      new Option('--fail-on <severity>', 'exit with 1 when something as grave as this binds')
        .choices(failOn)
        .argParser(oneOf(failOn)),
    )
    .action(async (_options, command) => {
      const { runQuery } = await import('../run/query.ts');
      await runQuery(command, surroundings);
    });
};
