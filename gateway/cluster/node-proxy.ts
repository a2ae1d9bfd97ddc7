/**
 * What kubelets say of themselves. The way there is `nodes/proxy`, and who may use that may also run commands in every
 * container of the node, past admission and audit. So no account of Potoo's has it: only a person may use its own right.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/
 */
import * as z from 'zod';
import { refuse, type Rights } from '../answer/levels.ts';
import { type Refusal, refusal } from '../errors.ts';
import { type Cluster, clusterTool } from './define.ts';
import { ObjectName } from './fields.ts';
import { core } from './kinds.ts';
import { logAnswer, LogOutput, logText, tailMax, TailField } from './log-lines.ts';
import { objectAnswer, ObjectOutput, objectText } from './one-object.ts';

const onlyOwnRights =
  'Only with the own rights of a person (potoo mcp): it needs nodes/proxy, which also allows to run commands on the node.';

/** The answer of a gateway; undefined where the tool may go on. */
function notHere({ account }: Cluster, caller: Rights): Refusal | undefined {
  if (account === 'person') return undefined;
  if (caller.anonymous) return refuse(caller, 'get nodes/proxy');
  return refusal(
    'FORBIDDEN',
    'The gateway does not have this tool: it needs nodes/proxy, which also allows to run commands in every container of ' +
      'the node, so the gateway has no such right. Use `potoo mcp` on your own machine, with your own rights.',
  );
}

const name = ObjectName.describe('Name of the node.');
const resource = core.nodes;
const subresource = 'proxy';

/** A service or a file below /var/log, as the kubelet takes it; nothing that steps out of there, and no option. */
function isLogQuery(text: string): boolean {
  return /^[A-Za-z0-9_/][A-Za-z0-9_.@/-]{0,199}$/.test(text) && !text.includes('..') && !text.includes('//');
}

export const nodesLog = clusterTool({
  name: 'nodes_log',
  title: 'Log of a node',
  description: `Reads the last lines of the log of a service of a node, or of a file in its log folder. ${onlyOwnRights}`,
  input: z.object({
    name,
    query: z
      .string()
      .max(200)
      .refine(isLogQuery, 'is no name of a service or file: like kubelet, or /kube-proxy.log')
      .describe('Name of a service, like kubelet, or a file, like /kube-proxy.log.'),
    tailLines: TailField.describe(`How many lines, from the end; at most ${tailMax}.`),
  }),
  output: LogOutput,
  text: logText,
  async run({ query, tailLines, ...node }, call, cluster) {
    const refused = notHere(cluster, call.caller);
    if (refused !== undefined) return refused;
    const target = { resource, subresource, name: node.name };
    return logAnswer(cluster.reader, call, target, { query, tailLines: String(tailLines) }, '/logs/');
  },
});

export const nodesStatsSummary = clusterTool({
  name: 'nodes_stats_summary',
  title: 'Figures of a node',
  description: `What the kubelet of a node counts of it and of its pods: CPU, memory, storage, network. ${onlyOwnRights}`,
  input: z.object({ name }),
  output: ObjectOutput,
  text: objectText,
  async run(node, call, cluster) {
    const refused = notHere(cluster, call.caller);
    if (refused !== undefined) return refused;
    return objectAnswer(cluster.reader, call, { resource, subresource, name: node.name }, '/stats/summary');
  },
});
