import type { AddCommand } from '../surroundings.ts';

/** `potoo explain`: which rule caused an error. */
export const addExplain: AddCommand = (program, surroundings) => {
  program
    .command('explain')
    .summary('which rule caused an error')
    .description(
      'Says which rule caused an error, how sure that is and what to do; or which other cause it has. The text comes from the ' +
        'arguments, or from standard input: kubectl apply -f web.yaml 2>&1 | potoo explain',
    )
    .argument('[text...]', 'the error, event or log line in quotation marks; - or nothing reads standard input')
    .option('-w, --workload <name>', 'the workload that it happened to; also as Kind/name')
    .action(async (text: string[], _options, command) => {
      const { runExplain } = await import('../run/explain.ts');
      await runExplain(text, command, surroundings);
    });
};
