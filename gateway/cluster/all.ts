import type { Tool } from '../tools/define.ts';
import { eventsList, namespacesList, projectsList } from './cluster-lists.ts';
import { planned } from './planned.ts';
import { type ClusterOptions, type ClusterTool, createCluster } from './define.ts';
import { nodesLog, nodesStatsSummary } from './node-proxy.ts';
import { podsGet, podsList, podsListInNamespace, podsLog } from './pods.ts';
import { resourcesGet, resourcesList } from './resources.ts';
import { nodesTop, podsTop } from './top.ts';

/** Every tool of the set, by name. Adding one: a definition beside these, and a line here. */
const definitions: readonly ClusterTool[] = [
  eventsList,
  namespacesList,
  nodesLog,
  nodesStatsSummary,
  nodesTop,
  podsGet,
  podsList,
  podsListInNamespace,
  podsLog,
  podsTop,
  projectsList,
  resourcesGet,
  resourcesList,
  ...planned,
];

/** The cluster toolset, for callers of a gateway or for one person. */
export function createClusterTools(options: ClusterOptions): Tool[] {
  const cluster = createCluster(options);
  return definitions.map((define) => define(cluster));
}
