/** What health and capabilities share: who may see the cluster's totals, and how well the whole works. */
import { clusterConstraintReports } from '../../crds/api.ts';
import type { ClusterReportStatus } from '../../crds/cluster-report.ts';
import { refuse } from '../answer/levels.ts';
import type { Caller } from '../auth/identity.ts';
import type { Catalog } from '../catalog/store.ts';
import type { Refusal } from '../errors.ts';
import { shown } from '../words.ts';

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
  const { operatorAlive, watching, unread = [] } = catalog.freshness();
  if (!operatorAlive || !watching) return 'unhealthy';
  if (unread.length > 0) return 'degraded';
  const report = catalog.clusterReport();
  if (report === undefined) return 'degraded';
  const ready = report.conditions?.find(({ type }) => type === 'Ready');
  // Not the error counts: they say what has happened since the operator started, and most of that is over.
  return ready?.status === 'False' ? 'degraded' : 'healthy';
}

/** Why the status is not healthy: nothing else. */
export function healthReasons(catalog: Catalog): string[] {
  const { operatorAlive, watching, lost, unread = [] } = catalog.freshness();
  const ready = catalog.clusterReport()?.conditions?.find(({ type }) => type === 'Ready');
  return [
    ...(operatorAlive ? [] : ["The operator's Lease is not renewed: nobody keeps the reports up to date."]),
    ...lost.map((resource) => `The watch of ${resource} is broken or refused: changes are not seen.`),
    ...(watching || lost.length > 0 ? [] : ['The API server is out of reach: changes are not seen.']),
    ...unread,
    ...(catalog.clusterReport() === undefined && unread.length === 0
      ? ['The operator has not written its cluster report yet.']
      : []),
    ...(ready?.status === 'False'
      ? [`The operator is not ready (${shown(ready.reason)}): ${shown(ready.message, 500)}`]
      : []),
  ];
}

/** All errors of an adapter, of whatever kind, since the operator started. */
export function errorCount(errors: ClusterReportStatus['adapters'][number]['errors']): number {
  return Object.values(errors ?? {}).reduce((sum, count) => sum + count, 0);
}
