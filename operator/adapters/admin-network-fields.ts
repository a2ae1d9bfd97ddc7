/**
 * The fields of AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy that name pods, peers and ports.
 *
 * @see https://github.com/kubernetes-sigs/network-policy-api/blob/v0.1.8/apis/v1alpha1/shared_types.go
 * @see https://github.com/kubernetes-sigs/network-policy-api/blob/v0.2.0/apis/v1alpha2/clusternetworkpolicy_types.go
 */
import * as z from 'zod';
import type { LabelSelector } from '../../crds/label-selector.ts';
import type { NetworkPeer, NetworkPort } from '../../crds/rules/network.ts';
import { isJsonObject } from '../../kube/object.ts';
import { absent, SelectorField } from './fields.ts';

/**
 * Namespaces by labels. In early versions the selector stood in a field of its own, and other fields beside it chose in other
 * ways, which are not known here.
 *
 * @see https://github.com/kubernetes-sigs/network-policy-api/blob/0b04ed7e95c515da54b76f30178ffdae974dff76/apis/v1alpha1/shared_types.go
 */
const PeerNamespaces = z.preprocess((value) => {
  const isOld = isJsonObject(value) && Object.keys(value).length === 1 && isJsonObject(value['namespaceSelector']);
  return isOld ? value['namespaceSelector'] : value;
}, SelectorField);

/** A selector that is absent selects all: v1alpha2 may omit that of namespaces, and stored objects that of pods. */
const NamespacedPods = z.strictObject({ namespaceSelector: absent(SelectorField), podSelector: absent(SelectorField) });

export interface SubjectSelectors {
  readonly namespaceSelector?: LabelSelector | undefined;
  readonly podSelector?: LabelSelector | undefined;
}

/** Exactly one of the two. */
export const AdminSubject = z
  .strictObject({ namespaces: absent(SelectorField), pods: absent(NamespacedPods) })
  .refine(({ namespaces, pods }) => (namespaces === undefined) !== (pods === undefined), {
    error: 'Must have either namespaces or pods',
    when: ({ issues }) => issues.length === 0,
  })
  .transform(({ namespaces, pods }): SubjectSelectors => pods ?? { namespaceSelector: namespaces });

const ingressPeers = { namespaces: absent(PeerNamespaces), pods: absent(NamespacedPods) };
/** Four times as many as an API server stores in one list: a later version may take more. */
const addressesMax = 100;

const egressPeers = {
  ...ingressPeers,
  nodes: absent(SelectorField),
  networks: absent(z.array(z.string()).min(1).max(addressesMax)),
  domainNames: absent(z.array(z.string().min(1)).min(1).max(addressesMax)),
};

type Peer = z.infer<z.ZodObject<typeof egressPeers>>;

/** The counterparts that one entry means; none where it has no field at all. */
export const AdminPeer = {
  Ingress: oneField(z.strictObject(ingressPeers)).transform((peer) => peersOf(peer)),
  Egress: oneField(z.strictObject(egressPeers)).transform((peer) => peersOf(peer)),
};

function oneField<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape, z.core.$strict>) {
  return schema.refine((peer) => Object.values(peer).filter((part) => part !== undefined).length <= 1, {
    error: 'Must have one field only',
    when: ({ issues }) => issues.length === 0,
  });
}

function peersOf({ namespaces, pods, nodes, networks, domainNames }: Partial<Peer>): NetworkPeer[] {
  if (namespaces !== undefined) return [{ pods: { namespaceSelector: namespaces, podSelector: {} } }];
  if (pods !== undefined) {
    const { namespaceSelector = {}, podSelector = {} } = pods;
    return [{ pods: { namespaceSelector, podSelector } }];
  }
  if (nodes !== undefined) return [{ nodes }];
  if (networks !== undefined) return networks.map((cidr) => ({ ipBlock: { cidr, except: [] } }));
  if (domainNames === undefined) return [];
  return [{ domainNames: domainNames.map((pattern) => ({ pattern, wildcard: 'manyLabels' as const })) }];
}

const Number = z.int().min(1).max(65_535);
const rangeError = { path: ['end'], error: 'Must not be below the number in start' };
const range = { start: Number, end: Number };
const isRange = ({ start, end }: { start: number; end: number }) => start <= end;
const protocol = absent(z.string().min(1));

const PortNumber = z.strictObject({ protocol, port: Number });
const PortRange = z.strictObject({ protocol, ...range }).refine(isRange, rangeError);

/** An entry of `ports`: exactly one of the three. */
export const AdminPort = z
  .strictObject({ portNumber: absent(PortNumber), portRange: absent(PortRange), namedPort: absent(z.string().min(1)) })
  .transform(({ portNumber, portRange, namedPort }, context): NetworkPort => {
    const ports: NetworkPort[] = [];
    if (portNumber !== undefined) ports.push({ protocol: portNumber.protocol ?? 'TCP', port: portNumber.port });
    if (portRange !== undefined) {
      ports.push({ protocol: portRange.protocol ?? 'TCP', port: portRange.start, endPort: portRange.end });
    }
    if (namedPort !== undefined) ports.push({ protocol: 'ANY', port: namedPort });
    const [port] = ports;
    if (port !== undefined && ports.length === 1) return port;
    context.issues.push({ code: 'custom', message: 'Must have exactly one field', input: ports });
    return z.NEVER;
  });

const DestinationPort = z.strictObject({
  number: absent(Number),
  range: absent(z.strictObject(range).refine(isRange, rangeError)),
});
const Transport = absent(z.strictObject({ destinationPort: DestinationPort }));

/** An entry of `protocols`: exactly one of the four. */
export const AdminProtocol = z
  .strictObject({ tcp: Transport, udp: Transport, sctp: Transport, destinationNamedPort: absent(z.string().min(1)) })
  .transform(({ destinationNamedPort, ...transports }, context): NetworkPort => {
    const ports: NetworkPort[] = [];
    if (destinationNamedPort !== undefined) ports.push({ protocol: 'ANY', port: destinationNamedPort });
    for (const name of ['tcp', 'udp', 'sctp'] as const) {
      const { destinationPort } = transports[name] ?? {};
      if (destinationPort?.number !== undefined) {
        ports.push({ protocol: name.toUpperCase(), port: destinationPort.number });
      }
      if (destinationPort?.range !== undefined) {
        const { start, end } = destinationPort.range;
        ports.push({ protocol: name.toUpperCase(), port: start, endPort: end });
      }
    }
    const [port] = ports;
    if (port !== undefined && ports.length === 1) return port;
    context.issues.push({
      code: 'custom',
      message: 'Must have exactly one field with one port or range',
      input: ports,
    });
    return z.NEVER;
  });
