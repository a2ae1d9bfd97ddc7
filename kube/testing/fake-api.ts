import type { DraftObject, ObjectAddress } from '../client.ts';
import type { Clock } from '../clock.ts';
import { KubeError } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../object.ts';
import { type KubeObject, keyOf, type Resource, resourceName } from '../resource.ts';
import { errorOfStatus } from '../status.ts';
import type { KubeRequest, Transport } from '../transport.ts';
import { customResourceDefinitions, definedKind, definedResources } from './fake-definitions.ts';
import { fakeDiscovery } from './fake-discovery.ts';
import { asksFor, type FakeRequest, readRequest, selects } from './fake-request.ts';
import { createFakeStore, type FakeResource, keyOfDraft, Refusal } from './fake-store.ts';
import { createFakeStream } from './fake-stream.ts';
import { type FakeWatch, presenter, startFakeWatch } from './fake-watch.ts';
import { overWire } from './over-wire.ts';

export type { FakeRequest } from './fake-request.ts';
export type { FakeResource } from './fake-store.ts';

/** What goes wrong, for which requests, how often. */
export interface Fault {
  readonly matching?: ((request: FakeRequest) => boolean) | undefined;
  /** Once unless told; Infinity until the returned function is called. */
  readonly times?: number | undefined;
  /** HTTP status; 0 for no answer at all. A refused request changes nothing. */
  readonly status: number;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  /** The request is carried out and only its answer is lost. For status 0. */
  readonly afterwards?: boolean | undefined;
}

/** What a request changed. */
export interface FakeWrite {
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
  /** False when the answer gets lost. */
  readonly answered: boolean;
}

export interface FakeApiOptions {
  readonly resources: readonly FakeResource[];
  readonly clock: Clock;
  /** How long each request is on its way; 0 unless told. */
  readonly latencyMs?: ((request: FakeRequest) => number) | undefined;
  /** How long each event of a watch is on its way; 0 unless told. Events of one watch never overtake each other. */
  readonly lagMs?: ((request: FakeRequest) => number) | undefined;
  /** Asked when a request is carried out, however long it was on its way: an answer refuses it. */
  readonly admission?:
    | ((
        request: FakeRequest,
      ) => { readonly status: number; readonly reason: string; readonly message: string } | undefined)
    | undefined;
  /** Called for each create, update or delete that was not refused. */
  readonly onWritten?: ((request: FakeRequest, write: FakeWrite) => void) | undefined;
  /** Called for each 409, with the object that stands in the way. */
  readonly onConflict?: ((request: FakeRequest, stored: KubeObject | undefined) => void) | undefined;
  /** How long discovery does not know yet of a definition that has changed; 0 unless told. */
  readonly discoveryMs?: (() => number) | undefined;
  /** Whether WatchList is served; true unless told. */
  readonly watchList?: boolean | undefined;
  /** Cuts watch lines into chunks of at most so many bytes. */
  readonly chunkBytesMax?: number | undefined;
  /** The status of a SubjectAccessReview for its spec; without it the kind is not served. */
  readonly onSubjectAccessReview?: ((spec: JsonObject) => JsonObject) | undefined;
  /** The same of a SelfSubjectAccessReview. */
  readonly onSelfSubjectAccessReview?: ((spec: JsonObject) => JsonObject) | undefined;
  readonly onTokenReview?: ((spec: JsonObject) => JsonObject) | undefined;
}

type WatchFilter = (request: FakeRequest) => boolean;

/**
 * A Kubernetes API server in this process, for histories that a real one cannot be made to show on demand. It speaks the
 * protocol: lists in pages, watches with bookmarks, WatchList, optimistic updates, status apart, discovery, reviews. It
 * does not default, validate, apply or collect garbage: what depends on that is tested against a real API server.
 */
export interface FakeApi {
  /** The transport of the client `test`. */
  readonly transport: Transport;
  connect(client: string): Transport;

  /** Writes by somebody else, at once and without rules: status included, whatever version is there is overwritten. */
  put(resource: FakeResource, object: DraftObject): KubeObject;
  remove(resource: Resource, at: ObjectAddress): void;
  get(resource: Resource, at: ObjectAddress): KubeObject | undefined;
  list(resource: Resource): KubeObject[];

  /** Every request since the start or the last `forgetRequests`, in order of arrival. */
  readonly requests: readonly FakeRequest[];
  forgetRequests(): void;
  /** Refuses requests to come. Returns what ends that. */
  fail(fault: Fault): () => void;
  /** From now on the kind answers 404, or is served again. Its objects stay. */
  serve(resource: Resource, served: boolean): void;

  readonly watches: readonly FakeRequest[];
  /** Breaks them as a lost connection does. */
  cutWatches(matching?: WatchFilter): void;
  /** Ends them in good order. */
  endWatches(matching?: WatchFilter): void;
  /** Ends them with an ERROR event; 410 Expired unless told. */
  refuseWatches(options?: { readonly code?: number; readonly reason?: string; readonly matching?: WatchFilter }): void;
  /** Half-open: nothing arrives any more and nobody says so. */
  stallWatches(matching?: WatchFilter): void;
  /** Whether there are such watches. */
  readonly stalled: boolean;
  bookmarkWatches(matching?: WatchFilter): void;
  /** Sends the last `count` changes of their kinds again, in order: a server that is behind after a reconnect. */
  replayWatches(count: number, matching?: WatchFilter): void;
  /** Sends a line that no API server would. */
  sendToWatches(line: string, matching?: WatchFilter): void;
  /** Forgets the history and every continue token, as etcd does after five minutes. */
  compact(): void;
}

export function createFakeApi(options: FakeApiOptions): FakeApi {
  const { clock, resources } = options;
  const store = createFakeStore(() => clock.now());
  const watches = new Set<FakeWatch>();
  const faults = new Set<{ readonly fault: Fault; left: number }>();
  const pages = new Map<string, { readonly objects: readonly KubeObject[]; readonly revision: number }>();
  const unserved = new Set<string>();
  const requests: FakeRequest[] = [];
  let tokens = 0;

  /** What is served now, by path; undefined when that has to be found out anew. */
  let servedByPath: ReadonlyMap<string, FakeResource> | undefined;
  /** What discovery says instead, as long as it is behind. */
  let discovered: { readonly resources: readonly FakeResource[] } | undefined;

  store.onChange(({ group, plural }, change) => {
    for (const watch of watches) {
      if (watch.resource.plural === plural && watch.resource.group === group) watch.see(change);
    }
    if (plural !== customResourceDefinitions.plural || group !== customResourceDefinitions.group) return;
    const behindMs = options.discoveryMs?.() ?? 0;
    if (behindMs > 0 && servedByPath !== undefined) {
      const behind = discovered ?? { resources: inOrder(servedByPath) };
      discovered = behind;
      clock.after(behindMs, () => {
        if (discovered === behind) discovered = undefined;
      });
    }
    servedByPath = undefined;
    const before = change.before === undefined ? [] : definedResources(change.before);
    const after = change.deleted ? [] : definedResources(change.object);
    for (const gone of before.filter(({ version }) => !after.some((kept) => kept.version === version))) {
      each(
        (request) => asksFor(request, gone),
        (watch) => watch.stream.end(),
      );
    }
    // The watches are gone: nobody is told of the end of each object.
    const kind = change.deleted ? definedKind(change.object) : undefined;
    if (kind !== undefined) for (const { metadata } of store.list(kind)) store.remove(kind, keyOf(metadata));
  });

  function served(): ReadonlyMap<string, FakeResource> {
    if (servedByPath !== undefined) return servedByPath;
    const defined = store.list(customResourceDefinitions).flatMap(definedResources);
    const all = [...resources, ...defined].filter((resource) => !unserved.has(resourceName(resource)));
    // Of two of the same path the first is served.
    servedByPath = new Map(all.toReversed().map((resource) => [servedPath(resource), resource]));
    return servedByPath;
  }

  function nextFault(request: FakeRequest): Fault | undefined {
    for (const entry of faults) {
      if (entry.fault.matching?.(request) === false) continue;
      entry.left -= 1;
      if (entry.left <= 0) faults.delete(entry);
      return entry.fault;
    }
    return undefined;
  }

  function servedResource(request: FakeRequest): FakeResource {
    const resource = served().get(servedPath(request));
    if (resource !== undefined) return resource;
    throw new Refusal(404, 'NotFound', 'the server could not find the requested resource');
  }

  function answerNoted(request: FakeRequest, answered: boolean): unknown {
    const refused = options.admission?.(request);
    if (refused !== undefined) throw new Refusal(refused.status, refused.reason, refused.message);
    if (options.onWritten === undefined || !changing.has(request.verb)) return answer(request);
    const resource = served().get(servedPath(request));
    const name = request.name ?? draftOf(request).metadata.name;
    const key = request.namespace === undefined ? name : `${request.namespace}/${name}`;
    const stored = () => (resource === undefined ? undefined : store.get(resource, key));
    const before = stored();
    try {
      const given = answer(request);
      options.onWritten(request, { before, after: stored(), answered });
      return given;
    } catch (error) {
      if (error instanceof Refusal && error.status === 409) options.onConflict?.(request, before);
      throw error;
    }
  }

  function answer(request: FakeRequest): unknown {
    const special =
      answerReview(request, options) ?? fakeDiscovery(request, () => discovered?.resources ?? inOrder(served()));
    if (special !== undefined) return special;
    const resource = servedResource(request);
    const key = request.namespace === undefined ? `${request.name}` : `${request.namespace}/${request.name}`;
    switch (request.verb) {
      case 'list':
        return listPage(request, resource);
      case 'get': {
        const object = store.get(resource, key);
        if (object === undefined) throw new Refusal(404, 'NotFound', `${resourceName(resource)} "${key}" not found`);
        return presenter(request)(object);
      }
      case 'create':
        return store.create(resource, draftOf(request));
      case 'update':
        return store.replace(resource, draftOf(request), request.subresource);
      case 'delete': {
        const body = isJsonObject(request.body) ? request.body : {};
        return store.remove(resource, key, isJsonObject(body.preconditions) ? body.preconditions : {});
      }
      case 'patch':
        throw new Refusal(415, 'UnsupportedMediaType', 'the fake API server does not patch');
      case 'watch':
        throw new Refusal(400, 'BadRequest', 'a watch is opened with Transport.stream');
      default:
        return request.verb satisfies never;
    }
  }

  function listPage(request: FakeRequest, resource: FakeResource): unknown {
    const { continue: token, limit } = request.query;
    const open = token === undefined ? undefined : pages.get(token);
    if (token !== undefined && open === undefined) throw new Refusal(410, 'Expired', 'the continue token has expired');
    const objects = open?.objects ?? store.list(resource).filter((object) => selects(request, object));
    const revision = open?.revision ?? store.revision;
    const count = limit === undefined ? objects.length : Number(limit);
    const rest = objects.slice(count);
    const next = rest.length === 0 ? undefined : `token-${(tokens += 1)}`;
    if (next !== undefined) pages.set(next, { objects: rest, revision });
    const present = presenter(request);
    return {
      kind: `${resource.kind}List`,
      metadata: { resourceVersion: String(revision), ...(next === undefined ? {} : { continue: next }) },
      // The API server leaves apiVersion and kind out of the items of built-in kinds.
      items: objects
        .slice(0, count)
        .map((object) => ({ ...clean(present(object)), apiVersion: undefined, kind: undefined })),
    };
  }

  function openWatch(request: FakeRequest, raw: KubeRequest): AsyncIterable<Uint8Array> {
    const resource = servedResource(request);
    if (request.query.sendInitialEvents === 'true' && options.watchList === false) {
      throw new Refusal(422, 'Invalid', 'sendInitialEvents is forbidden: the feature WatchList is switched off');
    }
    if (Number(request.query.resourceVersion ?? 0) > store.revision) {
      throw new Refusal(504, 'Timeout', 'Too large resource version');
    }
    let watch: FakeWatch | undefined;
    const stream = createFakeStream({
      clock,
      request: `WATCH ${request.path}`,
      signal: raw.signal,
      chunkBytesMax: options.chunkBytesMax ?? 65_536,
      onClose: () => {
        if (watch !== undefined) watches.delete(watch);
      },
    });
    watch = startFakeWatch({ clock, store, resource, request, stream, lagMs: () => options.lagMs?.(request) ?? 0 });
    if (stream.open) watches.add(watch);
    return stream.chunks;
  }

  function connect(client: string): Transport {
    const closing = new AbortController();

    async function handle<T>(
      raw: KubeRequest,
      streams: boolean,
      act: (request: FakeRequest, answered: boolean) => T,
    ): Promise<T> {
      raw.signal?.throwIfAborted();
      const request = readRequest(raw, streams, client, clock.monotonic());
      const described = `${raw.method} ${raw.path}`;
      const lost = (said: string) => new KubeError('KUBE_UNREACHABLE', { status: 0, request: described, said });
      if (closing.signal.aborted) throw lost('the transport is closed');
      raw.beforeSending?.();
      requests.push(request);
      const fault = nextFault(request);
      const latencyMs = options.latencyMs?.(request) ?? 0;
      if (latencyMs > 0) await clock.sleep(latencyMs, raw.signal);
      if (fault !== undefined && fault.afterwards !== true) throw errorOfFault(fault, described);
      try {
        const result = act(request, fault === undefined);
        if (fault !== undefined) throw errorOfFault(fault, described);
        return result;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        throw errorOfStatus(error.status, { reason: error.reason, message: error.message }, { request: described });
      }
    }

    return {
      request: (raw) => handle(raw, false, (request, answered) => overWire(answerNoted(request, answered))),
      stream: (raw) => handle(raw, true, (request) => openWatch(request, raw)),
      async close() {
        closing.abort();
        each((request) => request.client === client, cut);
      },
    };
  }

  function each(matching: WatchFilter | undefined, act: (watch: FakeWatch) => void): void {
    for (const watch of watches) if (matching?.(watch.request) !== false) act(watch);
  }

  return {
    transport: connect('test'),
    connect,
    put: (resource, object) => overWire(store.put(resource, object)),
    remove: (resource, at) => void store.remove(resource, keyOfDraft({ metadata: at })),
    get: (resource, at) => overWire(store.get(resource, keyOfDraft({ metadata: at }))),
    list: (resource) => overWire(store.list(resource)),
    requests,
    forgetRequests: () => void requests.splice(0),
    fail(fault) {
      const entry = { fault, left: fault.times ?? 1 };
      faults.add(entry);
      return () => void faults.delete(entry);
    },
    serve(resource, isServed) {
      servedByPath = undefined;
      if (isServed) unserved.delete(resourceName(resource));
      else unserved.add(resourceName(resource));
      if (!isServed)
        each(
          (request) => asksFor(request, resource),
          (watch) => watch.stream.end(),
        );
    },
    get watches() {
      return [...watches].map(({ request }) => request);
    },
    cutWatches: (matching) => each(matching, cut),
    endWatches: (matching) => each(matching, (watch) => watch.stream.end()),
    refuseWatches: ({ code = 410, reason = 'Expired', matching } = {}) =>
      each(matching, (watch) => watch.refuse(code, reason)),
    stallWatches: (matching) => each(matching, (watch) => watch.stream.stall()),
    get stalled() {
      return [...watches].some(({ stream }) => stream.stalled);
    },
    bookmarkWatches: (matching) => each(matching, (watch) => watch.bookmark()),
    replayWatches: (count, matching) => each(matching, (watch) => watch.replay(count)),
    sendToWatches: (line, matching) => each(matching, (watch) => watch.stream.push(`${line}\n`)),
    compact() {
      store.compact();
      pages.clear();
    },
  };
}

/** As they were given, built-in kinds first. */
function inOrder(served: ReadonlyMap<string, FakeResource>): FakeResource[] {
  return [...served.values()].toReversed();
}

const changing: ReadonlySet<string> = new Set(['create', 'update', 'delete']);

function servedPath({ group, version, plural }: Pick<Resource, 'group' | 'version' | 'plural'>): string {
  return `${group}/${version}/${plural}`;
}

function cut(watch: FakeWatch): void {
  const request = `WATCH ${watch.request.path}`;
  watch.stream.fail(new KubeError('KUBE_UNREACHABLE', { status: 0, request, said: 'other side closed' }));
}

function errorOfFault({ status, reason, message, retryAfterMs }: Fault, request: string): KubeError {
  if (status === 0) return new KubeError('KUBE_UNREACHABLE', { status, request, said: message ?? 'connection reset' });
  return errorOfStatus(status, { reason, message }, { request, retryAfterMs });
}

function draftOf(request: FakeRequest): DraftObject {
  const body = request.body;
  if (!isDraft(body)) throw new Refusal(400, 'BadRequest', 'the body has no metadata.name');
  if (request.name !== undefined && body.metadata.name !== request.name) {
    throw new Refusal(400, 'BadRequest', 'the name of the object does not match the name on the URL');
  }
  const { namespace = request.namespace } = body.metadata;
  if (namespace !== request.namespace) throw new Refusal(400, 'BadRequest', 'the namespace does not match the URL');
  return body;
}

function isDraft(body: unknown): body is DraftObject {
  return isJsonObject(body) && isJsonObject(body.metadata) && typeof body.metadata.name === 'string';
}

function answerReview(request: FakeRequest, options: FakeApiOptions): unknown {
  const answers: Readonly<Record<string, ((spec: JsonObject) => JsonObject) | undefined>> = {
    'authorization.k8s.io/subjectaccessreviews': options.onSubjectAccessReview,
    'authorization.k8s.io/selfsubjectaccessreviews': options.onSelfSubjectAccessReview,
    'authentication.k8s.io/tokenreviews': options.onTokenReview,
  };
  const review = answers[`${request.group}/${request.plural}`];
  if (review === undefined || request.verb !== 'create' || !isJsonObject(request.body)) return undefined;
  const { spec } = request.body;
  if (!isJsonObject(spec)) throw new Refusal(422, 'Invalid', 'spec is missing');
  return { ...request.body, status: review(spec) };
}

function clean(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}
