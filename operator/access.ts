/**
 * What the operator asks the API server for, beside discovery. The RBAC rules of the chart are made from this list, and the
 * audit log of the tests is compared with it.
 */
import type { AccessRule } from '../crds/access.ts';
import {
  apiGroup,
  clusterConstraintDetails,
  clusterConstraintReports,
  constraintDetails,
  constraintProfiles,
  constraintReports,
  operatorLeaseName,
  systemNamespace,
} from '../crds/api.ts';
import { compareText } from '../crds/constraint.ts';
import { adapters } from './adapters/all.ts';
import { apiServices, customResourceDefinitions } from './discovery/definitions.ts';
import { classResources } from './scope/class-index.ts';
import { namespaceFactKinds } from './scope/namespace-facts.ts';
import { workloadKinds } from './scope/workload.ts';

/** What it reads: every kind of policy, what they bind and may refer to, and what tells which kinds there are. */
const reads = [
  ...adapters.flatMap(({ resources }) => resources),
  ...workloadKinds,
  ...namespaceFactKinds,
  ...classResources,
  { group: '', plural: 'namespaces' },
  { group: '', plural: 'pods' },
  customResourceDefinitions,
  apiServices,
];

export const operatorAccess: readonly AccessRule[] = [
  ...[...Map.groupBy(reads, ({ group }) => group)]
    .map(([group, resources]) => ({
      apiGroups: [group],
      resources: [...new Set(resources.map(({ plural }) => plural))].toSorted(),
      verbs: ['list', 'watch'],
    }))
    .toSorted((a, b) => compareText(a.apiGroups.join(), b.apiGroups.join())),
  {
    apiGroups: [apiGroup],
    resources: [clusterConstraintReports.plural],
    verbs: ['create', 'get', 'list', 'watch'],
  },
  // Deleted where a namespace has been excluded by configuration.
  {
    apiGroups: [apiGroup],
    resources: [constraintReports.plural],
    verbs: ['create', 'delete', 'get', 'list', 'watch'],
  },
  {
    apiGroups: [apiGroup],
    resources: [`${clusterConstraintReports.plural}/status`, `${constraintReports.plural}/status`],
    verbs: ['update'],
  },
  {
    apiGroups: [apiGroup],
    resources: [clusterConstraintDetails.plural, constraintDetails.plural],
    verbs: ['create', 'delete', 'get', 'list', 'update', 'watch'],
  },
  { apiGroups: [apiGroup], resources: [constraintProfiles.plural], verbs: ['list', 'watch'] },
  { apiGroups: [apiGroup], resources: [`${constraintProfiles.plural}/status`], verbs: ['update'] },
  // RBAC cannot name an object that does not exist yet, so creation is a rule of its own.
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'], namespace: systemNamespace },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'update'],
    namespace: systemNamespace,
    resourceNames: [operatorLeaseName],
  },
];
