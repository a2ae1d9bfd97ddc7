import { InvalidArgumentError } from 'commander';
import type { AddCommand } from '../surroundings.ts';

const portDefault = 8_090;

/** `potoo proxy`: a listener on this machine that adds the person's credentials. */
export const addProxy: AddCommand = (program, surroundings) => {
  program
    .command('proxy')
    .summary('let clients that cannot send headers ask a gateway')
    .description(
      'Listens on this machine and passes requests to the gateway of --server with your credentials: POTOO_TOKEN, else the ' +
        'token of your kubeconfig. For MCP clients and scripts that know a URL and nothing else.',
    )
    .option('--port <port>', 'port of 127.0.0.1 to listen on; 0 takes a free one', port, portDefault)
    .action(async (_options, command) => {
      const { ProxySettings, runProxy } = await import('../../proxy/run.ts');
      try {
        await runProxy(ProxySettings.parse(command.optsWithGlobals()), surroundings);
      } catch (error) {
        surroundings.errors.write(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
        surroundings.exitWith(2);
      }
    });
};

function port(given: string): number {
  const number = /^\d{1,5}$/.test(given) ? Number(given) : -1;
  if (number < 0 || number > 65_535) throw new InvalidArgumentError('A port from 1 to 65535; 0 takes a free one.');
  return number;
}
