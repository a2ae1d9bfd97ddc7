/**
 * Whom a constraint binds, in one form for all engines. An absent part restricts nothing.
 */
import * as z from 'zod';
import { LabelExpression } from './label-expression.ts';
import { LabelSelector } from './label-selector.ts';
import { QuotaScope } from './rules/quota.ts';

/** All parts that are present must hold. */
export const NamespaceFilter = z.object({
  names: z.array(z.string()).optional().describe('Exact names; one must be equal.'),
  globs: z
    .array(z.string())
    .optional()
    .describe('Patterns with * and ?; one must match. Beside names: either will do.'),
  excluded: z.array(z.string()).optional().describe('Names and patterns; none may match.'),
  selector: LabelSelector.optional().describe(
    'On the labels of the namespace. Requests for cluster-scoped objects pass it unseen, other than those for Namespaces.',
  ),
  expression: LabelExpression.optional().describe('On the labels of the namespace, beside the selector.'),
});
export type NamespaceFilter = z.infer<typeof NamespaceFilter>;

/** All parts that are present must hold. */
export const NamespaceScope = NamespaceFilter.extend({
  anyOf: z.array(NamespaceFilter).optional().describe('One must hold, beside what stands next to it.'),
  noneOf: z.array(NamespaceFilter).optional().describe('None may hold.'),
});
export type NamespaceScope = z.infer<typeof NamespaceScope>;

/** Which pods of a bound namespace are meant; absent from a scope that is not about pods. */
export const WorkloadScope = z.object({
  selector: LabelSelector.optional().describe('On the labels of pods.'),
  expression: LabelExpression.optional().describe('On the labels of pods, beside the selector.'),
  serviceAccounts: z.array(z.string()).optional().describe('Names; pods must run as one of them.'),
  hostNetwork: z.literal(false).optional().describe('False: no pods that use the network of their node.'),
  nodes: LabelSelector.optional().describe(
    'Nodes with such labels are meant, and of pods only those that use the network of one.',
  ),
  quotaScopes: z.array(QuotaScope).optional().describe('Properties of pods, all of which must hold (ResourceQuota).'),
});
export type WorkloadScope = z.infer<typeof WorkloadScope>;

/** Which interfaces of nodes are meant (host endpoints of Calico). All parts that are present must hold. */
export const HostScope = z.object({
  selector: LabelSelector.optional().describe('On the labels of the host endpoint.'),
  expression: LabelExpression.optional().describe('On the same, beside the selector.'),
});
export type HostScope = z.infer<typeof HostScope>;

/** Requests that admission judges, in the terms of admissionregistration.k8s.io rules; `*` stands for all. */
export const AdmissionRule = z.object({
  operations: z.array(z.string()),
  apiGroups: z.array(z.string()),
  apiVersions: z.array(z.string()),
  resources: z
    .array(z.string())
    .describe(
      'Plurals; `plural/subresource` for a subresource, `plural/*` for both, `*` for all without subresources, `*/*` for all.',
    ),
  scope: z.enum(['Cluster', 'Namespaced']).optional().describe('Only objects of this reach; a Namespace has Cluster.'),
  names: z.array(z.string()).optional().describe('Only objects with one of these names.'),
});
export type AdmissionRule = z.infer<typeof AdmissionRule>;

/** A CEL expression over a request that must be true for it to be meant. */
export const MatchCondition = z.object({ name: z.string(), expression: z.string() });
export type MatchCondition = z.infer<typeof MatchCondition>;

/** A kind of object by patterns with `*` and `?`, for engines that go by kinds and not by resources. */
export const KindPattern = z.object({
  group: z.string(),
  version: z.string(),
  kind: z.string(),
  subresource: z.string().optional().describe('Absent: the object itself and not what stands below it.'),
});
export type KindPattern = z.infer<typeof KindPattern>;

/** Who asks. Every list that is present must have an entry that holds. */
export const Requester = z.object({
  subjects: z
    .array(
      z.object({
        kind: z.enum(['User', 'Group', 'ServiceAccount']),
        name: z.string().describe('A pattern with * and ?.'),
        namespace: z.string().optional().describe('Of a ServiceAccount; a pattern.'),
      }),
    )
    .optional(),
  roles: z.array(z.string()).optional().describe('`namespace/name` of Roles that are bound to the requester.'),
  clusterRoles: z.array(z.string()).optional().describe('Names of ClusterRoles that are bound to the requester.'),
});
export type Requester = z.infer<typeof Requester>;

/** Where the object of a request is. */
export const RequestNamespace = z.object({
  patterns: z.array(z.string()).optional().describe('With * and ?; one must match.'),
  excluded: z.array(z.string()).optional().describe('Patterns; none may match.'),
  selector: LabelSelector.optional().describe('On the labels of the namespace.'),
  labelPatterns: z.literal(true).optional().describe('Keys and values of its matchLabels may hold * and ?.'),
  clusterScoped: z
    .enum(['pass', 'nameless'])
    .describe('Objects outside of namespaces pass unseen, or are seen as in a namespace without a name and labels.'),
  namespaceObjects: z
    .enum(['asThemselves', 'byNameOnly', 'outside'])
    .describe('A Namespace is in the namespace that it is; byNameOnly: no selector takes it; outside: it is in none.'),
});
export type RequestNamespace = z.infer<typeof RequestNamespace>;

/** Requests by kind, name, place, labels and requester. Every part that is present must hold. */
export const AdmissionFilter = z.object({
  operations: z.array(z.string()).optional(),
  kinds: z.array(KindPattern).optional().describe('One must match.'),
  scope: z.enum(['Cluster', 'Namespaced']).optional().describe('Only objects of this reach; a Namespace has Cluster.'),
  names: z.array(z.string()).optional().describe('Patterns on the name or generateName; one must match.'),
  namespace: RequestNamespace.optional(),
  objectSelector: LabelSelector.optional().describe(
    'On the labels of the object. Keys and values may hold * and ? where labelPatterns says so.',
  ),
  labelPatterns: z.literal(true).optional(),
  annotations: z
    .record(z.string(), z.string())
    .optional()
    .describe('Each pair of patterns must match an annotation of the object.'),
  requester: Requester.optional(),
  as: z
    .object({
      by: z.string().describe('`Kind name` of the object that says what it makes.'),
      path: z.string().describe('Field path in the object at which that stands.'),
      kind: KindPattern,
    })
    .optional()
    .describe(
      'The object is judged as what will be made of it: its kind is meant by `kinds`, its namespace by `namespace`, and ' +
        'names and labels are those of what is made.',
    ),
});
export type AdmissionFilter = z.infer<typeof AdmissionFilter>;

/** What takes requests out of a match. */
export const AdmissionException = z.object({
  by: z
    .string()
    .optional()
    .describe('`Kind namespace/name` of the object that excepts them. Absent: the policy does so itself.'),
  all: z.array(AdmissionFilter).describe('A request is excepted when all of them hold for it.'),
  matchConditions: z
    .array(MatchCondition)
    .optional()
    .describe('All must be true for a request to be excepted. They are not evaluated here.'),
  conditional: z
    .string()
    .optional()
    .describe('What else decides whether they are excepted, which is not known here. Absent: they are.'),
});
export type AdmissionException = z.infer<typeof AdmissionException>;

/** Which requests are meant. Every part that is present must hold. */
export const AdmissionMatch = z.object({
  rules: z.array(AdmissionRule).optional().describe('One must match; none does when the list is empty.'),
  excluded: z.array(AdmissionRule).optional().describe('None may match.'),
  matchPolicy: z
    .enum(['Exact', 'Equivalent'])
    .optional()
    .describe('Equivalent: a rule also means the same object in its other groups and versions.'),
  objectSelector: LabelSelector.optional().describe('On the labels of the object, new or old.'),
  matchConditions: z.array(MatchCondition).optional().describe('All must be true. They are not evaluated here.'),
  filters: z.array(AdmissionFilter).optional().describe('One must hold; none does when the list is empty.'),
  exceptions: z.array(AdmissionException).optional().describe('None may hold.'),
});
export type AdmissionMatch = z.infer<typeof AdmissionMatch>;

export const Scope = z.object({
  namespaces: NamespaceScope,
  workloads: WorkloadScope.optional(),
  hosts: HostScope.optional().describe('Beside the workloads. Absent from a scope that binds no interfaces of nodes.'),
  admission: z
    .array(AdmissionMatch)
    .optional()
    .describe(
      'All must match a request: those of a policy and those of what binds it. Absent: it is not about requests.',
    ),
  unread: z
    .array(z.string())
    .optional()
    .describe(
      'JSON pointers of parts that decide whom it binds and are not understood: it may bind less than stands here.',
    ),
});
export type Scope = z.infer<typeof Scope>;
