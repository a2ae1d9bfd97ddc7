/**
 * Potoo's own resources as an operator would write them, for tests.
 */
import {
  apiVersion,
  clusterConstraintDetails,
  clusterConstraintReports,
  clusterReportName,
  constraintDetails,
  constraintReports,
  type PotooResource,
  reportName,
} from '../../crds/api.ts';
import type { ClusterReportStatus } from '../../crds/cluster-report.ts';
import { type Constraint, constraintId, homeNamespace, type StoredConstraint } from '../../crds/constraint.ts';
import { type DetailSubject, detailName, type StoredWorkload } from '../../crds/detail.ts';
import type { ReportEntry, ReportStatus } from '../../crds/report.ts';
import { formatReportLine, handleOf } from '../../crds/report-line.ts';
import type { KubeObject } from '../../kube/resource.ts';

export const changedAt = '2026-01-01T00:00:00.000Z';

function object(resource: PotooResource, name: string, namespace: string | undefined, rest: object): KubeObject {
  const metadata = { name, uid: `${resource.kind}-${namespace ?? ''}-${name}`, resourceVersion: '1' };
  return {
    apiVersion,
    kind: resource.kind,
    metadata: namespace === undefined ? metadata : { ...metadata, namespace },
    ...rest,
  };
}

/** A constraint of a NetworkPolicy; its scope and rule hold words that occur nowhere else. */
export function networkConstraint(
  namespace: string,
  name: string,
  changes: Partial<Constraint> = {},
): StoredConstraint {
  const key = changes.key ?? 'Ingress';
  return {
    id: constraintId(`${namespace}/${name}`, key),
    name,
    key,
    type: 'NetworkIngress',
    severity: 'Critical',
    effect: 'restrict',
    summary: `Incoming connections of some pods are limited by ${name}`,
    message: `Incoming connections of pods with tier=hidden-tier are limited to TCP 15432 from 203.0.113.0/24 (${name})`,
    source: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', name, namespace },
    scope: {
      namespaces: { names: [namespace] },
      workloads: { selector: { matchLabels: { tier: 'hidden-tier' } } },
    },
    rule: {
      form: 'network',
      direction: 'Ingress',
      clauses: [
        {
          path: '/spec/ingress/0',
          peers: [{ ipBlock: { cidr: '203.0.113.0/24', except: [] } }],
          ports: [{ protocol: 'TCP', port: 15_432 }],
        },
      ],
    },
    ...changes,
  };
}

/** What every level above summary adds in `networkConstraint`. */
export const hiddenWords = ['hidden-tier', '15432', '203.0.113'];

/** The entry of a report for a constraint. */
export function entryOf(constraint: StoredConstraint, changes: Partial<ReportEntry> = {}): ReportEntry {
  const { id, name, key, type, severity, effect, summary, source } = constraint;
  return {
    id,
    name,
    key,
    type,
    severity,
    effect,
    message: summary,
    lastChanged: changedAt,
    source: { kind: source.kind, name: source.name },
    ...changes,
  };
}

/** The line of a report for a constraint of a cluster-wide policy, or of one of another namespace: that one under its handle. */
export function lineOf(constraint: StoredConstraint): string {
  const { id, source } = constraint;
  const name = homeNamespace(source) === undefined ? constraint.name : handleOf(id);
  return formatReportLine({ ...constraint, kind: source.kind, name });
}

export function reportObject(
  namespace: string,
  entries: readonly ReportEntry[],
  changes: Partial<ReportStatus> = {},
): KubeObject {
  const count = (severity: string) => entries.filter((entry) => entry.severity === severity).length;
  return object(constraintReports, reportName, namespace, {
    status: {
      total: entries.length,
      critical: count('Critical'),
      warning: count('Warning'),
      info: count('Info'),
      lastChanged: changedAt,
      constraints: entries,
      inherited: [],
      ...changes,
    },
  });
}

export function detailObject(
  namespace: string,
  subject: DetailSubject,
  items: readonly (StoredConstraint | StoredWorkload | string)[],
  part = 0,
): KubeObject {
  const texts = items.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
  return object(constraintDetails, detailName(subject, part), namespace, { subject, part, texts });
}

export function clusterDetailObject(name: string, items: readonly StoredConstraint[]): KubeObject {
  const [first] = items;
  return object(clusterConstraintDetails, name, undefined, {
    subject: 'policy',
    part: 0,
    source: first?.source ?? { apiVersion: 'v1', kind: 'Any', name },
    texts: items.map((item) => JSON.stringify(item)),
  });
}

export function clusterReportObject(changes: Partial<ClusterReportStatus> = {}): KubeObject {
  const status: ClusterReportStatus = {
    constraints: 7,
    critical: 1,
    warning: 2,
    info: 4,
    byType: { NetworkIngress: 3, ResourceLimit: 4 },
    namespaces: 3,
    namespacesWithConstraints: 2,
    adapters: [
      { name: 'cilium', enabled: false, reason: 'CRDs not installed', watchedResources: [] },
      { name: 'networkpolicy', enabled: true, watchedResources: ['networkpolicies.networking.k8s.io'] },
    ],
    versions: { operator: '0.1.0', kubernetes: 'v1.34.0' },
    lastDiscovery: changedAt,
    lastChanged: changedAt,
    ...changes,
  };
  return object(clusterConstraintReports, clusterReportName, undefined, { status });
}
