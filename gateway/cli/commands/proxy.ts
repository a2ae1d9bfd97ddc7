import { port } from '../options.ts';
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
      await runProxy(ProxySettings.parse(command.optsWithGlobals()), surroundings);
    });
};
