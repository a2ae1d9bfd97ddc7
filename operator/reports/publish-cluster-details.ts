import { clusterConstraintDetails } from '../../crds/api.ts';
import { composeClusterDetails, type ObservedClusterDetail } from './compose-cluster-details.ts';
import { type PublishDeps, putDetail, removeObject, type Target, type Written } from './publish.ts';
import { type PublishedDetail, readClusterDetail } from './published.ts';

/**
 * Writes all parts of a ClusterConstraintDetail, each only if it says something new, and removes those that nothing needs
 * any more. Throws KubeError when the API server refuses.
 */
export async function publishClusterDetail(
  name: string,
  observed: ObservedClusterDetail,
  deps: PublishDeps,
  signal: AbortSignal,
): Promise<Written> {
  const { parts, oversized } = composeClusterDetails(name, observed);
  deps.onOversized(name, oversized);
  let written = 0;
  for (const [part, detail] of parts) written += await putDetail(clusterDetailAt(part, deps), detail, deps, signal);
  for (const part of deps.clusterDetails.namesIn(name)) {
    if (!parts.has(part)) written += await removeObject(clusterDetailAt(part, deps), deps, signal);
  }
  return written;
}

function clusterDetailAt(name: string, deps: PublishDeps): Target<PublishedDetail> {
  return { resource: clusterConstraintDetails, at: { name }, objects: deps.clusterDetails, read: readClusterDetail };
}
