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
import { type KubeObject, type Resource, resourceName } from '../../kube/resource.ts';
import { customResourceDefinitions, definedResources } from '../../kube/testing/fake-definitions.ts';
import { createFakeApi, type FakeApi, type FakeRequest } from '../../kube/testing/fake-api.ts';
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
  /** How long requests and events are on their way, at most. */
  slowness: { requestMs: number; writeMs: number; lagMs: number };
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
  readonly identity: string;
  readonly ended: Promise<void>;
  readonly end: (how: 'stop' | 'kill') => void;
}

/** An empty cluster with the namespace of Potoo; `seed` decides about latencies and jitter. */
export function createSimulatedCluster(seed: number): SimulatedCluster {
  const clock = createVirtualClock();
  const random = seededRandom(seed ^ 0x5eed);
  const slowness = { requestMs: 0, writeMs: 0, lagMs: 0 };
  const wrongs: string[] = [];
  const faults: (() => void)[] = [];
  const replicas = new Map<string, Replica>();
  const ending = new Set<Promise<void>>();
  const renewedAt = new Map<string, number>();
  /** When each replica wrote the report of each namespace. */
  const writtenAt = new Map<string, number>();
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
    onWritten(request, before, after) {
      if (request.plural === leases.plural) renewedAt.set(request.client, request.at);
      if (!isOwn(request)) return;
      if (before !== undefined && after !== undefined && isDeepStrictEqual(contentOf(before), contentOf(after))) {
        wrongs.push(`a write that changed nothing: ${describe(request)}`);
      }
      if (before !== undefined && after !== undefined && request.plural === constraintReports.plural) {
        const writer = `${request.client} ${request.namespace}`;
        const since = request.at - (writtenAt.get(writer) ?? Number.NEGATIVE_INFINITY);
        writtenAt.set(writer, request.at);
        for (const wrong of wrongInWrite(before, after, since)) wrongs.push(`${wrong}: ${describe(request)}`);
      }
      if (request.at - (renewedAt.get(request.client) ?? Number.NEGATIVE_INFINITY) >= deadlineMs) {
        wrongs.push(`a write after the own deadline: ${describe(request)}`);
      }
    },
  });
  api.put(namespaces, { metadata: { name: systemNamespace } });

  function takesObjects(namespace: string): boolean {
    const found = api.get(namespaces, { name: namespace });
    return found !== undefined && found.metadata.deletionTimestamp === undefined;
  }

  function kinds(): readonly Resource[] {
    return [...served, ...api.list(customResourceDefinitions).flatMap(definedResources)];
  }

  function launch(place: string): Replica {
    const identity = `${place}-${(started += 1)}`;
    const transport = api.connect(identity);
    const stop = new AbortController();
    const stopRequested = Promise.withResolvers<void>();

    /** Like a kubelet: a start that fails because the API server does is tried again. */
    async function startUp(): Promise<RunningOperator | undefined> {
      while (!stop.signal.aborted) {
        try {
          return await startOperator({
            transport: withVersion(transport),
            clock,
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
          await clock.sleep(5_000);
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
      identity,
      ended: run().catch((error: unknown) => void wrongs.push(`${identity} ended badly: ${textOf(error)}`)),
      end(how) {
        if (how === 'kill') void transport.close();
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
    start(place) {
      if (!replicas.has(place)) replicas.set(place, launch(place));
    },
    stop: (place) => end(place, 'stop'),
    kill: (place) => end(place, 'kill'),
    get running() {
      return [...replicas.keys()];
    },
    get ending() {
      return ending.size;
    },
    healAll() {
      for (const heal of faults.splice(0)) heal();
      Object.assign(slowness, { requestMs: 0, writeMs: 0, lagMs: 0 });
    },
    listing: () => new Map(kinds().map((resource) => [resourceName(resource), api.list(resource)])),
    writes: () => api.requests.filter((request) => !reads.has(request.verb) && isOwn(request)),
  };
}

function contentOf({ metadata, ...content }: KubeObject): unknown {
  const { labels, annotations, ownerReferences } = metadata;
  return timeless({ ...content, labels, annotations, ownerReferences });
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
