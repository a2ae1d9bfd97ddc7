/**
 * Whom a constraint binds, in one form for all engines. An absent part restricts nothing.
 */
import * as z from 'zod';
import { LabelSelector } from './label-selector.ts';
import { QuotaScope } from './rules/quota.ts';

/** All parts that are present must hold. */
export const NamespaceScope = z.object({
  names: z.array(z.string()).optional().describe('Exact names; one must be equal.'),
  globs: z
    .array(z.string())
    .optional()
    .describe('Patterns with * and ?; one must match. Beside names: either will do.'),
  excluded: z.array(z.string()).optional().describe('Names and patterns; none may match.'),
  selector: LabelSelector.optional().describe(
    'On the labels of the namespace. Requests for cluster-scoped objects pass it unseen, other than those for Namespaces.',
  ),
});
export type NamespaceScope = z.infer<typeof NamespaceScope>;

/** Which pods of a bound namespace are meant; absent from a scope that is not about pods. */
export const WorkloadScope = z.object({
  selector: LabelSelector.optional().describe('On the labels of pods.'),
  hostNetwork: z.literal(false).optional().describe('False: no pods that use the network of their node.'),
  quotaScopes: z.array(QuotaScope).optional().describe('Properties of pods, all of which must hold (ResourceQuota).'),
});
export type WorkloadScope = z.infer<typeof WorkloadScope>;

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
});
export type AdmissionMatch = z.infer<typeof AdmissionMatch>;

export const Scope = z.object({
  namespaces: NamespaceScope,
  workloads: WorkloadScope.optional(),
  admission: z
    .array(AdmissionMatch)
    .optional()
    .describe(
      'All must match a request: those of a policy and those of what binds it. Absent: it is not about requests.',
    ),
});
export type Scope = z.infer<typeof Scope>;
