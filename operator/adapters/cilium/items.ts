/**
 * Items of ingress, egress, ingressDeny and egressDeny: what each matches.
 *
 * - An item has one list of peers at most. Without any it means everyone, on the ports that it lists, and matches nothing
 *   where it lists none: `[{}]` says nothing but that the direction is isolated.
 * - A list of peers that is empty leaves nobody. That of toFQDNs, toServices and toGroups leaves everyone where ports are
 *   listed, as the source has it; nobody has run it, so here it is not understood.
 * - Each item of toPorts is by itself, with what it asks of requests; icmps are like ports.
 *
 * @see https://github.com/cilium/cilium/blob/v1.20.2/pkg/policy/utils/parserules.go (mergeEndpointSelectors)
 * @see https://github.com/cilium/cilium/blob/v1.20.2/pkg/policy/api/rule_validation.go
 */
import * as z from 'zod';
import { compareText } from '../../../crds/constraint.ts';
import type { NetworkClause, NetworkCondition, NetworkPeer } from '../../../crds/rules/network.ts';
import { type Fault, faultsMax, jsonPointer, restUnread } from '../define.ts';
import { type PeerContext, type PeerKind, readPeer } from './peers.ts';
import {
  type PortContext,
  type PortSet,
  type ReadPorts,
  portsMax,
  readAuthentication,
  readIcmp,
  readPorts,
} from './ports.ts';
import { sizeOf } from './selector.ts';

export interface ItemContext extends PeerContext, PortContext {
  /** What may still be read of the object: it holds half a million items, and each takes time. */
  readonly budget: Budget;
}

/** Of items, peers and lists of ports. */
export interface Budget {
  left: number;
}

/** Far more than people or programs write in one object. */
export const budgetMax = 5_000;

function isSpent(budget: Budget, cost = 1): boolean {
  budget.left -= cost;
  return budget.left < 0;
}

/** So many labels, or entries of a list, take as long to read as one item. */
const partsForOne = 4;

export interface ReadItems {
  /** First what is understood. */
  readonly clauses: readonly NetworkClause[];
  readonly faults: readonly Fault[];
  /** For these Cilium does not take the object at all. */
  readonly refused: readonly Fault[];
}

type Path = readonly PropertyKey[];
type Field = PeerKind | 'requires' | 'toPorts' | 'icmps' | 'authentication';

const common: readonly (readonly [string, Field])[] = [
  ['toPorts', 'toPorts'],
  ['icmps', 'icmps'],
];
const both = (prefix: 'from' | 'to'): readonly (readonly [string, Field])[] => [
  [`${prefix}Endpoints`, 'endpoints'],
  [`${prefix}Requires`, 'requires'],
  [`${prefix}CIDR`, 'cidr'],
  [`${prefix}CIDRSet`, 'cidrSet'],
  [`${prefix}Entities`, 'entities'],
  [`${prefix}Nodes`, 'nodes'],
  [`${prefix}Groups`, 'groups'],
];
const allowed: readonly (readonly [string, Field])[] = [['authentication', 'authentication']];
const ingressDeny = [...both('from'), ...common];
const egressDeny = [...both('to'), ['toServices', 'services'] as const, ...common];
const fieldsOf = {
  Ingress: { allow: new Map([...ingressDeny, ...allowed]), deny: new Map(ingressDeny) },
  Egress: { allow: new Map([...egressDeny, ['toFQDNs', 'fqdns'] as const, ...allowed]), deny: new Map(egressDeny) },
} as const;

/** All items of one list, which stands at `path`. */
export function readItems(items: readonly unknown[], path: Path, context: ItemContext): ReadItems {
  const understood: NetworkClause[] = [];
  const unread: NetworkClause[] = [];
  const faults: Fault[] = [];
  const refused: Fault[] = [];
  for (const [index, item] of items.entries()) {
    if (faults.length + refused.length >= faultsMax || isSpent(context.budget)) {
      const rest = restUnread(path, index);
      faults.push(rest);
      unread.push(unreadClause(path, [rest], context.denies));
      break;
    }
    const read = readItem(item, [...path, index], context);
    for (const clause of read.clauses) (clause.unread === undefined ? understood : unread).push(clause);
    faults.push(...read.faults);
    refused.push(...read.refused);
  }
  return { clauses: [...understood, ...unread], faults, refused };
}

/** What is not understood: of unknown extent. */
export function unreadClause(path: Path, faults: readonly Fault[], denies: boolean): NetworkClause {
  const pointers = new Set(faults.map((fault) => jsonPointer(fault.path)));
  const unread = [...pointers].toSorted(compareText).slice(0, unreadMax);
  return { path: jsonPointer(path), ...(denies ? { action: 'deny' } : {}), unread };
}

const unreadMax = 10;
const unknownMax = 20;

const List = z.array(z.unknown());

function readItem(value: unknown, path: Path, context: ItemContext): ReadItems {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return notUnderstood(path, [{ path, message: 'Must be an object' }], context);
  }
  const fields = fieldsOf[context.direction][context.denies ? 'deny' : 'allow'];
  const item = new Map<string, unknown>(Object.entries(value).filter(([, part]) => (part ?? undefined) !== undefined));
  const unknown = [...item.keys()]
    .filter((name) => !fields.has(name))
    .toSorted(compareText)
    .slice(0, unknownMax)
    .map((name) => ({ path: [...path, name], message: 'Not a field that this version knows' }));
  const lists = [...fields].flatMap(([name, field]) => {
    if (field === 'authentication' || !item.has(name)) return [];
    return [{ name, field, values: List.safeParse(item.get(name)).data, path: [...path, name] }];
  });
  const broken = lists
    .filter(({ values }) => values === undefined)
    .map((list) => ({ path: list.path, message: 'Must be a list' }));
  const requires = lists
    .filter(({ field, values = [] }) => field === 'requires' && values.length > 0)
    .map((list) => ({
      path: list.path,
      message: 'Must be empty: Cilium 1.19 took it away, and older ones demand it of all rules',
    }));
  const faults = [...unknown, ...broken, ...requires];
  if (faults.length > 0) return notUnderstood(path, faults, context);

  const valuesOf = (field: Field) => lists.find((list) => list.field === field)?.values ?? [];
  const toPorts = valuesOf('toPorts');
  const icmps = valuesOf('icmps');
  const peerLists = lists.flatMap(({ field, values = [], ...list }) =>
    isPeerKind(field) ? [{ ...list, field, values }] : [],
  );
  const refused = refusals(peerLists, toPorts, icmps, path);
  if (refused.length > 0) return { clauses: [], faults: [], refused };

  const authentication = readAuthentication(item.get('authentication'), [...path, 'authentication']);
  if (authentication.faults.length > 0) return notUnderstood(path, authentication.faults, context);
  const l4 = readAll(context.budget, path, [
    ...toPorts.map((one, index) => () => readPorts(one, [...path, 'toPorts', index], context)),
    ...icmps.map((one, index) => () => readIcmp(one, [...path, 'icmps', index])),
  ]);
  const tooMany = l4.sets.some(({ ports }) => ports.length > portsMax)
    ? [{ path, message: refusal(`Must have at most ${portsMax} ports or types in one list`) }]
    : [];
  if (tooMany.length > 0) return { clauses: [], faults: [], refused: tooMany };

  const listsPorts = toPorts.length + icmps.length > 0;
  const l3 = readPeers(peerLists, listsPorts, context);
  const found = [...l4.faults, ...l3.faults];
  const clauses = combine(
    l3.groups,
    listsPorts ? merged(l4.sets) : undefined,
    authentication.conditions,
    path,
    context,
  );
  const rest =
    clauses === undefined ? [{ path, message: 'Too many peers beside too many ports: nothing of it is read' }] : [];
  // Some faults are only worth knowing: what they are about is a condition.
  const isForNobody = l3.groups.length === 0 && !l3.isUnread;
  const isWhole = isForNobody || (rest.length === 0 && !l4.isUnread && !l3.isUnread);
  return {
    clauses: [...(clauses ?? []), ...(isWhole ? [] : [unreadClause(path, [...found, ...rest], context.denies)])],
    faults: [...found, ...rest],
    refused: [],
  };
}

function notUnderstood(path: Path, faults: readonly Fault[], { denies }: ItemContext): ReadItems {
  return { clauses: [unreadClause(path, faults, denies)], faults, refused: [] };
}

interface PeerList {
  readonly name: string;
  readonly field: PeerKind;
  readonly values: readonly unknown[];
  readonly path: Path;
}

const notPeers: ReadonlySet<Field> = new Set(['requires', 'toPorts', 'icmps', 'authentication']);

function isPeerKind(field: Field): field is PeerKind {
  return !notPeers.has(field);
}

/** What makes Cilium refuse the object as a whole. */
function refusals(
  lists: readonly PeerList[],
  toPorts: readonly unknown[],
  icmps: readonly unknown[],
  path: Path,
): Fault[] {
  const [first, second] = lists.filter(({ values }) => values.length > 0);
  return [
    ...(first === undefined || second === undefined
      ? []
      : [{ path: second.path, message: refusal(`Must not stand beside ${first.name} in one item`) }]),
    ...(toPorts.length > 0 && icmps.length > 0
      ? [{ path: [...path, 'icmps'], message: refusal('Must not stand beside toPorts in one item') }]
      : []),
  ];
}

/** What a reader of a fault has to know beside what is wrong. */
export function refusal(message: string): string {
  return `${message}: Cilium takes no such policy, so nothing of it is enforced`;
}

/** Peers that are meant under the same conditions; undefined: everyone. */
interface PeerGroup {
  readonly peers: readonly NetworkPeer[] | undefined;
  readonly conditions: readonly NetworkCondition[];
}

interface ReadPeers {
  readonly groups: readonly PeerGroup[];
  readonly faults: readonly Fault[];
  readonly isUnread: boolean;
}

/** Lists of these that are empty leave nobody; those of the others are as if they were not there, other than alone. */
const leaveNobody: ReadonlySet<PeerKind> = new Set(['cidr', 'cidrSet', 'endpoints', 'entities', 'nodes']);

function readPeers(lists: readonly PeerList[], listsPorts: boolean, context: ItemContext): ReadPeers {
  const list = lists.find(({ values }) => values.length > 0);
  const empty = lists.filter(({ values }) => values.length === 0);
  if (empty.some(({ field }) => leaveNobody.has(field))) return { groups: [], faults: [], isUnread: false };
  if (list === undefined) {
    const [open] = empty;
    // Without peers and ports nothing is matched.
    if (!listsPorts) return { groups: [], faults: [], isUnread: false };
    if (open === undefined) return { groups: [{ peers: undefined, conditions: [] }], faults: [], isUnread: false };
    const message = 'Must not be empty beside ports: it may mean everyone or nobody';
    return { groups: [], faults: [{ path: open.path, message }], isUnread: true };
  }
  const plain: NetworkPeer[] = [];
  const groups: PeerGroup[] = [];
  const faults: Fault[] = [];
  let isUnread = false;
  let isForAll = false;
  for (const [index, value] of list.values.entries()) {
    if (faults.length >= faultsMax || isSpent(context.budget, 1 + sizeOf(value) / partsForOne)) {
      faults.push(restUnread(list.path, index));
      isUnread = true;
      break;
    }
    const { peer, conditions = [], faults: found = [] } = readPeer(list.field, value, [...list.path, index], context);
    faults.push(...found);
    if (peer === undefined) isUnread = true;
    else if (peer === 'everyone') isForAll = true;
    else if (peer !== 'nobody' && conditions.length > 0) groups.push({ peers: [peer], conditions });
    else if (peer !== 'nobody') plain.push(peer);
  }
  if (isForAll) return { groups: [{ peers: undefined, conditions: [] }], faults, isUnread: false };
  const peers = list.field === 'entities' ? mergedEntities(plain) : plain;
  const first = peers.length === 0 ? [] : [{ peers, conditions: [] }];
  return { groups: [...first, ...groups], faults, isUnread };
}

/** A list of entities is one peer with any of them. */
function mergedEntities(peers: readonly NetworkPeer[]): NetworkPeer[] {
  const entities = new Set(peers.flatMap((peer) => peer.entities ?? []));
  return entities.size === 0 ? [] : [{ entities: [...entities] }];
}

function readAll(budget: Budget, path: Path, readers: readonly (() => ReadPorts)[]) {
  const sets: PortSet[] = [];
  const faults: Fault[] = [];
  let isUnread = false;
  for (const [index, read] of readers.entries()) {
    if (faults.length >= faultsMax || isSpent(budget)) {
      faults.push(restUnread(path, index));
      isUnread = true;
      break;
    }
    const { set, faults: found } = read();
    faults.push(...found);
    if (set === undefined) isUnread = true;
    else sets.push(set);
  }
  return { sets, faults, isUnread };
}

/** Where nothing is asked of requests, lists of ports add up to one. */
function merged(sets: readonly PortSet[]): PortSet[] {
  const ports = sets.filter(({ conditions }) => conditions.length === 0).flatMap((set) => set.ports);
  const asking = sets.filter(({ conditions }) => conditions.length > 0);
  return [...(ports.length === 0 ? [] : [{ ports, conditions: [] }]), ...asking];
}

/** Every group of peers on every set of ports; more than this is not written out. */
const entriesMax = 20_000;

/** Undefined when it is too much. */
function combine(
  groups: readonly PeerGroup[],
  sets: readonly PortSet[] | undefined,
  conditions: readonly NetworkCondition[],
  path: Path,
  { denies }: ItemContext,
): NetworkClause[] | undefined {
  const portSets: readonly Partial<PortSet>[] = sets ?? [{}];
  const peersCount = groups.reduce((sum, { peers = [] }) => sum + peers.length + 1, 0);
  const portsCount = portSets.reduce((sum, { ports = [] }) => sum + ports.length + 1, 0);
  const isTooMuch = peersCount * portSets.length + portsCount * groups.length > entriesMax;
  // One of either costs no more than what was written.
  if (isTooMuch && portSets.length > 1 && groups.length > 0) return undefined;
  if (isTooMuch && groups.length > 1) return undefined;
  return groups.flatMap((group) =>
    portSets.map((set) => {
      const all = [...group.conditions, ...(set.conditions ?? []), ...conditions];
      return {
        path: jsonPointer(path),
        ...(denies ? { action: 'deny' as const } : {}),
        ...(group.peers === undefined ? {} : { peers: [...group.peers] }),
        ...(set.ports === undefined ? {} : { ports: [...set.ports] }),
        ...(all.length === 0 ? {} : { conditions: all }),
      };
    }),
  );
}
