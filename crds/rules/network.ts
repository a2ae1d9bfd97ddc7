import * as z from 'zod';
import { LabelExpression } from '../label-expression.ts';
import { LabelSelector } from '../label-selector.ts';

/** Pods by labels; never pods that use the network of their node. Every part that is present must hold. */
export const NetworkPods = z.object({
  namespace: z.string().optional().describe('Exactly this namespace.'),
  namespaceSelector: LabelSelector.optional().describe('Namespaces with such labels. One of the two is given.'),
  podSelector: LabelSelector.describe('Empty for every pod.'),
  expression: LabelExpression.optional().describe('On the labels of pods, their namespaces and ServiceAccounts.'),
  serviceAccounts: z.array(z.string()).optional().describe('Names; pods must run as one of them.'),
});
export type NetworkPods = z.infer<typeof NetworkPods>;

/** Addresses in the notation of CIDR, without those of `except`. */
export const IpBlock = z.object({ cidr: z.string(), except: z.array(z.string()) });
export type IpBlock = z.infer<typeof IpBlock>;

/** Ports of one protocol, on the destination pod after a Service has been resolved. */
export const NetworkPort = z.object({
  protocol: z.string().describe('TCP, UDP, SCTP, ICMP, ICMPv6, a number, or ANY for every protocol that has ports.'),
  port: z.union([z.int(), z.string()]).optional().describe('Number, or name of a container port. Absent: every port.'),
  endPort: z.int().optional().describe('Last port of a range that begins at `port`.'),
  icmpType: z.union([z.int(), z.string()]).optional().describe('Of ICMP and ICMPv6. Absent: every type.'),
  icmpCode: z.int().optional(),
});
export type NetworkPort = z.infer<typeof NetworkPort>;

/** Addresses that stand in an object of its own, by its name or labels; all of that kind without either. */
export const IpSet = z.object({
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string().optional(),
  selector: LabelSelector.optional(),
  expression: LabelExpression.optional(),
  except: z.array(z.string()).optional(),
});
export type IpSet = z.infer<typeof IpSet>;

/**
 * One kind of counterpart of a connection. Every part that is present must hold, and one that is empty lets nobody through.
 */
export const NetworkPeer = z.object({
  pods: NetworkPods.optional(),
  notPods: NetworkPods.optional().describe('Whatever is not such a pod, addresses outside the cluster too.'),
  ipBlock: IpBlock.optional(),
  notIpBlocks: z.array(z.string()).optional().describe('CIDRs; the address may be in none of them.'),
  entities: z
    .array(z.string())
    .optional()
    .describe(
      'Names that the engine has for parts of the world: all, world, cluster, host, remote-node, …; any of them.',
    ),
  nodes: LabelSelector.optional().describe('Nodes with such labels, and pods on their network.'),
  domainNames: z
    .array(z.object({ pattern: z.string(), wildcard: z.enum(['oneLabel', 'manyLabels']) }))
    .optional()
    .describe('Any of these names; `*` in one stands for one label or for several.'),
  services: z
    .array(
      z.object({ namespace: z.string().optional(), name: z.string().optional(), selector: LabelSelector.optional() }),
    )
    .optional()
    .describe('What stands behind any of these Services. Without a namespace: in every one.'),
  ipSets: z
    .array(IpSet)
    .optional()
    .describe(
      'Addresses that stand in objects of their own (CIDR groups, network sets), by name or labels; any of them.',
    ),
  notIpSets: z.array(IpSet).optional().describe('The address may stand in none of these.'),
  identities: z.array(z.string()).optional().describe('Identities that a proxy proves, as the engine writes them.'),
  external: z.string().optional().describe('A set of addresses that something outside the cluster keeps.'),
  ports: z.array(NetworkPort).optional().describe('Ports of the counterpart; any of them.'),
  notPorts: z.array(NetworkPort).optional(),
});
export type NetworkPeer = z.infer<typeof NetworkPeer>;

/** What beyond addresses and ports decides, and is known only when a connection carries a request. */
export const NetworkCondition = z.object({
  kind: z.enum(['http', 'dns', 'serverName', 'authentication', 'listener', 'other']),
  text: z.string().describe('As the policy has it, as JSON.'),
});
export type NetworkCondition = z.infer<typeof NetworkCondition>;

/** What happens to connections with any of the peers on any of the ports. */
export const NetworkClause = z.object({
  path: z.string().describe('JSON pointer of the rule in the policy object.'),
  action: z
    .enum(['deny', 'pass', 'log'])
    .optional()
    .describe('Absent: they pass. pass: what comes after this tier decides; log: noted, the next clause decides.'),
  peers: z.array(NetworkPeer).optional().describe('Absent: everyone, outside the cluster too. Empty: nobody.'),
  ports: z.array(NetworkPort).optional().describe('Absent: every port of every protocol.'),
  notPorts: z.array(NetworkPort).optional().describe('None of these.'),
  own: NetworkPeer.optional().describe('What must hold of the bound pod itself, beside the scope.'),
  ipVersion: z.union([z.literal(4), z.literal(6)]).optional(),
  conditions: z.array(NetworkCondition).optional().describe('All must hold, too.'),
  unread: z
    .array(z.string())
    .optional()
    .describe(
      'JSON pointers of parts that are not understood. What such a clause means is not known, from nothing to ' +
        'everything: it has no peers and ports, and a connection that no clause before it decides is left open.',
    ),
});
export type NetworkClause = z.infer<typeof NetworkClause>;

/** Where a policy stands among others. What stands in one place adds up: any of them lets through. */
export const NetworkPlace = z.object({
  engine: z.enum(['kubernetes', 'cilium', 'calico']).describe('Whose order it is; each has one of its own.'),
  tier: z
    .string()
    .describe('Admin, NetworkPolicy and Baseline of Kubernetes; Normal of Cilium; the name of a Tier of Calico.'),
  tierOrder: z.number().optional().describe('Of the tier: lower goes first. Absent: last, by name.'),
  order: z
    .number()
    .optional()
    .describe(
      'Of the policy in its tier: lower goes first. Absent: last. Of policies of Calico with one order the name decides, then ' +
        'namespace and kind.',
    ),
});
export type NetworkPlace = z.infer<typeof NetworkPlace>;

/**
 * What the bound pods accept (Ingress) or open (Egress). Without a place it is a NetworkPolicy: it stands behind the tier Admin
 * and before Baseline, all its clauses add up, and with those of other NetworkPolicies too.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export const NetworkRule = z.object({
  form: z.literal('network'),
  direction: z.enum(['Ingress', 'Egress']),
  clauses: z
    .array(NetworkClause)
    .describe('The first that matches decides; of Cilium denials stand first, of every policy of the tier.'),
  otherwise: z
    .enum(['deny', 'next', 'allow', 'unknown'])
    .optional()
    .describe(
      'What comes of connections that no clause of any policy of this tier decides. Absent: they are dropped. next: the ' +
        'following policies and tiers decide, and at last they pass; allow: they pass; unknown: the tier decides, and is not known.',
    ),
  place: NetworkPlace.optional(),
  staged: z.literal(true).optional().describe('Written down, and not enforced.'),
  hook: z
    .enum(['host', 'forward', 'preDnat', 'untracked'])
    .optional()
    .describe(
      'Where it is enforced, when that is not at pods: at nodes, or before addresses are translated or tracked.',
    ),
});
export type NetworkRule = z.infer<typeof NetworkRule>;
