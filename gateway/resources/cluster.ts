/** What health and capabilities share: who may see the cluster's totals, and how well the whole works. */
import { clusterConstraintReports } from '../../crds/api.ts';
import type { ClusterReportStatus } from '../../crds/cluster-report.ts';
import { refuse } from '../answer/levels.ts';
import type { Caller } from '../auth/identity.ts';
import type { Catalog } from '../catalog/store.ts';
import type { Refusal } from '../errors.ts';

export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

/** The view of a caller on the cluster: all figures, the status alone, or nothing without credentials. */
export async function clusterRight(caller: Caller): Promise<'all' | 'status' | Refusal> {
  if (await caller.may({ verb: 'get', resource: clusterConstraintReports.plural })) return 'all';
  return caller.anonymous ? refuse(caller, `get ${clusterConstraintReports.plural}.potoo.io`) : 'status';
}

/**
 * Unhealthy: what is answered may be old, because no operator writes or the gateway would not see it. Degraded: it is
 * up to date but not complete.
 */
export function healthStatus(catalog: Catalog): HealthStatus {
  const { operatorAlive, watching } = catalog.freshness();
  if (!operatorAlive || !watching) return 'unhealthy';
  const report = catalog.clusterReport();
  if (report === undefined) return 'degraded';
  const ready = report.conditions?.find(({ type }) => type === 'Ready');
  // Not the error counts: they say what has happened since the operator started, and most of that is over.
  return ready?.status === 'False' ? 'degraded' : 'healthy';
}

/** All errors of an adapter, of whatever kind, since the operator started. */
export function errorCount(errors: ClusterReportStatus['adapters'][number]['errors']): number {
  return Object.values(errors ?? {}).reduce((sum, count) => sum + count, 0);
}
