import * as z from 'zod';

/**
 * A property of a pod or claim that a scoped quota asks for. `Exists` is what an entry of `spec.scopes` stands for.
 *
 * @see https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes
 */
export const QuotaScope = z.object({
  scopeName: z.string(),
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
  values: z.array(z.string()).optional(),
});
export type QuotaScope = z.infer<typeof QuotaScope>;

/** An upper bound on what a namespace may hold in sum. Usage is not here: it moves all the time and stands in the report. */
export const QuotaRule = z.object({
  form: z.literal('quota'),
  hard: z.record(z.string(), z.string()).describe('Quantity by the name that the quota gives the resource.'),
  enforced: z
    .boolean()
    .describe('False until the quota controller has written a status: until then admission enforces nothing.'),
  scopes: z.array(QuotaScope).describe('All must match an object for it to be charged.'),
  acrossNamespaces: z
    .literal(true)
    .optional()
    .describe('A sum over all namespaces that are bound. Absent: each may hold as much.'),
});
export type QuotaRule = z.infer<typeof QuotaRule>;
