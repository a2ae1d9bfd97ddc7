/** Single changes of NetworkPolicies, as a seed decides: each touches one namespace, and its report must say so. */
import type { Random } from '../../kube/clock.ts';
import type { Method } from '../control-plane/connection.ts';
import {
  type Direction,
  type EntryName,
  expectedEntries,
  networkPolicy,
  policiesPath,
  type Population,
} from './population.ts';

export interface Change {
  readonly verb: 'create' | 'patch' | 'delete';
  readonly namespace: string;
  readonly request: { readonly method: Method; readonly path: string; readonly body?: object };
  /** What the report holds after it. */
  readonly entries: ReadonlySet<EntryName>;
}

const verbs = ['create', 'patch', 'delete'] as const;
/** So that no change has to wait for the one before it: the operator slows down for bursts in one namespace. */
const restMs = 2_000;

export type Changes = ReturnType<typeof createChanges>;

/** Hands out one change after the other, each to be made before the next is asked for. */
export function createChanges(population: readonly Population[], random: Random) {
  const namespaces = population.map(({ namespace, policies }) => ({
    namespace,
    policies: new Map(policies),
    changedAt: Number.NEGATIVE_INFINITY,
  }));
  let count = 0;

  function pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error('nothing to choose from');
    return item;
  }

  return {
    /** @param now clock.monotonic(). Undefined while every namespace has to rest. */
    next(now: number): Change | undefined {
      const rested = namespaces.filter(({ changedAt }) => now - changedAt >= restMs);
      if (rested.length === 0) return undefined;
      const chosen = pick(rested);
      const { namespace, policies } = chosen;
      const verb = policies.size === 0 ? 'create' : (verbs[count % verbs.length] ?? 'create');
      const name = verb === 'create' ? `added-${count}` : pick([...policies.keys()]);
      const directions: readonly Direction[] = policies.get(name)?.[0] === 'Ingress' ? ['Egress'] : ['Ingress'];
      count += 1;
      chosen.changedAt = now;
      if (verb === 'delete') policies.delete(name);
      else policies.set(name, directions);
      return {
        verb,
        namespace,
        request: requestFor(verb, namespace, name, directions),
        entries: expectedEntries(policies),
      };
    },
    /** What the report of each namespace has to hold after the changes so far. */
    expected: () => new Map(namespaces.map(({ namespace, policies }) => [namespace, expectedEntries(policies)])),
  };
}

function requestFor(
  verb: Change['verb'],
  namespace: string,
  name: string,
  directions: readonly Direction[],
): Change['request'] {
  const path = policiesPath(namespace);
  const body = networkPolicy(namespace, name, directions);
  switch (verb) {
    case 'create':
      return { method: 'POST', path, body };
    case 'patch':
      return { method: 'PATCH', path: `${path}/${name}?fieldManager=potoo-bench&force=true`, body };
    case 'delete':
      return { method: 'DELETE', path: `${path}/${name}` };
    default:
      return verb satisfies never;
  }
}

/** The same numbers from the same seed: a linear congruential generator, which is random enough to choose a namespace. */
export function seededRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
