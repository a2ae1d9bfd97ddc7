/**
 * The cluster toolset in this process, with an API server that answers what it was told to and keeps every request. What it does
 * otherwise is tested against a real one in e2e.
 */
import assert from 'node:assert/strict';
import { errorOfStatus } from '../../../kube/status.ts';
import { createVirtualClock } from '../../../kube/testing/virtual-clock.ts';
import type { KubeRequest, Transport } from '../../../kube/transport.ts';
import { createPaces } from '../../answer/pace.ts';
import { createIdentities, type Identities } from '../../auth/identity.ts';
import type { Clock } from '../../../kube/clock.ts';
import type { Catalog } from '../../catalog/store.ts';
import type { Answer } from '../../errors.ts';
import { createFakeReviews, type FakeReviews, fillStore, type Right } from '../../testing/fixture.ts';
import type { Tool } from '../../tools/define.ts';
import { createClusterTools } from '../all.ts';
import type { ClusterOptions } from '../define.ts';

export interface Toolset {
  readonly tools: readonly Tool[];
  /** All that the toolset has sent, reviews apart. */
  readonly requests: readonly KubeRequest[];
  readonly reviews: FakeReviews;
  readonly ask: (name: string, input: object, user?: string, bytesMax?: number) => Promise<Answer<object>>;
  /** What an MCP client shows of the answer or the refusal. */
  readonly text: (name: string, input: object, user?: string) => Promise<string>;
}

const kinds = [
  ['', 'v1', 'pods', 'Pod', true, ['log', 'exec']],
  ['', 'v1', 'services', 'Service', true, []],
  ['', 'v1', 'events', 'Event', true, []],
  ['', 'v1', 'secrets', 'Secret', true, []],
  ['', 'v1', 'configmaps', 'ConfigMap', true, []],
  ['', 'v1', 'namespaces', 'Namespace', false, []],
  ['apps', 'v1', 'deployments', 'Deployment', true, ['scale']],
] as const;

/** @param answers By path: JSON, or a text as it is. Everything else is not found. */
export function createToolset(
  answers: Readonly<Record<string, unknown>>,
  rights: Record<string, readonly Right[]>,
  options: Partial<Pick<ClusterOptions, 'account' | 'kubeconfig'>> = {},
): Toolset {
  const clock = createVirtualClock();
  const requests: KubeRequest[] = [];
  const answerTo = (request: KubeRequest): unknown => {
    requests.push(request);
    assert(request.method === 'GET', `${request.method} ${request.path} writes`);
    if (request.path === '/api' || request.path === '/apis') return discovery(request.path === '/api');
    if (Object.hasOwn(answers, request.path)) return answers[request.path];
    const said = { message: 'not found', reason: 'NotFound' };
    throw errorOfStatus(404, said, { request: `GET ${request.path}`, retryAfterMs: undefined });
  };
  const transport: Transport = {
    request: async (request) => Promise.resolve(answerTo(request)),
    async stream(request) {
      const answer = answerTo(request);
      return Promise.resolve(chunks(typeof answer === 'string' ? answer : JSON.stringify(answer)));
    },
    close: async () => Promise.resolve(),
  };
  const reviews = createFakeReviews(rights);
  const identities = createIdentities({ reviews, clock });
  const tools = createClusterTools({ transport, clock, account: 'gateway', ...options });
  return { tools, requests, reviews, ...createAsker(tools, identities, clock) };
}

/** Calls of these tools as both protocols make them. */
export function createAsker(
  tools: readonly Tool[],
  identities: Identities,
  clock: Clock,
): Pick<Toolset, 'ask' | 'text'> {
  const { store } = fillStore([]);
  const catalog: Catalog = {
    view: (namespace) => store.view(namespace),
    reports: () => store.reports(),
    clusterReport: () => store.clusterReport(),
    clusterFacts: () => store.clusterFacts(),
    freshness: () => ({ operatorAlive: true, watching: true, lost: [] }),
    synced: true,
    sharedSecret: undefined,
  };
  const toolOf = (name: string): Tool => {
    const tool = tools.find((each) => each.name === name);
    assert(tool !== undefined, `no tool ${name}`);
    return tool;
  };
  async function ask(name: string, input: object, user?: string, bytesMax = 44_000): Promise<Answer<object>> {
    const caller = await identities.callerOf(user === undefined ? undefined : `Bearer ${user}`);
    assert(caller.ok);
    const deadline = clock.monotonic() + 4_000;
    const gateway = { version: '1.2.3', port: 8_090 };
    const pace = createPaces(clock)(deadline);
    const call = { caller: caller.value, catalog, clock, deadline, pace, bytesMax, gateway };
    const { answer } = await toolOf(name).answer(input, call);
    assert(!answer.ok || Buffer.byteLength(JSON.stringify(answer.value)) <= bytesMax, `${name} answers too much`);
    return answer;
  }
  return {
    ask,
    async text(name, input, user) {
      const answer = await ask(name, input, user);
      const tool = toolOf(name);
      return answer.ok ? tool.text(answer.value) : (tool.refusalText?.(answer) ?? `${answer.code}: ${answer.error}`);
    },
  };
}

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield Buffer.from(text);
}

function discovery(core: boolean): object {
  const groups = Map.groupBy(
    kinds.filter(([group]) => (group === '') === core),
    ([group]) => group,
  );
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: [...groups].map(([group, members]) => ({
      metadata: group === '' ? {} : { name: group },
      versions: [
        {
          version: 'v1',
          freshness: 'Current',
          resources: members.map(([, version, resource, kind, namespaced, subresources]) => ({
            resource,
            responseKind: { group, version, kind },
            scope: namespaced ? 'Namespaced' : 'Cluster',
            singularResource: kind.toLowerCase(),
            verbs: ['get', 'list'],
            subresources: subresources.map((subresource) => ({
              subresource,
              responseKind: { group, version, kind },
              verbs: ['get'],
            })),
          })),
        },
      ],
    })),
  };
}
