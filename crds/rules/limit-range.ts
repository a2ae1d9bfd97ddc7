import * as z from 'zod';

const Amounts = z.record(z.string(), z.string());

/**
 * Bounds on what one container, one pod or one volume claim may ask for, and what a container gets that does not say.
 *
 * @see https://kubernetes.io/docs/concepts/policy/limit-range/
 */
export const LimitRangeRule = z.object({
  form: z.literal('limitRange'),
  on: z.enum(['Container', 'Pod', 'PersistentVolumeClaim']),
  min: Amounts.optional().describe('Quantity by resource. A request must be there and, like a limit, not be less.'),
  max: Amounts.optional().describe(
    'Quantity by resource. A limit must be there and, like a request, not be more; of a claim only the request counts.',
  ),
  default: Amounts.optional().describe('The limit of a container that has none, by resource.'),
  defaultRequest: Amounts.optional().describe(
    'The request of a container that has none, by resource. An explicit limit is a request already.',
  ),
  maxLimitRequestRatio: Amounts.optional().describe(
    'How many times the request the limit may be, by resource. Both must be there and not 0.',
  ),
});
export type LimitRangeRule = z.infer<typeof LimitRangeRule>;
