/**
 * A gateway without sockets: a catalog filled with objects, and an API server that knows a few tokens and rights.
 */
import { Buffer } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import { pino } from 'pino';
import { createVirtualClock, type VirtualClock } from '../../kube/testing/virtual-clock.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { createIdentities, type Identities } from '../auth/identity.ts';
import type { Question, Reviews, User } from '../auth/reviews.ts';
import { readClusterReport } from '../catalog/catalog.ts';
import { createChanges } from '../catalog/changes.ts';
import { createFormReader, readClusterDetail, readDetail } from '../catalog/detail.ts';
import { createLineInterner } from '../catalog/intern.ts';
import type { Problem } from '../catalog/problem.ts';
import { readReport } from '../catalog/report.ts';
import { type Catalog, type CatalogStore, createCatalogStore } from '../catalog/store.ts';
import { GatewayError } from '../errors.ts';
import { createStreams, type Streams } from '../events/streams.ts';
import { createApp } from '../http/app.ts';
import { type Arrivals, createArrivals } from '../http/arrival.ts';
import { createAudit } from '../http/audit.ts';
import type { CallRecord } from '../http/calls.ts';
import type { Discovery } from '../http/discovery.ts';
import { createHostPolicy } from '../http/hosts.ts';
import { createCallLimit } from '../http/call-limit.ts';
import { openApiDocument } from '../http/openapi.ts';
import type { Log } from '../log.ts';
import type { Surface } from '../mcp/surface.ts';
import { resources } from '../resources/all.ts';
import { tools } from '../tools/all.ts';
import { createConformance } from './conformance.ts';

/**
 * `get constraintreports shop`, or without a namespace for the whole cluster. Of kinds that are not Potoo's own the group is
 * named, too: `list deployments.apps shop`, `get pods. shop`, `get pods./log shop`; and with a name, one object: `get pods. shop/web`.
 */
export type Right = string;

export interface FakeReviews extends Reviews {
  /** Rights by user name; may be changed at any time. */
  readonly rights: Record<string, readonly Right[]>;
  /** False while the API server does not answer. */
  up: boolean;
  /** What was asked, in order: `token` or `<user> <question>`. */
  readonly asked: string[];
}

/** The token of a user is its name; `stranger` is no user. */
export function createFakeReviews(rights: Record<string, readonly Right[]>): FakeReviews {
  const reviews: FakeReviews = {
    rights,
    up: true,
    asked: [],
    async authenticate(token) {
      reviews.asked.push('token');
      await answers();
      return token === 'stranger' ? undefined : { username: token, groups: ['system:authenticated'] };
    },
    async authorize(user: User, question: Question) {
      const { verb, group, namespace, name, subresource } = question;
      const of = `${group === undefined ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
      const anywhere = `${verb} ${question.resource}${of}`;
      const there = namespace === undefined ? [] : [`${anywhere} ${namespace}`];
      const one = name === undefined ? [] : [`${anywhere} ${namespace ?? ''}/${name}`];
      reviews.asked.push([user.username, ...(one.length > 0 ? one : there.length > 0 ? there : [anywhere])].join(' '));
      await answers();
      return (rights[user.username] ?? []).some((right) => [anywhere, ...there, ...one].includes(right));
    },
  };
  async function answers(): Promise<void> {
    await Promise.resolve();
    if (!reviews.up) throw new GatewayError('REVIEW_UNAVAILABLE', 'The API server did not answer.');
  }
  return reviews;
}

export interface FilledStore {
  readonly store: CatalogStore;
  readonly problems: Problem[];
  /** As the watch does when the object is new or has changed. */
  readonly put: (object: KubeObject) => void;
}

/** Reads the objects as the running catalog does. */
export function fillStore(objects: readonly KubeObject[]): FilledStore {
  const problems: Problem[] = [];
  const onProblem = (problem: Problem) => void problems.push(problem);
  const store = createCatalogStore(createFormReader(onProblem));
  const intern = createLineInterner();
  function put(object: KubeObject): void {
    const { name, namespace = '' } = object.metadata;
    if (object.kind === 'ConstraintReport') {
      const report = readReport(object, intern, onProblem);
      if (report !== undefined) store.putReport(report);
    } else if (object.kind === 'ConstraintDetail') {
      const part = readDetail(object, onProblem);
      if (part !== undefined) store.putDetail(namespace, name, part);
    } else if (object.kind === 'ClusterConstraintDetail') {
      const part = readClusterDetail(object, onProblem);
      if (part !== undefined) store.putClusterDetail(name, part);
    } else {
      store.putClusterReport(readClusterReport(object, onProblem));
    }
  }
  for (const object of objects) put(object);
  return { store, problems, put };
}

/** What a catalog knows beside its objects. */
export interface CatalogFacts {
  synced: boolean;
  operatorAlive: boolean;
  watching: boolean;
  lost: string[];
  sharedSecret: string | undefined;
}

function healthyFacts(): CatalogFacts {
  return { synced: true, operatorAlive: true, watching: true, lost: [], sharedSecret: 'uid-of-the-lease' };
}

/** A store as a catalog; up to date unless told. */
export function catalogOver(store: CatalogStore, facts: Readonly<CatalogFacts> = healthyFacts()): Catalog {
  return {
    view: (namespace) => store.view(namespace),
    reports: () => store.reports(),
    clusterReport: () => store.clusterReport(),
    clusterFacts: () => store.clusterFacts(),
    freshness: () => ({ operatorAlive: facts.operatorAlive, watching: facts.watching, lost: facts.lost }),
    get synced() {
      return facts.synced;
    },
    get sharedSecret() {
      return facts.sharedSecret;
    },
  };
}

export interface Gateway {
  readonly clock: VirtualClock;
  readonly reviews: FakeReviews;
  readonly problems: Problem[];
  readonly store: CatalogStore;
  readonly streams: Streams;
  readonly put: FilledStore['put'];
  /** May be changed at any time. */
  readonly facts: CatalogFacts;
  /** Paths that are served, with parameters as `{name}`. */
  readonly paths: readonly string[];
  /** What the server calls for each request. */
  readonly fetch: ReturnType<typeof createApp>['fetch'];
  /** Of every call that has ended, in order. */
  readonly records: CallRecord[];
  request(path: string, init?: RequestInit): Promise<Response>;
  /** JSON as this user, or without credentials. */
  post(path: string, body: unknown, user?: string): Promise<Response>;
  get(path: string, user?: string): Promise<Response>;
}

export function createGateway(options: {
  readonly objects: readonly KubeObject[];
  readonly rights?: Record<string, readonly Right[]>;
  /** Calls of one caller; no limit unless told. */
  readonly perMinute?: number;
  readonly arrivals?: Arrivals;
  /** Silent unless told. */
  readonly log?: Log;
  /** The fake ones unless told. */
  readonly identities?: (clock: VirtualClock) => Identities;
  readonly remediationContact?: string;
  readonly discovery?: Discovery;
  readonly onCall?: (record: CallRecord) => void;
  /** Of all streams; as many as there may be unless told. */
  readonly waitingMax?: number;
  /** What is served over MCP; the product's own unless told. */
  readonly surface?: Surface;
}): Gateway {
  const clock = createVirtualClock();
  const reviews = createFakeReviews(options.rights ?? {});
  const { store, problems, put } = fillStore(options.objects);
  const facts = healthyFacts();
  const catalog = catalogOver(store, facts);
  const log = options.log ?? pino({ level: 'silent' });
  const audit = createAudit({ log, clock });
  const records: CallRecord[] = [];
  const identities = options.identities?.(clock) ?? createIdentities({ reviews, clock });
  const changes = createChanges({ store, clock });
  const streams = createStreams({ identities, changes, clock, log, waitingMax: options.waitingMax });
  let sessions = 0;
  const app = createApp({
    catalog,
    identities,
    streams,
    clock,
    tools,
    surface: options.surface,
    discovery: options.discovery,
    hosts: createHostPolicy({ systemNamespace: 'potoo-system', allowed: ['potoo.example.com'] }),
    log,
    onCall(record) {
      records.push(record);
      audit(record);
      options.onCall?.(record);
    },
    gateway: { version: '1.2.3', port: 8_090, remediationContact: options.remediationContact },
    arrivals: options.arrivals ?? createArrivals(),
    callLimit: createCallLimit({ clock, perMinute: options.perMinute ?? 0 }),
    // The same for every request, so that answers can be compared byte by byte.
    random: () => 0.5,
    newSessionId: () => `session-${(sessions += 1)}`,
  });
  const request = async (path: string, init?: RequestInit) => {
    const response = await app.request(path, init);
    await expectConformance(path, init?.method ?? 'GET', response);
    return response;
  };
  const authorization = (user: string | undefined): Record<string, string> =>
    user === undefined ? {} : { authorization: `Bearer ${user}` };
  return {
    clock,
    reviews,
    problems,
    store,
    streams,
    put,
    facts,
    records,
    request,
    paths: pathsOf(app.routes),
    fetch: app.fetch,
    post: async (path, body, user) =>
      request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...authorization(user) },
        body: JSON.stringify(body),
      }),
    get: async (path, user) => request(path, { headers: authorization(user) }),
  };
}

function pathsOf(routes: readonly { readonly path: string }[]): string[] {
  const paths = routes.map(({ path }) => path).filter((path) => path !== '/*');
  return [...new Set(paths)].map((path) => path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, '{$1}')).toSorted();
}

const isAsPublished = createConformance(openApiDocument({ tools, resources, version: '1.2.3' }));

/** What is said there is MCP, which the document does not describe. */
const protocolPaths: ReadonlySet<string> = new Set(['/mcp', '/messages']);

/** So no test can ask for anything that is answered otherwise than the published document says. */
async function expectConformance(path: string, method: string, response: Response): Promise<void> {
  const { status, headers } = response;
  const { pathname } = new URL(path, 'http://localhost');
  if (protocolPaths.has(pathname)) return;
  const isJson = headers.get('content-type') === 'application/json';
  const bytes = isJson ? Buffer.from(await response.clone().arrayBuffer()) : Buffer.alloc(0);
  const plain = headers.get('content-encoding') === 'gzip' && method !== 'HEAD' ? gunzipSync(bytes) : bytes;
  isAsPublished({ method, path: pathname, status, headers, text: plain.toString() });
}

/** The rights that each level of the contract needs, in one namespace. */
export const rightsOf = (namespace: string) => ({
  reader: [`get constraintreports ${namespace}`],
  owner: [`get constraintreports ${namespace}`, `get constraintdetails ${namespace}`],
  admin: [
    'list constraintreports',
    'get constraintreports',
    'get constraintdetails',
    'get clusterconstraintdetails',
    'get clusterconstraintreports',
  ],
});
