/**
 * At which level a caller sees a constraint: the full form exactly if it may `get` the object that stores it.
 */
import * as z from 'zod';
import { clusterConstraintDetails, constraintDetails, constraintReports } from '../../crds/api.ts';
import type { Caller } from '../auth/identity.ts';
import type { Binding } from '../catalog/binding.ts';
import { type Refusal, refusal } from '../errors.ts';

export const DetailLevel = z.enum(['summary', 'detailed', 'full']);
export type DetailLevel = z.infer<typeof DetailLevel>;

/** Of a caller what levels depend on, and not who it is. */
export type Rights = Pick<Caller, 'anonymous' | 'may'>;

/**
 * Other namespaces a call asks about one by one, for a caller who may not read all; policies of further ones are answered
 * at the summary level.
 */
const homesMax = 32;

/** The refusal of a caller without a right: 401 where a token could help, else 403. It names nothing of the cluster. */
export function refuse(caller: Rights, right: string, advice = ''): Refusal {
  return caller.anonymous
    ? refusal('UNAUTHENTICATED', `This needs a bearer token of a user who may ${right}.`)
    : refusal('FORBIDDEN', `You may not do this here. Ask an administrator for the right to ${right}.${advice}`);
}

/** Undefined when the caller may read the report of the namespace. Asked before anything is looked up. */
export async function refusedReport(caller: Rights, namespace: string): Promise<Refusal | undefined> {
  const allowed = await caller.may({ verb: 'get', resource: constraintReports.plural, namespace });
  if (allowed) return undefined;
  return refuse(caller, `get ${constraintReports.plural}.potoo.io in the namespace`, ' Or is its name misspelt?');
}

export type LevelOf = (binding: Binding) => DetailLevel;

/** The level of each of these bindings, all of which bind `namespace`. */
export async function levelsOf(bindings: readonly Binding[], namespace: string, caller: Rights): Promise<LevelOf> {
  return createLevels(namespace, caller)(bindings);
}

/** Levels of what binds a namespace, some bindings after the other: rights are asked for those homes alone that they have. */
export function createLevels(namespace: string, caller: Rights): (bindings: readonly Binding[]) => Promise<LevelOf> {
  const mayRead = createForeignHomes(caller);
  return async (bindings) => {
    const stored = bindings.filter(({ form }) => form !== undefined);
    const homes = new Set(stored.map(({ form }) => form?.home));
    const [own, cluster, foreign] = await Promise.all([
      homes.has(namespace) ? mayReadDetails(namespace, caller) : false,
      homes.has(undefined) ? caller.may({ verb: 'get', resource: clusterConstraintDetails.plural }) : false,
      mayRead([...homes].filter((home): home is string => home !== undefined && home !== namespace)),
    ]);
    return ({ form }) => {
      if (form === undefined) return 'summary';
      if (form.home === undefined) return cluster ? 'full' : 'summary';
      if (form.home === namespace) return own ? 'detailed' : 'summary';
      return foreign.has(form.home) ? 'full' : 'summary';
    };
  };
}

/** @returns Of some homes those whose forms the caller may read; of all calls together it asks about `homesMax`. */
function createForeignHomes(caller: Rights): (homes: readonly string[]) => Promise<ReadonlySet<string>> {
  const resource = constraintDetails.plural;
  const known = new Map<string, boolean>();
  let all: boolean | undefined;
  return async (homes) => {
    const unknown = homes.filter((home) => !known.has(home));
    if (known.size + unknown.length > homesMax) all ??= await caller.may({ verb: 'get', resource });
    if (all === true) return new Set(homes);
    const asked = unknown.slice(0, homesMax - known.size);
    const allowed = await Promise.all(asked.map(async (namespace) => caller.may({ verb: 'get', resource, namespace })));
    for (const [index, home] of asked.entries()) known.set(home, allowed[index] === true);
    return new Set(homes.filter((home) => known.get(home)));
  };
}

/** Of these levels the one that tells most; that of the summary when there are none. */
export function mostDetailed(levels: readonly DetailLevel[]): DetailLevel {
  return DetailLevel.options.findLast((level) => levels.includes(level)) ?? 'summary';
}

/** The level a caller has in a namespace as a whole, whatever binds there. */
export async function levelIn(namespace: string, caller: Rights): Promise<DetailLevel> {
  const [own, cluster] = await Promise.all([
    mayReadDetails(namespace, caller),
    caller.may({ verb: 'get', resource: clusterConstraintDetails.plural }),
  ]);
  if (!own) return 'summary';
  return cluster ? 'full' : 'detailed';
}

/** Whether the caller may see what is stored of the namespace itself: the full forms of its policies, and its workloads. */
export async function mayReadDetails(namespace: string, caller: Rights): Promise<boolean> {
  return caller.may({ verb: 'get', resource: constraintDetails.plural, namespace });
}
