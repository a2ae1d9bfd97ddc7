/**
 * The ClusterConstraintReport: totals over the cluster, and how well each adapter reads.
 */
import type { ClusterReportStatus, AdapterHealth } from '../../crds/cluster-report.ts';
import type { Condition } from '../../crds/condition.ts';
import { type Constraint, constraintTypes } from '../../crds/constraint.ts';
import { countBySeverity } from './compose-report.ts';
import { type Composed, contentDigest } from './content.ts';
import { readyCondition } from './ready-condition.ts';

export interface ObservedCluster {
  readonly constraints: readonly Constraint[];
  readonly namespaces: number;
  readonly namespacesWithConstraints: number;
  readonly adapters: readonly AdapterHealth[];
  readonly versions: ClusterReportStatus['versions'];
  readonly lastDiscovery: string;
  /** Why the operator does not do all of its work, if so: a sentence each. */
  readonly failures: readonly string[];
  /** What in the cluster does not let it write: a sentence each. */
  readonly denials: readonly string[];
}

export interface PublishedTotals {
  readonly resourceVersion: string;
  readonly hash: string;
  readonly lastChanged: string;
  readonly conditions: readonly Condition[];
}

/** `now` is the time that changed parts carry; unchanged parts keep theirs. */
export function composeTotals(
  observed: ObservedCluster,
  published: PublishedTotals | undefined,
  now: string,
): Composed<ClusterReportStatus> {
  const byType: Record<string, number> = {};
  for (const type of constraintTypes) {
    const count = observed.constraints.filter((constraint) => constraint.type === type).length;
    if (count > 0) byType[type] = count;
  }
  const content: Omit<ClusterReportStatus, 'lastChanged'> = {
    constraints: observed.constraints.length,
    ...countBySeverity(observed.constraints),
    byType,
    namespaces: observed.namespaces,
    namespacesWithConstraints: observed.namespacesWithConstraints,
    adapters: [...observed.adapters],
    versions: observed.versions,
    lastDiscovery: observed.lastDiscovery,
    conditions: [readyCondition(health(observed), published?.conditions, now)],
  };
  const { hash, bytes } = contentDigest(content);
  if (published?.hash === hash) {
    return { status: { ...content, lastChanged: published.lastChanged }, change: 'none', bytes };
  }
  return { status: { ...content, lastChanged: now }, change: 'content', bytes };
}

/** What the cluster denies comes first: that ends only when a person does something. */
function health({ failures, denials }: ObservedCluster): Pick<Condition, 'status' | 'reason' | 'message'> {
  if (failures.length + denials.length === 0) {
    return { status: 'True', reason: 'Working', message: 'All that is watched is read, and every report is written.' };
  }
  return {
    status: 'False',
    reason: denials.length > 0 ? 'WritesDenied' : 'Failing',
    message: [...denials, ...failures].join('; ').slice(0, 4_000),
  };
}
