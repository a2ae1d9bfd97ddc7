import * as z from 'zod';

const CountOrPercent = z.union([z.int(), z.string()]).describe('A number of pods, or a percentage like `50%`.');

/**
 * How many pods evictions must leave alone. With neither bound no eviction passes.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 */
export const DisruptionRule = z.object({
  form: z.literal('disruption'),
  minAvailable: CountOrPercent.optional(),
  maxUnavailable: CountOrPercent.optional().describe('Never beside minAvailable.'),
  unhealthyPodEvictionPolicy: z
    .enum(['IfHealthyBudget', 'AlwaysAllow'])
    .optional()
    .describe('When pods that run and are not ready may be evicted. Absent: IfHealthyBudget.'),
});
export type DisruptionRule = z.infer<typeof DisruptionRule>;
