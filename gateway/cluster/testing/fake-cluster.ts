/**
 * The cluster tools before an API server that serves a few kinds and answers whatever it is told to, and that writes down
 * what it was asked for.
 */
import { isJsonObject } from '../../../kube/object.ts';
import type { KubeRequest, Transport } from '../../../kube/transport.ts';
import { createVirtualClock } from '../../../kube/testing/virtual-clock.ts';
import { untilAborted } from '../../../kube/until-aborted.ts';
import { createIdentities } from '../../auth/identity.ts';
import { createPaces } from '../../answer/pace.ts';
import type { Call } from '../../call.ts';
import type { Answer } from '../../errors.ts';
import { createFakeReviews, fillStore, type Right } from '../../testing/fixture.ts';
import { createClusterTools } from '../all.ts';
import type { Account } from '../reader.ts';

const kinds: Readonly<Record<string, readonly string[]>> = {
  '': [
    'configmaps ConfigMap',
    'events Event',
    'namespaces Namespace cluster',
    'nodes Node cluster',
    'pods Pod',
    'secrets Secret',
  ],
  apps: ['deployments Deployment'],
  'authentication.k8s.io': ['tokenreviews TokenReview cluster create'],
  'metrics.k8s.io': ['nodes NodeMetrics cluster', 'pods PodMetrics'],
  'project.openshift.io': ['projects Project cluster'],
  'vault.example.com': ['secrets Secret'],
};

/** What discovery answers. */
function discovery(groups: readonly string[]): object {
  const items = groups.map((group) => ({
    metadata: { name: group },
    versions: [
      {
        version: 'v1',
        resources: (kinds[group] ?? []).map((text) => {
          const [resource, kind, scope, verb] = text.split(' ');
          return {
            resource,
            responseKind: { kind },
            scope: scope === 'cluster' ? 'Cluster' : 'Namespaced',
            verbs: verb === undefined ? ['get', 'list'] : [verb],
          };
        }),
      },
    ],
  }));
  return { kind: 'APIGroupDiscoveryList', items };
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

interface FakeOptions {
  readonly rights?: Record<string, readonly Right[]>;
  readonly account?: Account;
  /** What a read is answered with; may throw. An empty table unless told. Text is sent as it is. */
  readonly answer?: (request: KubeRequest) => unknown;
  readonly absent?: readonly string[];
  readonly bytesMax?: number;
}

export function setup({ rights = {}, account = 'gateway', answer, absent = [], bytesMax = 36_000 }: FakeOptions) {
  const clock = createVirtualClock();
  const reviews = createFakeReviews(rights);
  const identities = createIdentities({ reviews, clock });
  /** Paths of reads, in order; discovery apart. */
  const read: KubeRequest[] = [];
  const discovered: string[] = [];
  const transport: Transport = {
    async request({ path }) {
      discovered.push(path);
      const groups = Object.keys(kinds).filter((group) => !absent.includes(group));
      return Promise.resolve(discovery(groups.filter((group) => (group === '') === (path === '/api'))));
    },
    async stream(request) {
      read.push(request);
      const given = (await untilAborted(Promise.resolve(answer?.(request)), request.signal)) ?? tableOf([]);
      const bytes = Buffer.from(typeof given === 'string' ? given : JSON.stringify(given));
      return (async function* chunks() {
        for (let at = 0; at < bytes.length; at += 65_536) {
          await Promise.resolve();
          yield bytes.subarray(at, at + 65_536);
        }
      })();
    },
    close: async () => {},
  };
  const tools = createClusterTools({ transport, clock, account });
  const { store } = fillStore([]);
  const paceOf = createPaces(clock);
  /** As the user of this name, or without credentials. */
  async function ask(name: string, input: object, user?: string): Promise<Answer<object>> {
    const caller = await identities.callerOf(user === undefined ? undefined : `Bearer ${user}`);
    const tool = tools.find((each) => each.name === name);
    if (!caller.ok || tool === undefined) throw new Error(`no caller, or no tool ${name}`);
    const deadline = clock.monotonic() + 3_600;
    const call: Call = {
      caller: caller.value,
      clock,
      deadline,
      bytesMax,
      pace: paceOf(deadline),
      gateway: { version: '1.2.3', port: 8_090 },
      catalog: {
        ...store,
        view: () => undefined,
        reports: () => [],
        clusterReport: () => undefined,
        clusterFacts: () => store.clusterFacts(),
        freshness: () => ({ operatorAlive: true, watching: true, lost: [] }),
        synced: true,
        sharedSecret: undefined,
      },
    };
    const { answer: answered } = await tool.answer(input, call);
    if (answered.ok) tool.text(answered.value);
    return answered;
  }
  return { clock, reviews, tools, ask, read, discovered };
}
