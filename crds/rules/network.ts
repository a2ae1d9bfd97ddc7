import * as z from 'zod';
import { LabelSelector } from '../label-selector.ts';

/** One kind of counterpart of a connection: pods, or addresses. */
export const NetworkPeer = z.union([
  z.object({
    pods: z
      .object({
        namespace: z.string().optional().describe('Exactly this namespace.'),
        namespaceSelector: LabelSelector.optional().describe(
          'Every namespace with such labels. One of the two is given.',
        ),
        podSelector: LabelSelector.describe('Empty for every pod.'),
      })
      .describe('Pods by labels; never pods that use the network of their node.'),
  }),
  z.object({
    ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()) }),
  }),
]);
export type NetworkPeer = z.infer<typeof NetworkPeer>;

/** Ports on the destination pod, after a Service has been resolved. */
export const NetworkPort = z.object({
  protocol: z.string(),
  port: z.union([z.int(), z.string()]).optional().describe('Number, or name of a container port. Absent: every port.'),
  endPort: z.int().optional().describe('Last port of a range that begins at `port`.'),
});
export type NetworkPort = z.infer<typeof NetworkPort>;

/** What passes: any of the peers on any of the ports. */
export const NetworkOpening = z.object({
  path: z.string().describe('JSON pointer of the rule in the policy object.'),
  peers: z.array(NetworkPeer).optional().describe('Absent: everyone, outside the cluster too.'),
  ports: z.array(NetworkPort).optional().describe('Absent: every port of every protocol.'),
  unread: z
    .array(z.string())
    .optional()
    .describe(
      'JSON pointers of parts that are not understood. What such an opening lets through is not known, from nothing to ' +
        'everything: it has no peers and ports, and a connection that no other opening lets through is left open.',
    ),
});
export type NetworkOpening = z.infer<typeof NetworkOpening>;

/**
 * Selected pods accept (Ingress) or open (Egress) only the connections that some opening of some policy lets through.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export const NetworkRule = z.object({
  form: z.literal('network'),
  direction: z.enum(['Ingress', 'Egress']),
  allow: z.array(NetworkOpening),
});
export type NetworkRule = z.infer<typeof NetworkRule>;
