/** The command line `potoo`. */
import { Command } from 'commander';
import { systemClock as clock } from '../kube/clock.ts';
import { addMcp } from './cli/commands/mcp.ts';
import { GatewayError } from './errors.ts';

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => (stop.signal.aborted ? process.exit(1) : stop.abort(signal)));
}
const program = new Command('potoo')
  .option('--kubeconfig <file>', 'kubeconfig to use')
  .option('--context <name>', 'context of the kubeconfig')
  .option('--reports <path>', 'answer from a file or folder with the output of "kubectl get potoo -A -o yaml"');
addMcp(program, {
  environment: process.env,
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  clock,
  random: Math.random,
  stop: stop.signal,
  exitWith(code) {
    process.exitCode = code;
  },
});
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof GatewayError)) throw error;
  process.stderr.write(`Error: ${error.message}\n`);
  process.exitCode = 2;
}
