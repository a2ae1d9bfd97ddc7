/**
 * The whole operator in this process, against an API server and on a clock that do what a test tells them.
 */
import { pino } from 'pino';
import {
  clusterConstraintDetails,
  clusterConstraintReports,
  clusterReportName,
  constraintDetails,
  constraintProfiles,
  constraintReports,
  reportName,
} from '../../crds/api.ts';
import { leases } from '../../kube/lease.ts';
import type { Resource } from '../../kube/resource.ts';
import { createFakeApi, type FakeApi } from '../../kube/testing/fake-api.ts';
import { customResourceDefinitions } from '../../kube/testing/fake-definitions.ts';
import { createVirtualClock, seededRandom, type VirtualClock } from '../../kube/testing/virtual-clock.ts';
import type { Transport } from '../../kube/transport.ts';
import { adapters } from '../adapters/all.ts';
import { builtInGroups } from '../adapters/built-in-groups.ts';
import { createMetrics } from '../metrics.ts';
import { type OperatorDeps, type RunningOperator, startOperator } from '../operator.ts';
import { apiServices } from '../discovery/definitions.ts';
import { classResources } from '../scope/class-index.ts';
import { workloadKinds } from '../scope/workload.ts';

export const namespaces: Resource = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
};
export const quotas: Resource = {
  group: '',
  version: 'v1',
  plural: 'resourcequotas',
  kind: 'ResourceQuota',
  namespaced: true,
};
export const networkPolicies: Resource = {
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'networkpolicies',
  kind: 'NetworkPolicy',
  namespaced: true,
};

const admissionPolicies = [
  { plural: 'mutatingadmissionpolicies', kind: 'MutatingAdmissionPolicy' },
  { plural: 'mutatingadmissionpolicybindings', kind: 'MutatingAdmissionPolicyBinding' },
  { plural: 'validatingadmissionpolicies', kind: 'ValidatingAdmissionPolicy' },
  { plural: 'validatingadmissionpolicybindings', kind: 'ValidatingAdmissionPolicyBinding' },
].map((kind): Resource => ({ group: 'admissionregistration.k8s.io', version: 'v1', namespaced: false, ...kind }));
export const pods: Resource = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };
export const services: Resource = { group: '', version: 'v1', plural: 'services', kind: 'Service', namespaced: true };
export const priorityClasses: Resource = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  plural: 'priorityclasses',
  kind: 'PriorityClass',
  namespaced: false,
};

/** Every kind that the simulated API server serves. */
export const served: readonly Resource[] = [
  namespaces,
  quotas,
  networkPolicies,
  { group: '', version: 'v1', plural: 'limitranges', kind: 'LimitRange', namespaced: true },
  { group: 'policy', version: 'v1', plural: 'poddisruptionbudgets', kind: 'PodDisruptionBudget', namespaced: true },
  ...(['Mutating', 'Validating'] as const).map((way) => ({
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    plural: `${way.toLowerCase()}webhookconfigurations`,
    kind: `${way}WebhookConfiguration`,
    namespaced: false,
  })),
  ...admissionPolicies,
  pods,
  ...workloadKinds.map(({ group, plural, kind }) => ({ group, version: 'v1', plural, kind, namespaced: true })),
  services,
  { group: '', version: 'v1', plural: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true },
  { group: '', version: 'v1', plural: 'persistentvolumeclaims', kind: 'PersistentVolumeClaim', namespaced: true },
  ...classResources.map(({ group, plural, kind }) => ({ group, version: 'v1', plural, kind, namespaced: false })),
  customResourceDefinitions,
  { ...apiServices, version: 'v1', kind: 'APIService', namespaced: false },
  leases,
  constraintReports,
  constraintDetails,
  clusterConstraintDetails,
  clusterConstraintReports,
  constraintProfiles,
];

export interface SimulatedOperator extends AsyncDisposable {
  readonly clock: VirtualClock;
  readonly api: FakeApi;
  readonly operator: RunningOperator;
  readonly crashes: readonly unknown[];
  /** Log lines, as JSON texts. */
  readonly log: readonly string[];
  /** Status of the report of a namespace. */
  readonly report: (namespace: string) => unknown;
  readonly totals: () => unknown;
}

/** `before` prepares the API server; then the operator starts, with `deps` in place of what it is given here, and `ms` pass. */
export async function simulateOperator(
  before: (api: FakeApi) => void = () => undefined,
  ms = 40_000,
  deps: Partial<OperatorDeps> = {},
): Promise<SimulatedOperator> {
  assertServed();
  const clock = createVirtualClock();
  const api = createFakeApi({ resources: served, clock });
  before(api);
  const crashes: unknown[] = [];
  const log: string[] = [];
  const stop = new AbortController();
  const operator = await startOperator({
    transport: withVersion(api.transport),
    clock,
    random: seededRandom(3),
    log: pino({ level: 'info' }, { write: (line: string) => void log.push(line) }),
    metrics: createMetrics(),
    namespace: 'potoo-system',
    identity: 'simulated',
    version: '0.0.0',
    signal: stop.signal,
    onCrash: (error) => void crashes.push(error),
    ...deps,
  });
  await clock.advance(ms);
  return {
    clock,
    api,
    operator,
    crashes,
    log,
    report: (namespace) => api.get(constraintReports, { namespace, name: reportName })?.['status'],
    totals: () => api.get(clusterConstraintReports, { name: clusterReportName })?.['status'],
    [Symbol.asyncDispose]: async () => {
      const stopped = operator[Symbol.asyncDispose]();
      await clock.advance(1_000);
      await stopped;
    },
  };
}

export const simulatedVersion = 'v1.36.0';

/** The fake API server has no version of its own. */
export function withVersion(transport: Transport): Transport {
  return {
    ...transport,
    request: (request) =>
      request.path === '/version' ? Promise.resolve({ gitVersion: simulatedVersion }) : transport.request(request),
  };
}

function assertServed(): void {
  for (const { group, plural } of adapters.flatMap(({ resources }) => resources)) {
    if (
      builtInGroups.has(group) &&
      !served.some((resource) => resource.group === group && resource.plural === plural)
    ) {
      throw new Error(`the simulated API server does not serve ${plural}.${group}: add it to the list`);
    }
  }
}
