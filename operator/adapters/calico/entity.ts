/**
 * One side of a rule of Calico, its source or its destination: everything that stands there must hold.
 *
 * - A selector takes all that has such labels: pods, and the addresses of NetworkSets, GlobalNetworkSets and HostEndpoints.
 *   What serviceAccounts asks for only pods have.
 * - In a NetworkPolicy any of selector, notSelector, namespaceSelector and serviceAccounts limits a side to the namespace of the
 *   policy, unless a namespaceSelector says otherwise: `all()` is any namespace, `global()` whatever is in none. A
 *   GlobalNetworkPolicy has no such limit. A side with nothing but nets and ports is anywhere.
 * - A notSelector alone therefore is something among what Calico knows in a NetworkPolicy, and also every other address in a
 *   GlobalNetworkPolicy.
 *
 * @see https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#entityrule
 * @see https://github.com/projectcalico/calico/blob/v3.32.1/libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go
 */
import * as z from 'zod';
import type { NetworkPeer } from '../../../crds/rules/network.ts';
import { absent, listOf } from '../fields.ts';
import { PortField, portsOf } from './ports.ts';
import { peerPods, peerSets } from './selected.ts';
import { allOf, type Condition, conditionOf, isNamed, type World } from './selection.ts';
import { NamespaceSelectorText, SelectorText } from './selector-field.ts';

const formats = {
  v4: { address: z.ipv4(), net: z.cidrv4(), bits: 32 },
  v6: { address: z.ipv6(), net: z.cidrv6(), bits: 128 },
};

/** An address alone is a network of its own. */
const Net = z.string().transform((text, context): string => {
  const { address, net, bits } = text.includes(':') ? formats.v6 : formats.v4;
  const cidr = text.includes('/') ? text : `${text}/${bits}`;
  if ((cidr === text ? net : address).safeParse(text).success) return cidr;
  context.issues.push({ code: 'custom', message: 'Must be an address, or a network like 10.0.0.0/8', input: text });
  return z.NEVER;
});

const ServiceAccounts = z.strictObject({ names: absent(listOf(z.string())), selector: absent(SelectorText) });

export const Entity = z.strictObject({
  nets: absent(listOf(Net)),
  notNets: absent(listOf(Net)),
  selector: absent(SelectorText),
  notSelector: absent(SelectorText),
  namespaceSelector: absent(NamespaceSelectorText),
  ports: absent(listOf(PortField)),
  notPorts: absent(listOf(PortField)),
  serviceAccounts: absent(ServiceAccounts),
  services: absent(z.strictObject({ name: z.string().min(1), namespace: absent(z.string()) })),
});
export type Entity = Partial<z.infer<typeof Entity>>;

/**
 * Who can be meant, each of them one peer; undefined: everybody.
 *
 * @param home The namespace of the policy; undefined for one that is in none.
 * @param portsAre The protocol of ports that stand at this side: given when they are not those of the destination.
 */
export function peersOf(
  entity: Entity,
  home: string | undefined,
  portsAre?: { readonly protocol: string | undefined },
): NetworkPeer[] | undefined {
  const { nets = [], notNets = [], services } = entity;
  const ports = portsAre && portsOf(portsAre.protocol, entity.ports);
  const notPorts = portsAre && portsOf(portsAre.protocol, entity.notPorts);
  const namespace = services?.namespace || home;
  const also: NetworkPeer = {
    ...(notNets.length === 0 ? {} : { notIpBlocks: notNets }),
    ...(services === undefined
      ? {}
      : { services: [{ ...(namespace === undefined ? {} : { namespace }), name: services.name }] }),
    ...(ports === undefined ? {} : { ports }),
    ...(notPorts === undefined ? {} : { notPorts }),
  };
  const selected = selectedPeers(entity, home) ?? [{}];
  const peers = selected.flatMap((peer) =>
    nets.length === 0
      ? [{ ...peer, ...also }]
      : nets.map((cidr) => ({ ...peer, ipBlock: { cidr, except: [] }, ...also })),
  );
  return peers.some((peer) => Object.keys(peer).length === 0) ? undefined : peers;
}

/** Whom the selectors of a side mean; undefined where it has none. */
function selectedPeers(entity: Entity, home: string | undefined): NetworkPeer[] | undefined {
  const { selector, notSelector, namespaceSelector, serviceAccounts } = entity;
  const names = serviceAccounts?.names ?? [];
  const accounts = names.length > 0 ? serviceAccounts : serviceAccounts?.selector && serviceAccounts;
  const isPositive = [selector, namespaceSelector, accounts].some((part) => part !== undefined);
  if (!isPositive && notSelector === undefined) return undefined;
  if (!isPositive && home === undefined) return othersThan(entity);

  const own = namespaceSelector === undefined ? home : undefined;
  const isMeant = (objects: World['objects']): Condition => {
    const world: World = { objects, namespace: own };
    return allOf([
      namespaceSelector === undefined || conditionOf(namespaceSelector, 'namespace', world),
      // What is in no namespace is not in this one.
      own === undefined || objects !== 'global',
      names.length === 0 || isNamed('serviceAccount', names, world),
      accounts?.selector === undefined || conditionOf(accounts.selector, 'serviceAccount', world),
      selector === undefined || conditionOf(selector, 'own', world),
      notSelector === undefined || conditionOf(notSelector, 'own', world, true),
    ]);
  };
  const pods = peerPods(isMeant('pods'), own);
  const ipSets = setsOf(isMeant, own);
  return [...(pods === undefined ? [] : [{ pods }]), ...(ipSets.length === 0 ? [] : [{ ipSets }])];
}

function setsOf(isMeant: (objects: World['objects']) => Condition, home: string | undefined) {
  const namespaced = peerSets('NetworkSet', isMeant('networkSets'), home);
  const global = peerSets('GlobalNetworkSet', isMeant('global'), undefined);
  return [
    ...(namespaced === undefined ? [] : [namespaced]),
    ...(global === undefined ? [] : [global, { ...global, kind: 'HostEndpoint' }]),
  ];
}

/** Every address that has no such labels, also one that Calico knows nothing of. */
function othersThan({ notSelector = { is: 'all' } }: Entity): NetworkPeer[] {
  const isExcluded = (objects: World['objects']) => conditionOf(notSelector, 'own', { objects });
  const notPods = peerPods(isExcluded('pods'), undefined);
  const notIpSets = setsOf(isExcluded, undefined);
  return [{ ...(notPods === undefined ? {} : { notPods }), ...(notIpSets.length === 0 ? {} : { notIpSets }) }];
}
