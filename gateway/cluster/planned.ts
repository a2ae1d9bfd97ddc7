/** The tools that plan, those of the `k8s_` family, and what Helm and a kubeconfig say. */
import { configurationContextsList, configurationViewTool } from './configuration/configuration.ts';
import type { ClusterTool } from './define.ts';
import { helmList } from './helm-list.ts';
import { k8sDelete, k8sPatch } from './k8s/plans.ts';
import { k8sGet, k8sList, k8sListEvents, k8sPodLogs } from './k8s/reads.ts';
import { helmInstall, helmUninstall } from './plans/helm.ts';
import { podsDelete, podsExec, podsRun } from './plans/pods.ts';
import { resourcesCreateOrUpdate, resourcesDelete, resourcesScale } from './plans/resources.ts';

/** Offered to whoever may be told how to change something. */
export const plans: readonly ClusterTool[] = [
  helmInstall,
  helmUninstall,
  k8sDelete,
  k8sPatch,
  podsDelete,
  podsExec,
  podsRun,
  resourcesCreateOrUpdate,
  resourcesDelete,
  resourcesScale,
];

export const planned: readonly ClusterTool[] = [
  configurationContextsList,
  configurationViewTool,
  helmList,
  k8sGet,
  k8sList,
  k8sListEvents,
  k8sPodLogs,
  ...plans,
];
