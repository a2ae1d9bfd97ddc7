/**
 * A cluster in this process whose operators, objects and misfortunes a test controls, and what was seen of it: crashes,
 * writes that changed nothing, writes without the right to write.
 */
import { isDeepStrictEqual } from 'node:util';
import { pino } from 'pino';
import {
  clusterConstraintDetails,
  clusterConstraintReports,
  constraintDetails,
  constraintProfiles,
  constraintReports,
  systemNamespace,
} from '../../crds/api.ts';
import { KubeError } from '../../kube/errors.ts';
import { leases } from '../../kube/lease.ts';
import { isJsonObject } from '../../kube/object.ts';
import { type KubeObject, type Resource, resourceName } from '../../kube/resource.ts';
import { customResourceDefinitions, definedResources } from '../../kube/testing/fake-definitions.ts';
import { createFakeApi, type FakeApi, type FakeRequest } from '../../kube/testing/fake-api.ts';
import { createFreezable, type Freezable } from '../../kube/testing/freezable.ts';
import { createVirtualClock, seededRandom, type VirtualClock } from '../../kube/testing/virtual-clock.ts';
import { createMetrics } from '../metrics.ts';
import { type RunningOperator, startOperator } from '../operator.ts';
import { timeless } from './oracle.ts';
import { wrongInWrite } from './oracle-writes.ts';
import type { Listing } from './oracle-policies.ts';
import { namespaces, served, withVersion } from './simulated-operator.ts';

export interface SimulatedCluster {
  readonly api: FakeApi;
  readonly clock: VirtualClock;
  /** A replica by its place; starting one that runs, or ending one that does not, does nothing. */
  start(replica: string): void;
  stop(replica: string): void;
  /** As kill -9 does: nothing that it wants to say arrives any more. */
  kill(replica: string): void;
  readonly running: readonly string[];
  /** How many were stopped and have not ended. */
  readonly ending: number;
  /** As SIGSTOP does, until `thaw`, or until it is to end. */
  freeze(replica: string): void;
  thaw(replica: string): void;
  /** How long requests and events are on their way, at most, and how far discovery is behind. */
  slowness: { requestMs: number; writeMs: number; lagMs: number; discoveryMs: number };
  /** What the request asks about is told wrongly, and what its client makes of that is no fault. */
  excuseConflict(request: FakeRequest): void;
  /** Ends with `healAll`. */
  readonly faults: (() => void)[];
  healAll(): void;
  /** Whether new objects are refused there, as in a namespace that is going away or gone. */
  takesObjects(namespace: string): boolean;
  /** Whether there is a definition of the kind, or it needs none. */
  serves(resource: Pick<Resource, 'group' | 'plural'>): boolean;
  listing(): Listing;
  /** What no course of events may bring about, in sentences. */
  readonly wrongs: readonly string[];
  /** Requests of operators to change our resources, answered or not, since `forget`. */
  writes(): readonly FakeRequest[];
}

const ownKinds = [
  constraintReports,
  constraintDetails,
  clusterConstraintReports,
  clusterConstraintDetails,
  constraintProfiles,
];
const reads: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
/** client-go's renewal deadline: nothing may be sent later after the last renewal. */
const deadlineMs = 10_000;

interface Replica {
  readonly freezable: Freezable;
  readonly identity: string;
  readonly ended: Promise<void>;
  readonly end: (how: 'stop' | 'kill') => void;
}

/** An empty cluster with the namespace of Potoo; `seed` decides about latencies and jitter. */
export function createSimulatedCluster(seed: number): SimulatedCluster {
  const clock = createVirtualClock();
  const random = seededRandom(seed ^ 0x5eed);
  const slowness = { requestMs: 0, writeMs: 0, lagMs: 0, discoveryMs: 0 };
  const wrongs: string[] = [];
  const faults: (() => void)[] = [];
  const replicas = new Map<string, Replica>();
  const ending = new Set<Promise<void>>();
  const renewedAt = new Map<string, number>();
  /** When each replica wrote the report of each namespace. */
  const writtenAt = new Map<string, number>();
  const releasedBy = new Set<string>();
  /** By the path of the object. */
  const lastWrites = new Map<string, { client: string; after: KubeObject | undefined; answered: boolean }>();
  let started = 0;

  const isOwn = ({ plural, group }: FakeRequest) =>
    ownKinds.some((own) => own.plural === plural && own.group === group);
  const describe = ({ client, verb, path }: FakeRequest) => `${client}: ${verb} ${path} at ${clock.monotonic()} ms`;
  const api = createFakeApi({
    resources: served,
    clock,
    latencyMs: ({ verb }) => Math.floor(random() * (reads.has(verb) ? slowness.requestMs : slowness.writeMs)),
    lagMs: () => Math.floor(random() * slowness.lagMs),
    // NamespaceLifecycle, the admission plugin.
    admission: ({ verb, namespace }) =>
      verb === 'create' && namespace !== undefined && !takesObjects(namespace)
        ? {
            status: 403,
            reason: 'Forbidden',
            message: 'unable to create new content in the namespace because it is being terminated',
          }
        : undefined,
    discoveryMs: () => slowness.discoveryMs,
    onWritten(request, { before, after, answered }) {
      if (request.plural === leases.plural) {
        if (holderOf(after) === '') releasedBy.add(request.client);
        else renewedAt.set(request.client, request.at);
      }
      if (!isOwn(request)) return;
      lastWrites.set(objectPath(request.path), { client: request.client, after, answered });
      for (const wrong of wrongsIn(request, before, after)) wrongs.push(`${wrong}: ${describe(request)}`);
    },
    onConflict(request, stored) {
      if (!isOwn(request) || stored === undefined) return;
      const path = [objectPath(request.path), ...(request.verb === 'create' ? [stored.metadata.name] : [])];
      const last = lastWrites.get(path.join('/'));
      if (last?.client !== request.client || !last.answered) return;
      if (last.after?.metadata.resourceVersion !== stored.metadata.resourceVersion) return;
      wrongs.push(`in conflict with nobody but itself: ${describe(request)}`);
    },
  });
  api.put(namespaces, { metadata: { name: systemNamespace } });

  function* wrongsIn(
    request: FakeRequest,
    before: KubeObject | undefined,
    after: KubeObject | undefined,
  ): Generator<string> {
    if (before !== undefined && after !== undefined) {
      if (isDeepStrictEqual(contentOf(before), contentOf(after))) yield 'a write that changed nothing';
      if (request.plural === constraintReports.plural) {
        const writer = `${request.client} ${request.namespace}`;
        const sinceMs = request.at - (writtenAt.get(writer) ?? Number.NEGATIVE_INFINITY);
        writtenAt.set(writer, request.at);
        yield* wrongInWrite(before, after, sinceMs);
      }
    }
    if (request.verb === 'delete' && !JSON.stringify(request.body ?? {}).includes('"resourceVersion"')) {
      yield 'a removal of whatever is there';
    }
    if (releasedBy.has(request.client)) yield 'a write after the Lease was given back';
    if (request.at - (renewedAt.get(request.client) ?? Number.NEGATIVE_INFINITY) >= deadlineMs) {
      yield 'a write after the own deadline';
    }
  }

  function takesObjects(namespace: string): boolean {
    const found = api.get(namespaces, { name: namespace });
    return found !== undefined && found.metadata.deletionTimestamp === undefined;
  }

  function kinds(): readonly Resource[] {
    return [...served, ...api.list(customResourceDefinitions).flatMap(definedResources)];
  }

  function launch(place: string): Replica {
    const identity = `${place}-${(started += 1)}`;
    const freezable = createFreezable(clock, api.connect(identity));
    const { transport } = freezable;
    const stop = new AbortController();
    const stopRequested = Promise.withResolvers<void>();

    /** Like a kubelet: a start that fails because the API server does is tried again. */
    async function startUp(): Promise<RunningOperator | undefined> {
      while (!stop.signal.aborted) {
        try {
          return await startOperator({
            transport: withVersion(transport),
            clock: freezable.clock,
            random,
            log: pino({ level: 'silent' }),
            metrics: createMetrics(),
            namespace: systemNamespace,
            identity,
            version: '0.0.0',
            signal: stop.signal,
            onCrash: (error) => wrongs.push(`${identity} crashed: ${textOf(error)}`),
          });
        } catch (error) {
          if (!(error instanceof KubeError) && !stop.signal.aborted) throw error;
          await freezable.clock.sleep(5_000);
        }
      }
      return undefined;
    }

    async function run(): Promise<void> {
      const operator = await startUp();
      await stopRequested.promise;
      await operator?.[Symbol.asyncDispose]();
      await transport.close();
    }

    return {
      freezable,
      identity,
      ended: run().catch((error: unknown) => void wrongs.push(`${identity} ended badly: ${textOf(error)}`)),
      end(how) {
        if (how === 'kill') void transport.close();
        freezable.thaw();
        stop.abort(new Error(`told to ${how}`));
        stopRequested.resolve();
      },
    };
  }

  function end(place: string, how: 'stop' | 'kill'): void {
    const replica = replicas.get(place);
    if (replica === undefined) return;
    replicas.delete(place);
    replica.end(how);
    const ended = replica.ended.then(() => void ending.delete(ended));
    ending.add(ended);
  }

  return {
    api,
    clock,
    slowness,
    faults,
    wrongs,
    takesObjects,
    serves: ({ group, plural }) => kinds().some((kind) => kind.group === group && kind.plural === plural),
    excuseConflict: ({ path }) => void lastWrites.delete(objectPath(path)),
    start(place) {
      if (!replicas.has(place)) replicas.set(place, launch(place));
    },
    stop: (place) => end(place, 'stop'),
    kill: (place) => end(place, 'kill'),
    freeze: (place) => replicas.get(place)?.freezable.freeze(),
    thaw: (place) => replicas.get(place)?.freezable.thaw(),
    get running() {
      return [...replicas.keys()];
    },
    get ending() {
      return ending.size;
    },
    healAll() {
      for (const heal of faults.splice(0)) heal();
      Object.assign(slowness, { requestMs: 0, writeMs: 0, lagMs: 0, discoveryMs: 0 });
      for (const { freezable } of replicas.values()) freezable.thaw();
    },
    listing: () => new Map(kinds().map((resource) => [resourceName(resource), api.list(resource)])),
    writes: () => api.requests.filter((request) => !reads.has(request.verb) && isOwn(request)),
  };
}

function objectPath(path: string): string {
  return path.replace(/\/status$/, '');
}

function holderOf(lease: KubeObject | undefined): unknown {
  return isJsonObject(lease?.['spec']) ? lease['spec'].holderIdentity : undefined;
}

function contentOf({ metadata, ...content }: KubeObject): unknown {
  const { labels, annotations, ownerReferences } = metadata;
  return timeless({ ...content, labels, annotations, ownerReferences });
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
