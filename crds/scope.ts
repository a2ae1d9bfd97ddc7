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
  selector: LabelSelector.optional().describe('On the labels of the namespace.'),
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
  resources: z.array(z.string()).describe('Plurals; `plural/subresource` for a subresource.'),
});
export type AdmissionRule = z.infer<typeof AdmissionRule>;

export const Scope = z.object({
  namespaces: NamespaceScope,
  workloads: WorkloadScope.optional(),
  admission: z.array(AdmissionRule).optional().describe('One of these rules must match a request.'),
});
export type Scope = z.infer<typeof Scope>;
