/**
 * Keeps what is watched in line with what the cluster serves: hears of definitions that come, change and go, asks again what is
 * served, and hands the answer to the watches.
 */
import type { Clock, Random } from '../../kube/clock.ts';
import { discoverResources, type ServedResources } from '../../kube/discovery.ts';
import { KubeError } from '../../kube/errors.ts';
import { type Resource, resourceName } from '../../kube/resource.ts';
import type { Transport } from '../../kube/transport.ts';
import { createWorkQueue } from '../../kube/work-queue.ts';
import {
  apiServices,
  customResourceDefinitions,
  type Definition,
  readApiService,
  readDefinition,
} from './definitions.ts';
import type { Consumer, Watches } from './watches.ts';

export interface DiscoveryDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly watches: Watches;
  /** What was served at the start. */
  readonly served: ServedResources;
  /** In which version a kind (`plural.group`) is to be read; undefined for the one that its group prefers. */
  readonly wantedVersion: (resource: string) => string | undefined;
  /** Who reads, besides discovery itself; kinds that are not served are told as absent. Called whenever something changes. */
  readonly consumers: (definitions: ReadonlyMap<string, Definition>) => readonly Consumer<unknown>[];
  /** `served` is the answer of a moment ago, which may say the same as before. */
  readonly onServed: () => void;
  /** The cluster cannot be asked what it serves; it is asked again, and more of the same is not told. */
  readonly onError: (error: KubeError) => void;
  readonly onCrash: (error: unknown) => void;
}

export interface Discovery {
  /** The last answer. */
  readonly served: ServedResources;
  /** clock.now() of the last answer. */
  readonly lastAt: number;
  /** Why what is served is not known for certain, as long as it is not. */
  readonly failure: KubeError | undefined;
  /** Other readers are wanted than before. Nothing is watched before the first call. */
  wantedChanged(): void;
  stop(): Promise<void>;
}

/** Installing an engine brings dozens of definitions at once: one question for all of them. */
const debounceMs = 100;
/** Discovery follows a definition a moment later and does not say when: it is asked once more where all seems well. */
const confirmMs = 1_000;
/** And a last time for one that is slow: that another version is preferred now contradicts nothing that is known. */
const confirmLateMs = 10_000;
/** As long as discovery contradicts the definitions it is asked again, first soon, then ever later, and not for ever. */
const contradictedMs = 150;
const contradictedTimesMax = 8;
/** An aggregated API server that did not answer is asked again; nothing tells when it does. */
const staleMs = 180_000;
/** What is built into the API server has no definition: an upgrade of the server brings, takes and moves kinds without a word. */
const againMs = 300_000;

/** Watches what is wanted, and definitions besides, from the first `wantedChanged`. */
export function startDiscovery(deps: DiscoveryDeps): Discovery {
  const { clock, watches } = deps;
  const queue = createWorkQueue({ clock, random: deps.random, retryMsMax: 30_000 });
  const stopping = new AbortController();
  const definitions = new Map<string, Definition>();
  /** APIService → whether it is available. */
  const aggregated = new Map<string, string>();
  /** Which of the two are known in full. */
  const listed = new Set<typeof apiServices>();
  /** Kinds whose definition went and which discovery still names. */
  const going = new Set<string>();
  let served = deps.served;
  let lastAt = clock.now();
  let failure: KubeError | undefined;
  let contradictions = 0;

  const ofDefinitions: Consumer<Definition> = {
    resource: customResourceDefinitions,
    prune: readDefinition,
    upsert(name, definition) {
      const before = definitions.get(name);
      if (before !== undefined && isSame(before, definition)) return;
      definitions.set(name, definition);
      going.delete(name);
      // Those of the first list are served already, as a rule.
      if (before !== undefined || isContradicted(definition)) changed();
      if (listed.has(customResourceDefinitions)) wantedChanged();
    },
    remove(name) {
      definitions.delete(name);
      going.add(name);
      changed();
      wantedChanged();
    },
    synced() {
      listed.add(customResourceDefinitions);
      wantedChanged();
    },
  };
  const ofApiServices: Consumer<string> = {
    resource: apiServices,
    prune: readApiService,
    upsert(name, available) {
      if (available === aggregated.get(name)) return;
      aggregated.set(name, available);
      if (listed.has(apiServices)) changed();
    },
    remove(name) {
      if (aggregated.delete(name)) changed();
    },
    synced: () => void listed.add(apiServices),
  };

  function changed(): void {
    contradictions = 0;
    queue.addAfter('changed', debounceMs);
  }

  function isContradicted({ group, plural, versions }: Definition): boolean {
    const found = served.find({ group, plural });
    return versions.length > 0 && (found === undefined || !versions.includes(found.version));
  }

  /** Whether what is missing in discovery is there all the same: a server that has just started knows only a part. */
  function isThere(kind: { readonly group: string; readonly plural: string }): boolean {
    const defined = definitions.get(resourceName(kind));
    return (
      (defined !== undefined && defined.versions.length > 0) ||
      served.stale.some((version) => version.startsWith(`${kind.group}/`))
    );
  }

  function find(kind: { readonly group: string; readonly plural: string }): Resource | undefined {
    const name = resourceName(kind);
    const found = served.find(kind) ?? (isThere(kind) ? watches.watched(name) : undefined);
    const version = deps.wantedVersion(name);
    if (found === undefined || version === undefined || version === found.version) return found;
    const defined = definitions.get(name);
    // What is built in or aggregated has no definition.
    if (defined === undefined) return served.findIn(version, kind);
    return defined.versions.includes(version) ? { ...found, version } : undefined;
  }

  function wantedChanged(): void {
    watches.serve([ofDefinitions, ofApiServices, ...deps.consumers(definitions)], { find });
  }

  async function discover(cause: string): Promise<void | { readonly retryAfterMs: number }> {
    served = await discoverResources(deps.transport, stopping.signal);
    lastAt = clock.now();
    failure = undefined;
    for (const name of going) if (!served.all.some((kind) => resourceName(kind) === name)) going.delete(name);
    wantedChanged();
    deps.onServed();
    if (served.stale.length > 0) queue.addAfter('stale', staleMs);
    queue.addAfter('again', againMs);
    if (going.size === 0 && ![...definitions.values()].some(isContradicted)) {
      if (cause === 'changed') queue.addAfter('confirm', confirmMs);
      if (cause === 'confirm') queue.addAfter('confirm-late', confirmLateMs);
      return undefined;
    }
    contradictions += 1;
    if (contradictions > contradictedTimesMax) {
      going.clear();
      return undefined;
    }
    return { retryAfterMs: contradictedMs * 2 ** (contradictions - 1) };
  }

  queue.addAfter('again', againMs);
  const running = queue.run(discover, {
    workers: 1,
    signal: stopping.signal,
    onError(_cause, error) {
      if (!(error instanceof KubeError)) {
        deps.onCrash(error);
        return;
      }
      // Each attempt would be a line.
      const known = failure?.code === error.code;
      failure = error;
      if (!known) deps.onError(error);
    },
  });
  running.catch(deps.onCrash);

  return {
    get served() {
      return served;
    },
    get lastAt() {
      return lastAt;
    },
    get failure() {
      return failure;
    },
    wantedChanged,
    async stop() {
      stopping.abort(new Error('discovery stops'));
      for (const key of ['changed', 'confirm', 'confirm-late', 'stale', 'again']) queue.remove(key);
      await running;
    },
  };
}

function isSame(a: Definition, b: Definition): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
