/** What `potoo mcp` does. */
import type { Command } from 'commander';
import { pino } from 'pino';
import * as z from 'zod';
import { whenAborted } from '../../../kube/until-aborted.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { createClusterTools } from '../../cluster/all.ts';
import { createSurface } from '../../mcp/product.ts';
import { listenForPerson } from '../../person/http.ts';
import { kubeconfigPaths } from '../../person/kubeconfig.ts';
import { readMergedKubeconfig } from '../../person/merged-kubeconfig.ts';
import type { Local } from '../../person/local.ts';
import { createOffline } from '../../person/offline.ts';
import { createPerson, type PersonOptions } from '../../person/person.ts';
import { serveOverStdio } from '../../person/stdio.ts';
import { resources } from '../../resources/all.ts';
import { toolsets } from '../../tools/toolset-names.ts';
import { toolsOf } from '../../tools/toolsets.ts';
import { Failure } from '../failure.ts';
import type { Surroundings } from '../surroundings.ts';

const { version } = packageJson;

const Options = z.object({
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
  reports: z.string().optional(),
  httpPort: z.int().optional(),
  ssePort: z.int().optional(),
  toolsets: z.array(z.enum(toolsets)),
});
type Options = z.infer<typeof Options>;

/** Serves until stdin ends, or until it is stopped where it listens. */
export async function runMcp(command: Command, surroundings: Surroundings): Promise<void> {
  const options = Options.parse(command.optsWithGlobals());
  const { input, output, errors, random, stop } = surroundings;
  const local = openLocal(options, surroundings);
  try {
    const surface = createSurface({ tools: local.tools, resources, version });
    const port = options.httpPort ?? options.ssePort;
    if (port === undefined) {
      const { asking, calls } = local;
      await serveOverStdio({ surface, asking, input, output, log: calls.log, stop });
      return;
    }
    await using listening = await listenForPerson({ local, surface, port, random }).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Failure(`Port ${port} of 127.0.0.1 cannot be listened on: ${why}`, { cause });
    });
    const path = options.ssePort === undefined ? '/mcp' : '/sse';
    errors.write(
      `MCP is at http://127.0.0.1:${listening.port}${path} for every program on this machine, with your rights.\n`,
    );
    await whenAborted(stop);
  } finally {
    await local.close();
  }
}

function openLocal(options: Options, { environment, errors, clock, random }: Surroundings): Local {
  // Stdout is for messages alone.
  const log = pino({ level: 'warn', base: { program: 'potoo' } }, errors);
  const { reports, context } = options;
  if (reports !== undefined) {
    // There is no cluster whose tools these would be.
    return createOffline({ reports, clock, log, version, tools: toolsOf(options.toolsets, () => []) });
  }
  const kubeconfig = kubeconfigPaths(options.kubeconfig, environment);
  const tools: PersonOptions['tools'] = ({ transport, namespace }) =>
    toolsOf(options.toolsets, () =>
      createClusterTools({
        transport,
        clock,
        account: 'person',
        defaultNamespace: namespace,
        kubeconfig: async () => readMergedKubeconfig(kubeconfig, context),
      }),
    );
  return createPerson({ kubeconfig, environment, context, clock, random, log, version, tools });
}
