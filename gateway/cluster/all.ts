import type { Tool } from '../tools/define.ts';
import { eventsList, namespacesList, projectsList } from './cluster-lists.ts';
import { configurationContextsList, configurationViewTool } from './configuration/configuration.ts';
import { type ClusterOptions, type ClusterTool, createCluster } from './define.ts';
import { helmList } from './helm-list.ts';
import { k8sDelete, k8sPatch } from './k8s/plans.ts';
import { k8sGet, k8sList, k8sListEvents, k8sPodLogs } from './k8s/reads.ts';
import { nodesLog, nodesStatsSummary } from './node-proxy.ts';
import { helmInstall, helmUninstall } from './plans/helm.ts';
import { podsDelete, podsExec, podsRun } from './plans/pods.ts';
import { resourcesCreateOrUpdate, resourcesDelete, resourcesScale } from './plans/resources.ts';
import { podsGet, podsList, podsListInNamespace, podsLog } from './pods.ts';
import { resourcesGet, resourcesList } from './resources.ts';
import { nodesTop, podsTop } from './top.ts';

/** Every tool of the set, by name. Adding one: a definition beside these, and a line here. */
const definitions: readonly ClusterTool[] = [
  configurationContextsList,
  configurationViewTool,
  eventsList,
  helmInstall,
  helmList,
  helmUninstall,
  k8sDelete,
  k8sGet,
  k8sList,
  k8sListEvents,
  k8sPatch,
  k8sPodLogs,
  namespacesList,
  nodesLog,
  nodesStatsSummary,
  nodesTop,
  podsDelete,
  podsExec,
  podsGet,
  podsList,
  podsListInNamespace,
  podsLog,
  podsRun,
  podsTop,
  projectsList,
  resourcesCreateOrUpdate,
  resourcesDelete,
  resourcesGet,
  resourcesList,
  resourcesScale,
];

/** The cluster toolset, for callers of a gateway or for one person. */
export function createClusterTools(options: ClusterOptions): Tool[] {
  const cluster = createCluster(options);
  return definitions.map((define) => define(cluster));
}
