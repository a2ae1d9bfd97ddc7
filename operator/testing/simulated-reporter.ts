/**
 * The reporter alone, against an API server and on a clock that do what a test tells them.
 */
import { pino } from 'pino';
import {
  clusterConstraintDetails,
  clusterConstraintReports,
  clusterReportName,
  constraintDetails,
  constraintReports,
  reportName,
} from '../../crds/api.ts';
import type { Constraint } from '../../crds/constraint.ts';
import { createClient } from '../../kube/client.ts';
import { createFakeApi, type FakeRequest } from '../../kube/testing/fake-api.ts';
import { createVirtualClock, seededRandom } from '../../kube/testing/virtual-clock.ts';
import { createMetrics } from '../metrics.ts';
import { createReporter } from '../reports/reporter.ts';
import { testConstraint } from './constraints.ts';

/**
 * Each namespace has a policy `p` of its own; `constraints` may be changed, and the reporter told of it. `latencyMs` is how
 * long a request is on its way.
 */
export function simulateReporter(namespaces: readonly string[], latencyMs: (request: FakeRequest) => number = () => 0) {
  const clock = createVirtualClock();
  const api = createFakeApi({
    resources: [constraintReports, constraintDetails, clusterConstraintReports, clusterConstraintDetails],
    clock,
    latencyMs,
  });
  const crashes: unknown[] = [];
  const log: string[] = [];
  const metrics = createMetrics();
  const constraints = new Map<string, Constraint[]>(namespaces.map((name) => [name, [testConstraint(name, 'p')]]));
  /** Of cluster-wide policies, by the name of their detail. */
  const policies = new Map<string, Constraint[]>();
  const reporter = createReporter({
    client: createClient(api.transport),
    clock,
    random: seededRandom(1),
    log: pino({ level: 'info' }, { write: (line: string) => void log.push(line) }),
    metrics,
    namespaces: () => constraints.keys(),
    exists: (namespace) => constraints.has(namespace),
    isLeftOut: () => false,
    boundTo: (namespace) => constraints.get(namespace) ?? [],
    observe: (namespace) => {
      const bound = constraints.get(namespace);
      return bound === undefined ? undefined : { namespace, constraints: bound, workloads: [], unread: [] };
    },
    observeClusterDetail: (name) => ({ subject: 'policy', constraints: policies.get(name) ?? [] }),
    clusterDetails: () => policies.keys(),
    observeCluster: () => ({
      constraints: [...constraints.values()].flat(),
      namespaces: constraints.size,
      namespacesWithConstraints: constraints.size,
      adapters: [],
      versions: { operator: '0', kubernetes: 'v1.36.0' },
      lastDiscovery: '2026-01-01T00:00:00Z',
      failures: [],
    }),
    onCrash: (error) => crashes.push(error),
  });
  const stop = new AbortController();
  return {
    api,
    clock,
    log,
    metrics,
    constraints,
    policies,
    reporter,
    crashes,
    begin: () => reporter.write(stop.signal),
    stop: () => stop.abort(new Error('the test ends')),
    written: () =>
      api.requests.map(({ verb, plural, namespace }) => [verb, plural, namespace].filter(Boolean).join(' ')),
    report: (namespace: string) => api.get(constraintReports, { namespace, name: reportName })?.['status'],
    totals: () => api.get(clusterConstraintReports, { name: clusterReportName })?.['status'],
  };
}
