/**
 * What can happen to a simulated cluster, step by step: what people and controllers do, and what goes wrong. A history is
 * drawn from a seed; a step can also be written down by itself, which is how a regression test tells its story.
 */
import {
  clusterConstraintReports,
  clusterReportName,
  constraintDetails,
  constraintReports,
  operatorLeaseName,
  reportName,
  systemNamespace,
} from '../../crds/api.ts';
import { leases } from '../../kube/lease.ts';
import type { Resource } from '../../kube/resource.ts';
import type { FakeRequest } from '../../kube/testing/fake-api.ts';
import { seededRandom } from '../../kube/testing/virtual-clock.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';
import { namespaces, networkPolicies, pods, quotas, served } from './simulated-operator.ts';

export interface Step {
  readonly says: string;
  readonly run: (cluster: SimulatedCluster) => void;
  /** What passes afterwards. */
  readonly waitMs: number;
}

type Act = Omit<Step, 'waitMs'>;
type Labels = Readonly<Record<string, string>>;

const kindOf = (plural: string): Resource => {
  const found = served.find((resource) => resource.plural === plural);
  if (found === undefined) throw new Error(`the simulated API server does not serve ${plural}`);
  return found;
};
const deployments = kindOf('deployments');
const replicaSets = kindOf('replicasets');

/** The same, and then this time passes. */
export function andWait(step: Act, waitMs: number): Step {
  return { ...step, waitMs };
}

/** Somebody creates or overwrites an object, if its namespace takes one. */
export function put(resource: Resource, namespace: string, name: string, content: object): Act {
  return {
    says: `put ${resource.plural} ${namespace}/${name} ${JSON.stringify(content)}`,
    run(cluster) {
      const { metadata, ...rest } = { metadata: {}, ...content };
      if (!cluster.takesObjects(namespace)) return;
      cluster.api.put(resource, { ...rest, metadata: { ...metadata, namespace, name } });
    },
  };
}

export function remove(resource: Resource, name: string, namespace?: string): Act {
  const at = namespace === undefined ? { name } : { namespace, name };
  return {
    says: `remove ${resource.plural} ${namespace ?? ''}/${name}`,
    run({ api }) {
      if (api.get(resource, at) !== undefined) api.remove(resource, at);
    },
  };
}

/** A namespace is made, or gets other labels; one that is going away stays as it is. */
export function label(name: string, labels: Labels): Act {
  return {
    says: `namespace ${name} ${JSON.stringify(labels)}`,
    run({ api }) {
      if (api.get(namespaces, { name })?.metadata.deletionTimestamp !== undefined) return;
      api.put(namespaces, { metadata: { name, labels }, status: { phase: 'Active' } });
    },
  };
}

/** Somebody deletes the namespace; the namespace controller has removed `plurals` of it by now. */
export function terminate(name: string, plurals: readonly string[]): Act {
  return {
    says: `terminate ${name}, without ${plurals.join()}`,
    run({ api }) {
      const found = api.get(namespaces, { name });
      if (found === undefined) return;
      const metadata = { ...found.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
      api.put(namespaces, { ...found, metadata, status: { phase: 'Terminating' } });
      for (const resource of served) if (plurals.includes(resource.plural)) removeAllIn(api, resource, name);
    },
  };
}

/** The namespace is gone with all that was in it. */
export function end(name: string): Act {
  return {
    says: `end of namespace ${name}`,
    run({ api }) {
      if (api.get(namespaces, { name }) === undefined) return;
      for (const resource of served) if (resource.namespaced) removeAllIn(api, resource, name);
      api.remove(namespaces, { name });
    },
  };
}

function removeAllIn(api: SimulatedCluster['api'], resource: Resource, namespace: string): void {
  for (const { metadata } of api.list(resource)) {
    if (metadata.namespace === namespace) api.remove(resource, { namespace, name: metadata.name });
  }
}

/** Any other thing that is done to a cluster. */
export function act(says: string, run: (cluster: SimulatedCluster) => void): Act {
  return { says, run };
}

/** Requests of one kind and verb are answered with an error. */
export function fault(
  status: number,
  times: number,
  on: { readonly plural?: string; readonly verb?: FakeRequest['verb']; readonly afterwards?: boolean } = {},
  retryAfterMs?: number,
): Act {
  const matching = (request: FakeRequest) =>
    (on.plural === undefined || request.plural === on.plural) && (on.verb === undefined || request.verb === on.verb);
  const afterwards = on.afterwards === true && status === 0;
  return act(
    `fail ${status} × ${times} ${JSON.stringify(on)} ${retryAfterMs ?? ''}`,
    ({ api, faults }) => void faults.push(api.fail({ status, times, matching, afterwards, retryAfterMs })),
  );
}

/** Tells watches of one kind, or all of them, from others. */
export const watchesOf = (plural: string | undefined) => (request: FakeRequest) =>
  plural === undefined || request.plural === plural;

/** The steps of a seed: the same for ever, as long as this file stays the same. */
export function historyOf(seed: number): Step[] {
  const random = seededRandom(seed);
  const below = (count: number) => Math.floor(random() * count);
  function pick<T>(...choices: readonly [T, ...T[]]): T {
    return choices[below(choices.length)] ?? choices[0];
  }
  const namespaceName = () => pick('a', 'b', 'c', 'd');
  const labels = () => pick<Labels>({}, { app: 'web' }, { app: 'db' }, { app: 'web', tier: 'front' });
  const selector = () =>
    pick<object>(
      {},
      { matchLabels: { app: 'web' } },
      { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] },
      { matchExpressions: [{ key: 'app', operator: pick('In', 'NotIn'), values: ['web', 'cache'] }] },
    );
  const securityLabels = () =>
    Object.fromEntries([
      ['team', pick('red', 'blue')],
      [
        `pod-security.kubernetes.io/${pick('enforce', 'warn', 'audit')}`,
        pick('baseline', 'restricted', 'privileged', '?'),
      ],
      [`pod-security.kubernetes.io/${pick('enforce', 'warn')}-version`, pick('latest', 'v1.30', 'first')],
    ]);
  const owner = (apiVersion: string, kind: string, name: string) => [
    { apiVersion, kind, name, uid: `uid-of-${name}`, controller: true },
  ];
  const template = () => ({
    metadata: { labels: labels() },
    spec: {
      containers: [
        {
          name: 'main',
          ...pick({}, { ports: [{ name: 'http', containerPort: pick(80, 8080) }] }),
          ...pick({}, { resources: { requests: { cpu: '1' } } }),
        },
      ],
      ...pick({}, { hostNetwork: true }, { priorityClassName: 'high' }, { activeDeadlineSeconds: 5 }),
    },
  });

  const policy = () => {
    const allow = [{ from: [{ podSelector: selector() }], ports: [{ port: pick<unknown>(80, 'http', -1) }] }];
    const spec = pick<unknown>(
      { podSelector: selector(), policyTypes: ['Ingress'] },
      { podSelector: selector(), policyTypes: ['Ingress', 'Egress'], ingress: allow },
      { podSelector: selector(), policyTypes: ['Egress'], egress: [{}] },
      { podSelector: selector(), policyTypes: ['Ingress'], ingress: [{ from: 7 }] },
      7,
    );
    return put(networkPolicies, namespaceName(), pick('p', 'q', 'r'), { spec });
  };
  const quota = () => {
    const hard = pick<Labels>({ pods: '10' }, { 'count/services': '4', 'requests.cpu': '2' }, { pods: '0' });
    const used = Object.fromEntries(Object.keys(hard).map((name) => [name, String(below(12))]));
    const status = pick<object>({}, { status: { hard, used } }, { status: { hard, used } });
    const scopes = pick<object>({}, { scopes: [pick('BestEffort', 'NotTerminating', 'Terminating')] });
    return put(quotas, namespaceName(), pick('x', 'y'), { spec: { hard, ...scopes }, ...status });
  };
  const workload = () => {
    const namespace = namespaceName();
    const name = pick('m', 'n', 'o');
    const owned = pick<object>(
      {},
      { metadata: { ownerReferences: owner('apps/v1', 'Deployment', 'm') } },
      { metadata: { ownerReferences: owner('argoproj.io/v1', 'Rollout', 'roll') } },
    );
    const podOwner = pick<object>(
      {},
      { ownerReferences: owner('apps/v1', 'ReplicaSet', 'm') },
      { ownerReferences: owner('v1', 'Node', 'node') },
      { ownerReferences: owner('example.org/v1', 'Fleet', 'fleet') },
    );
    return pick(
      put(deployments, namespace, name, { spec: { template: pick<unknown>(template(), template(), 'none') } }),
      put(replicaSets, namespace, name, { ...owned, spec: { template: template() } }),
      put(pods, namespace, name, { metadata: { labels: labels(), ...podOwner }, spec: {} }),
    );
  };
  const removal = () => {
    const [resource, names] = pick<readonly [Resource, readonly [string, ...string[]]]>(
      [networkPolicies, ['p', 'q', 'r']],
      [quotas, ['x', 'y']],
      [deployments, ['m', 'n', 'o']],
      [replicaSets, ['m', 'n', 'o']],
      [pods, ['m', 'n', 'o']],
    );
    return remove(resource, pick(...names), namespaceName());
  };
  const ofNamespace = () => {
    const name = namespaceName();
    const ownPlurals = [constraintReports.plural, constraintDetails.plural];
    return pick(
      label(name, {}),
      label(name, securityLabels()),
      label(name, securityLabels()),
      terminate(name, pick<readonly string[]>([], ownPlurals, [...ownPlurals, networkPolicies.plural])),
      end(name),
    );
  };
  const vandalism = () => {
    const namespace = namespaceName();
    const foreign = { subject: 'constraints', part: 0, texts: ['{}'] };
    const detail = pick('constraints', 'workloads');
    return pick(
      remove(constraintReports, reportName, namespace),
      remove(constraintDetails, detail, namespace),
      put(constraintReports, namespace, reportName, { status: { total: 77 } }),
      put(constraintReports, namespace, reportName, {}),
      put(constraintDetails, namespace, detail, foreign),
      put(constraintDetails, namespace, 'constraints-7', { ...foreign, part: 7 }),
      put(constraintDetails, namespace, detail, { texts: 'none' }),
      remove(clusterConstraintReports, clusterReportName),
      act('spoil the totals', ({ api }) => {
        api.put(clusterConstraintReports, { metadata: { name: clusterReportName }, status: { constraints: -1 } });
      }),
    );
  };
  const ofLease = () =>
    pick(
      remove(leases, operatorLeaseName, systemNamespace),
      put(leases, systemNamespace, operatorLeaseName, {
        spec: { holderIdentity: 'stranger', leaseDurationSeconds: 15, leaseTransitions: 1 },
      }),
      put(leases, systemNamespace, operatorLeaseName, { spec: 'none' }),
    );
  const ofReplica = () => {
    const place = pick('first', 'second');
    return pick(
      act(`start ${place}`, (cluster) => cluster.start(place)),
      act(`start ${place}`, (cluster) => cluster.start(place)),
      act(`stop ${place}`, (cluster) => cluster.stop(place)),
      act(`kill ${place}`, (cluster) => cluster.kill(place)),
    );
  };
  const ofTime = () => {
    const hours = pick(-48, -1, 1, 24 * 365);
    const requestMs = pick(0, 20, 400, 7_000);
    const writeMs = pick(0, 30, 900, 14_000);
    const lagMs = pick(0, 40, 2_000);
    return pick(
      act(`wall clock ${hours} h`, ({ clock }) => clock.setWallClock(hours * 3_600_000)),
      act(`slowness ${requestMs} ${writeMs} ${lagMs}`, ({ slowness }) => {
        Object.assign(slowness, { requestMs, writeMs, lagMs });
      }),
    );
  };
  const ofWatches = () => {
    const plural = pick<string | undefined>(undefined, ...served.map((resource) => resource.plural));
    const matching = watchesOf(plural);
    const on = plural ?? 'all';
    const count = 1 + below(6);
    return pick(
      act(`cut ${on}`, ({ api }) => api.cutWatches(matching)),
      act(`end ${on}`, ({ api }) => api.endWatches(matching)),
      act(`gone ${on}`, ({ api }) => api.refuseWatches({ matching })),
      act(`refuse ${on}`, ({ api }) => api.refuseWatches({ code: 500, reason: 'InternalError', matching })),
      act(`stall ${on}`, ({ api }) => api.stallWatches(matching)),
      act(`bookmark ${on}`, ({ api }) => api.bookmarkWatches(matching)),
      act(`broken line to ${on}`, ({ api }) => api.sendToWatches('{"type":"MODI', matching)),
      act(`replay ${count} to ${on}`, ({ api }) => api.replayWatches(count, matching)),
      act('compact', ({ api }) => api.compact()),
      act('compact and cut', ({ api }) => {
        api.compact();
        api.cutWatches(matching);
      }),
    );
  };
  const ofRequests = () => {
    const status = pick(0, 0, 400, 401, 403, 404, 409, 410, 422, 429, 500, 503, 504);
    const plural = pick<string | undefined>(
      undefined,
      constraintReports.plural,
      constraintDetails.plural,
      leases.plural,
      ...served.map((resource) => resource.plural),
    );
    const verb = pick<FakeRequest['verb'] | undefined>(undefined, 'list', 'watch', 'create', 'update', 'delete', 'get');
    const on = { ...(plural === undefined ? {} : { plural }), ...(verb === undefined ? {} : { verb }) };
    const retryAfterMs = status === 429 || status === 503 ? pick(undefined, 1_000, 40_000) : undefined;
    return fault(status, pick(1, 2, 4, 30), { ...on, afterwards: random() < 0.5 }, retryAfterMs);
  };

  const ofObjects = () => pick(policy, policy, quota, workload, workload, removal, removal, ofNamespace, ofNamespace)();
  const misfortune = () => pick(vandalism, ofLease, ofReplica, ofTime, ofWatches, ofWatches, ofRequests, ofRequests)();
  const steps = [andWait(label('a', {}), 0), andWait(label('b', securityLabels()), 0), andWait(policy(), 0)];
  const count = 10 + below(50);
  for (let index = 0; index < count; index += 1) {
    const next = random() < 0.6 ? ofObjects() : misfortune();
    steps.push(andWait(next, pick(0, 0, 0, 7, 30, 500, 3_000, 20_000)));
    if (index === 2)
      steps.push(
        andWait(
          act('start first', (cluster) => cluster.start('first')),
          pick(0, 50, 5_000),
        ),
      );
  }
  return steps;
}
