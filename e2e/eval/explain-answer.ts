/** What is looked at of an answer of `potoo_explain`. */
import * as z from 'zod';
import { Category, Confidence } from '../../gateway/explain/category.ts';

const Cause = z.object({ category: Category, policy: z.string().optional(), rule: z.string().optional() });

export const ExplainAnswer = z.object({
  confidence: Confidence,
  cause: Cause,
  matching_constraints: z.array(z.object({ id: z.string(), source_kind: z.string(), name: z.string() })),
});
