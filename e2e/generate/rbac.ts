/**
 * The RBAC objects of the chart, made from what each program declares that it asks the API server for.
 */
import type { AccessRule } from '../../crds/access.ts';
import {
  apiGroup,
  clusterConstraintReports,
  constraintDetails,
  constraintProfiles,
  constraintReports,
  potooResources,
  systemNamespace,
} from '../../crds/api.ts';
import { gatewayAccess } from '../../gateway/access.ts';
import { clusterTokenAccess, clusterToolsAccess, clusterToolsAccount } from '../../gateway/cluster/access.ts';
import { aggregationLabel as clusterToolsLabel } from '../../gateway/cluster/reader.ts';
import { operatorAccess } from '../../operator/access.ts';
import { aggregationLabel } from '../../operator/adapter-health.ts';

const group = 'rbac.authorization.k8s.io';
const apiVersion = `${group}/v1`;

/** File name → objects. Names of service accounts are those of the Deployments. */
export function rbacFiles(): Map<string, readonly object[]> {
  return new Map([
    ['operator.yaml', aggregatedObjects('potoo-operator', aggregationLabel, operatorAccess)],
    ['gateway.yaml', programObjects(gatewayAccount, gatewayAccess)],
    ['clients.yaml', clientObjects()],
  ]);
}

/** File name → objects that are applied only where somebody wants what they are for. */
export function optionalRbacFiles(): Map<string, readonly object[]> {
  const tokens = `${clusterToolsAccount}-tokens`;
  return new Map([
    [
      'cluster-tools.yaml',
      [
        ...aggregatedObjects(clusterToolsAccount, clusterToolsLabel, clusterToolsAccess),
        ...namespacedObjects(tokens, gatewayAccount, clusterTokenAccess),
      ],
    ],
  ]);
}

const gatewayAccount = 'potoo-controller';

/**
 * An account whose ClusterRole is aggregated: whoever brings a kind adds the right to read it with a labelled ClusterRole,
 * and Potoo's own is left alone.
 */
function aggregatedObjects(name: string, label: string, access: readonly AccessRule[]): object[] {
  const labels = { [label]: 'true' };
  return [
    ...programObjects(name, access).map((object) =>
      object.kind === 'ClusterRole' ? { ...object, metadata: { name: `${name}-own`, labels } } : object,
    ),
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: labels }] },
      rules: [],
    },
  ];
}

interface RbacObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
  readonly [field: string]: unknown;
}

function programObjects(name: string, access: readonly AccessRule[]): RbacObject[] {
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: systemNamespace } },
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name },
      rules: access.filter(({ namespace }) => namespace === undefined).map(ruleOf),
    },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name },
      subjects: subjectsOf(name),
    },
    ...namespacedObjects(name, name, access),
  ];
}

/** Role and RoleBinding in each namespace that the rules name. */
function namespacedObjects(name: string, account: string, access: readonly AccessRule[]): RbacObject[] {
  const namespaces = [...new Set(access.flatMap(({ namespace }) => namespace ?? []))].toSorted();
  return namespaces.flatMap((namespace) => [
    {
      apiVersion,
      kind: 'Role',
      metadata: { name, namespace },
      rules: access.filter((rule) => rule.namespace === namespace).map(ruleOf),
    },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata: { name, namespace },
      roleRef: { apiGroup: group, kind: 'Role', name },
      subjects: subjectsOf(account),
    },
  ]);
}

function subjectsOf(account: string): object[] {
  return [{ kind: 'ServiceAccount', name: account, namespace: systemNamespace }];
}

/** What people and programs that ask Potoo need; and who has it already, by the roles that every cluster has. */
function clientObjects(): object[] {
  const read = ['get', 'list', 'watch'];
  const reports = { apiGroups: [apiGroup], resources: [constraintReports.plural], verbs: read };
  return [
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name: 'potoo-mcp-client' },
      rules: [reports, { apiGroups: [apiGroup], resources: [clusterConstraintReports.plural], verbs: ['get'] }],
    },
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name: 'potoo-view', labels: { [`${group}/aggregate-to-view`]: 'true' } },
      rules: [reports],
    },
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name: 'potoo-admin', labels: { [`${group}/aggregate-to-admin`]: 'true' } },
      rules: [{ apiGroups: [apiGroup], resources: [constraintDetails.plural], verbs: read }],
    },
    // Not aggregated: whoever may know all of every policy of the cluster is decided by a binding.
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name: 'potoo-cluster-view' },
      rules: [
        {
          apiGroups: [apiGroup],
          resources: [...potooResources, constraintProfiles].map(({ plural }) => plural).toSorted(),
          verbs: read,
        },
      ],
    },
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name: 'potoo-profile-edit' },
      rules: [
        {
          apiGroups: [apiGroup],
          resources: [constraintProfiles.plural],
          verbs: ['create', 'delete', ...read, 'patch', 'update'].toSorted(),
        },
      ],
    },
  ];
}

function ruleOf({ apiGroups, resources, verbs, resourceNames }: AccessRule): object {
  return { apiGroups, resources, ...(resourceNames === undefined ? {} : { resourceNames }), verbs };
}
