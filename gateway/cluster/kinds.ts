/**
 * From the words of a caller to a kind that the API server serves. Paths are made from what discovery has said and never
 * from input, so that what is not served cannot be asked for, and Secrets and ConfigMaps are never handed out.
 */
import type { Clock } from '../../kube/clock.ts';
import { discoverResources, type ServedResource, type ServedResources } from '../../kube/discovery.ts';
import { KubeError } from '../../kube/errors.ts';
import { isDnsSubdomain, isKind } from '../../kube/names.ts';
import { apiVersionOf, type Resource } from '../../kube/resource.ts';
import type { Transport } from '../../kube/transport.ts';
import { refuse, type Rights } from '../answer/levels.ts';
import { type Answer, GatewayError, type Refusal, refusal } from '../errors.ts';
import { cited } from '../words.ts';
import { closed, isClosed, soundsClosed } from './closed.ts';

export interface Kinds {
  /** As manifests name a kind. `kind` may also be the plural, and in any case. Throws CLUSTER_UNAVAILABLE. */
  ofKind(
    caller: Rights,
    wanted: { readonly apiVersion: string; readonly kind: string },
  ): Promise<Answer<ServedResource>>;
  /** As paths name it; `group` is '' for the core group. Throws CLUSTER_UNAVAILABLE. */
  ofPlural(
    caller: Rights,
    wanted: { readonly group: string; readonly version: string; readonly plural: string },
  ): Promise<Answer<ServedResource>>;
  /** In the version that its group prefers; for names that are ours and not a caller's. Throws CLUSTER_UNAVAILABLE. */
  find(wanted: { readonly group: string; readonly plural: string }): Promise<ServedResource | undefined>;
}

/** For how long what was discovered is taken for what is served. */
const knownMs = 60_000;
/** What is not found is looked for again when the list is older than that: its definition may be new. */
const retryMs = 5_000;
/** Without an answer for so long, nothing is known any more. */
const staleMs = 600_000;
const discoveryMsMax = 2_000;

interface Known {
  readonly served: ServedResources;
  readonly at: number;
}

/** What the API server serves, by the toolset's own transport. */
export function createKinds(options: { readonly transport: Transport; readonly clock: Clock }): Kinds {
  const { transport, clock } = options;
  let known: Known | undefined;
  let asking: Promise<Known> | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;

  async function discover(): Promise<Known> {
    const timeout = new AbortController();
    const cancel = clock.after(discoveryMsMax, () => timeout.abort(new Error(`no answer in ${discoveryMsMax} ms`)));
    askedAt = clock.monotonic();
    try {
      known = { served: await discoverResources(transport, timeout.signal), at: askedAt };
      return known;
    } finally {
      cancel();
      asking = undefined;
    }
  }

  /** @param agesMs How old the list may be. */
  async function served(agesMs: number): Promise<ServedResources> {
    if (known !== undefined && clock.monotonic() - known.at < agesMs) return known.served;
    const last = known;
    // After a failure, too: what is down is not asked again by each call.
    const lately = clock.monotonic() - askedAt < retryMs && asking === undefined;
    const usable = last !== undefined && clock.monotonic() - last.at < staleMs;
    if (lately && usable) return last.served;
    try {
      asking ??= discover();
      return (await asking).served;
    } catch (error) {
      if (usable) return last.served;
      const cause = error instanceof KubeError && error.status !== 0 ? new Error(`HTTP ${error.status}`) : error;
      throw new GatewayError('CLUSTER_UNAVAILABLE', 'The API server did not say which kinds it serves.', { cause });
    }
  }

  /** What `look` finds in the list, which is fetched again when it finds nothing. */
  async function found<T>(look: (served: ServedResources) => T | undefined): Promise<T | undefined> {
    return look(await served(knownMs)) ?? look(await served(retryMs));
  }

  async function resolved(
    caller: Rights,
    words: readonly string[],
    look: ((served: ServedResources) => ServedResource | undefined) | undefined,
  ): Promise<Answer<ServedResource>> {
    const resource = look === undefined ? undefined : await found(look);
    if (resource !== undefined) return isClosed(resource) ? closed : { ok: true, value: resource };
    if (words.some(soundsClosed)) return closed;
    // Which kinds there are is open to whoever is authenticated (system:discovery), and to nobody else.
    if (caller.anonymous) return refuse(caller, 'read this kind');
    return notServed(words);
  }

  return {
    async ofKind(caller, { apiVersion, kind }) {
      const at = groupVersionOf(apiVersion);
      if (at === undefined || !isKind(kind)) return resolved(caller, [kind, apiVersion], undefined);
      return resolved(caller, [kind, apiVersion], (list) => {
        const plural = pluralOf(list, at.group, kind);
        return plural === undefined ? undefined : list.findIn(at.version, { group: at.group, plural });
      });
    },
    async ofPlural(caller, { group, version, plural }) {
      const wellFormed = (group === '' || isDnsSubdomain(group)) && isDnsSubdomain(version) && isDnsSubdomain(plural);
      const words = [plural, group === '' ? version : `${group}/${version}`];
      return resolved(caller, words, wellFormed ? (list) => list.findIn(version, { group, plural }) : undefined);
    },
    find: async (wanted) => found((list) => list.find(wanted)),
  };
}

/** `apps/v1`, or `v1` for the core group. */
function groupVersionOf(apiVersion: string): { readonly group: string; readonly version: string } | undefined {
  const parts = apiVersion.split('/');
  if (!parts.every(isDnsSubdomain) || parts.length > 2) return undefined;
  const [first = '', second] = parts;
  return second === undefined ? { group: '', version: first } : { group: first, version: second };
}

function pluralOf({ all }: ServedResources, group: string, kind: string): string | undefined {
  const ofGroup = all.filter((each) => each.group === group);
  const lower = kind.toLowerCase();
  const match =
    ofGroup.find((each) => each.kind === kind) ??
    ofGroup.find((each) => each.kind.toLowerCase() === lower || each.plural === lower);
  return match?.plural;
}

function notServed([name = '', apiVersion = '']: readonly string[]): Refusal {
  return refusal(
    'KIND_NOT_SERVED',
    `The API server serves no ${cited(name, 63)} in ${cited(apiVersion, 120)}. ` +
      'Give the kind and apiVersion as manifests have them, like Deployment and apps/v1, or Pod and v1.',
  );
}

/** Kinds that every API server serves, in the only version they ever had. */
export const core = {
  pods: coreKind('pods', 'Pod', true),
  events: coreKind('events', 'Event', true),
  namespaces: coreKind('namespaces', 'Namespace', false),
  nodes: coreKind('nodes', 'Node', false),
} as const;

function coreKind(plural: string, kind: string, namespaced: boolean): Resource {
  return { group: '', version: 'v1', plural, kind, namespaced };
}

/** `Deployment (apps/v1)`: as answers name a kind. */
export function kindText(resource: Resource): string {
  return `${resource.kind} (${apiVersionOf(resource)})`;
}
