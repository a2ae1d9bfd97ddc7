/** How the cluster is reached, without any credential. */
import * as z from 'zod';
import { dataText } from '../../answer/fence.ts';
import { refuse } from '../../answer/levels.ts';
import type { Call } from '../../call.ts';
import { refusal } from '../../errors.ts';
import { type Cluster, clusterTool } from '../define.ts';
import { ConfigurationView, configurationView } from './kubeconfig.ts';

const inCluster =
  'The gateway runs in the cluster and talks to its own API server with a ServiceAccount of its own; there is no kubeconfig, ' +
  'and your token is used for nothing but to know you. `potoo mcp` on your machine shows your own kubeconfig.';

export const configurationViewTool = clusterTool({
  name: 'configuration_view',
  title: 'How the cluster is reached',
  description: 'Shows clusters, contexts and users of the configuration in use, without any credential.',
  input: z.object({ minified: z.boolean().default(true).describe('Only what the current context uses.') }),
  output: ConfigurationView.extend({ note: z.string() }),
  text: ({ note, clusters, contexts, users }) =>
    dataText({
      before: [note],
      data: [
        ...clusters.map(({ name, server = '' }) => `cluster ${name}: ${server}`),
        ...contexts.map(contextLine),
        ...users.map(({ name, credentials }) => `user ${name}: ${credentials.join(', ')}`),
      ],
    }),
  async run({ minified }, call, cluster) {
    return viewOf(call, cluster, minified);
  },
});

export const configurationContextsList = clusterTool({
  name: 'configuration_contexts_list',
  title: 'Contexts of the configuration',
  description: 'Lists the contexts of the configuration in use, and which one is current.',
  input: z.object({}),
  output: ConfigurationView.pick({ current_context: true, contexts: true }).extend({ note: z.string() }),
  text: ({ note, contexts }) => dataText({ before: [note], data: contexts.map(contextLine) }),
  async run(_, call, cluster) {
    const view = await viewOf(call, cluster, false);
    if (!view.ok) return view;
    const { note, contexts, current_context: current } = view.value;
    return { ok: true, value: { note, contexts, ...(current === undefined ? {} : { current_context: current }) } };
  },
});

async function viewOf({ caller }: Call, { account, kubeconfig }: Cluster, minified: boolean) {
  if (caller.anonymous) return refuse(caller, 'use these tools');
  if (account === 'gateway') {
    const namespace = 'in-cluster';
    const context = { name: namespace, cluster: namespace, user: namespace, current: true };
    const cluster = { name: namespace, server: 'https://kubernetes.default.svc', namesAuthority: true, verifies: true };
    const user = { name: namespace, credentials: ['token in a file'] };
    const value = {
      current_context: namespace,
      clusters: [cluster],
      contexts: [context],
      users: [user],
      note: inCluster,
    };
    return { ok: true as const, value };
  }
  if (kubeconfig === undefined) return refusal('INTERNAL', 'There is no kubeconfig to show.');
  const note = 'From your kubeconfig. Credentials are left out, whatever they are.';
  return { ok: true as const, value: { ...configurationView(await kubeconfig(), minified), note } };
}

function contextLine(context: z.output<typeof ConfigurationView>['contexts'][number]): string {
  const { name, cluster, user, namespace = 'default', current } = context;
  return `context ${name}${current ? ' (current)' : ''}: cluster ${cluster}, user ${user}, namespace ${namespace}`;
}
