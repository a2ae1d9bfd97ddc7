/**
 * The cluster tools before an API server in this process that serves a few kinds, answers whatever it is told to and keeps every
 * request. What a real one does is tested in e2e.
 */
import assert from 'node:assert/strict';
import { isJsonObject } from '../../../kube/object.ts';
import { errorOfStatus } from '../../../kube/status.ts';
import { createVirtualClock, type VirtualClock } from '../../../kube/testing/virtual-clock.ts';
import type { KubeRequest, Transport } from '../../../kube/transport.ts';
import { untilAborted } from '../../../kube/until-aborted.ts';
import { createPaces } from '../../answer/pace.ts';
import { createIdentities, type Identities } from '../../auth/identity.ts';
import type { Clock } from '../../../kube/clock.ts';
import type { Call } from '../../call.ts';
import type { Answer } from '../../errors.ts';
import { createFakeReviews, type FakeReviews, fillStore, type Right } from '../../testing/fixture.ts';
import type { Tool } from '../../tools/define.ts';
import { createClusterTools } from '../all.ts';
import type { ClusterOptions } from '../define.ts';

const kinds: Readonly<Record<string, readonly string[]>> = {
  '': [
    'configmaps ConfigMap',
    'events Event',
    'namespaces Namespace cluster',
    'nodes Node cluster',
    'pods Pod',
    'secrets Secret',
    'services Service',
  ],
  apps: ['deployments Deployment'],
  'authentication.k8s.io': ['tokenreviews TokenReview cluster create'],
  'example.com': ['widgets Widget'],
  'metrics.k8s.io': ['nodes NodeMetrics cluster', 'pods PodMetrics'],
  'project.openshift.io': ['projects Project cluster'],
  'vault.example.com': ['configs ConfigMap', 'secrets VaultSecret'],
};
const subresources: Readonly<Record<string, readonly string[]>> = { deployments: ['scale'], pods: ['log', 'exec'] };

/** What discovery answers. */
function discovery(groups: readonly string[]): object {
  const items = groups.map((group) => ({
    metadata: { name: group },
    versions: [{ version: 'v1', resources: (kinds[group] ?? []).map(discoveredKind) }],
  }));
  return { kind: 'APIGroupDiscoveryList', items };
}

function discoveredKind(text: string): object {
  const [resource = '', kind, scope, verb] = text.split(' ');
  return {
    resource,
    responseKind: { kind },
    scope: scope === 'cluster' ? 'Cluster' : 'Namespaced',
    verbs: verb === undefined ? ['get', 'list'] : [verb],
    subresources: (subresources[resource] ?? []).map((subresource) => ({
      subresource,
      responseKind: { kind },
      verbs: ['get'],
    })),
  };
}

/** A table of objects as the API server makes it. */
export function tableOf(objects: readonly object[], metadata: object = {}): object {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: [
      { name: 'Name', priority: 0 },
      { name: 'Status', priority: 0 },
      { name: 'IP', priority: 1 },
    ],
    rows: objects.map((object) => {
      const metadataOf = isJsonObject(object) && isJsonObject(object.metadata) ? object.metadata : {};
      return { cells: [metadataOf.name, 'Running', '10.0.0.1'], object };
    }),
  };
}

interface SetupOptions extends Partial<Pick<ClusterOptions, 'account' | 'kubeconfig'>> {
  readonly rights?: Record<string, readonly Right[]>;
  /** What a read is answered with; may throw. An empty table unless told. Text is sent as it is. */
  readonly answer?: (request: KubeRequest) => unknown;
  /** Groups that are not served. */
  readonly absent?: readonly string[];
  /** Of an answer, unless a call has its own. */
  readonly bytesMax?: number;
}

export interface Toolset {
  readonly clock: VirtualClock;
  readonly tools: readonly Tool[];
  /** All that the toolset has sent, reviews apart. */
  readonly requests: readonly KubeRequest[];
  /** The same without discovery. */
  readonly read: KubeRequest[];
  readonly reviews: FakeReviews;
  /** As the user of this name, or without credentials. */
  readonly ask: (name: string, input: object, user?: string, limits?: Partial<Call>) => Promise<Answer<object>>;
  /** What an MCP client shows of the answer or the refusal. */
  readonly text: (name: string, input: object, user?: string) => Promise<string>;
}

export function setup({ rights = {}, answer, absent = [], bytesMax, account, kubeconfig }: SetupOptions): Toolset {
  const clock = createVirtualClock();
  const requests: KubeRequest[] = [];
  const read: KubeRequest[] = [];
  const transport: Transport = {
    async request(request) {
      requests.push(request);
      assert(request.method === 'GET', `${request.method} ${request.path} writes`);
      const groups = Object.keys(kinds).filter((group) => !absent.includes(group));
      return Promise.resolve(discovery(groups.filter((group) => (group === '') === (request.path === '/api'))));
    },
    async stream(request) {
      requests.push(request);
      read.push(request);
      assert(request.method === 'GET', `${request.method} ${request.path} writes`);
      const given = (await untilAborted(Promise.resolve(answer?.(request)), request.signal)) ?? tableOf([]);
      return chunks(typeof given === 'string' ? given : JSON.stringify(given));
    },
    close: async () => {},
  };
  const reviews = createFakeReviews(rights);
  const identities = createIdentities({ reviews, clock });
  const tools = createClusterTools({ transport, clock, account: account ?? 'gateway', kubeconfig });
  return { clock, tools, requests, read, reviews, ...createAsker(tools, identities, clock, bytesMax) };
}

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 65_536) {
    await Promise.resolve();
    yield bytes.subarray(at, at + 65_536);
  }
}

/** @param answers By path: JSON, or a text as it is. Everything else is not found. */
export function createToolset(
  answers: Readonly<Record<string, unknown>>,
  rights: Record<string, readonly Right[]>,
  options: SetupOptions = {},
): Toolset {
  return setup({
    ...options,
    rights,
    answer({ path }) {
      if (Object.hasOwn(answers, path)) return answers[path];
      const said = { message: 'not found', reason: 'NotFound' };
      throw errorOfStatus(404, said, { request: `GET ${path}`, retryAfterMs: undefined });
    },
  });
}

/** Calls of these tools as both protocols make them. */
export function createAsker(
  tools: readonly Tool[],
  identities: Identities,
  clock: Clock,
  usualBytesMax = 36_000,
): Pick<Toolset, 'ask' | 'text'> {
  const { store } = fillStore([]);
  const catalog: Call['catalog'] = {
    view: (namespace) => store.view(namespace),
    reports: () => store.reports(),
    clusterReport: () => store.clusterReport(),
    clusterFacts: () => store.clusterFacts(),
    freshness: () => ({ operatorAlive: true, watching: true, lost: [] }),
    synced: true,
    sharedSecret: undefined,
  };
  const paceOf = createPaces(clock);
  const toolOf = (name: string): Tool => {
    const tool = tools.find((each) => each.name === name);
    assert(tool !== undefined, `no tool ${name}`);
    return tool;
  };
  const ask: Toolset['ask'] = async (name, input, user, { bytesMax = usualBytesMax, ...limits } = {}) => {
    const caller = await identities.callerOf(user === undefined ? undefined : `Bearer ${user}`);
    assert(caller.ok);
    const deadline = clock.monotonic() + 3_600;
    const gateway = { version: '1.2.3', port: 8_090 };
    const pace = paceOf(deadline);
    const call: Call = { caller: caller.value, catalog, clock, deadline, pace, gateway, ...limits, bytesMax };
    const { answer } = await toolOf(name).answer(input, call);
    if (answer.ok) {
      assert(Buffer.byteLength(JSON.stringify(answer.value)) <= bytesMax, `${name} answers too much`);
      toolOf(name).text(answer.value);
    }
    return answer;
  };
  return {
    ask,
    async text(name, input, user) {
      const answer = await ask(name, input, user);
      const tool = toolOf(name);
      return answer.ok ? tool.text(answer.value) : (tool.refusalText?.(answer) ?? `${answer.code}: ${answer.error}`);
    },
  };
}
