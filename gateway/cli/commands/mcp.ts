import { InvalidArgumentError, Option } from 'commander';
import { type Toolset, toolsets } from '../../tools/toolset-names.ts';
import { port } from '../options.ts';
import type { AddCommand } from '../surroundings.ts';

/** `potoo mcp`: an MCP server with the person's own rights. */
export const addMcp: AddCommand = (program, surroundings) => {
  program
    .command('mcp')
    .summary('serve MCP clients with your own rights')
    .description(
      'An MCP server for agents on this machine. It asks the cluster with your kubeconfig, so that agents see what you may see. ' +
        'Speaks over stdin and stdout unless told to listen.',
    )
    .option('--http-port <port>', 'listen on this port of 127.0.0.1: MCP is at /mcp, REST beside it', port)
    .addOption(
      new Option('--sse-port <port>', 'the same for clients of the older HTTP+SSE transport: MCP is at /sse')
        .conflicts('httpPort')
        .argParser(port),
    )
    .addOption(
      new Option('--toolsets <names>', `what agents can use: ${toolsets.join(', ')}, or both with a comma between`)
        .default(['constraints'], 'constraints')
        .argParser(toolsetsOf),
    )
    .action(async (_options, command) => {
      const { runMcp } = await import('../run/mcp.ts');
      await runMcp(command, surroundings);
    });
};

function toolsetsOf(given: string): Toolset[] {
  return given.split(',').map((word) => {
    const toolset = toolsets.find((each) => each === word.trim());
    if (toolset === undefined)
      throw new InvalidArgumentError(`Allowed are ${toolsets.join(', ')}, separated by commas.`);
    return toolset;
  });
}
