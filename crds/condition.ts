import * as z from 'zod';

/** metav1.Condition. */
export const Condition = z.object({
  type: z.string().max(316).describe('What the condition is about, in PascalCase.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
  reason: z.string().min(1).max(1_024).describe('Why, as one PascalCase word that programs may match on.'),
  message: z.string().max(32_768).describe('Why, as a sentence.'),
  lastTransitionTime: z.iso.datetime().describe('When the status last changed.'),
  observedGeneration: z.int().optional().describe('The generation of the object that the condition speaks of.'),
});
export type Condition = z.infer<typeof Condition>;

/** A list of conditions as CRDs hold it: server-side apply merges it by type. */
export const Conditions = z
  .array(Condition)
  .max(16)
  .meta({
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  });
