import * as z from 'zod';

/** One demand on a label. Without the label `NotIn` and `DoesNotExist` hold, and nothing else does. */
export const LabelRequirement = z.object({
  key: z.string(),
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Contains', 'StartsWith', 'EndsWith']),
  values: z.array(z.string()).optional().describe('One of them must hold; with NotIn none may. Absent with Exists.'),
  of: z
    .enum(['namespace', 'serviceAccount'])
    .optional()
    .describe(
      "Whose label it is: that of the pod's namespace or ServiceAccount. Absent: of the object itself. For a label " +
        '`projectcalico.org/name` of a ServiceAccount its name is taken.',
    ),
});
export type LabelRequirement = z.infer<typeof LabelRequirement>;

/**
 * What a metav1.LabelSelector cannot say: alternatives, and comparisons of parts of a value. Only where it cannot; everything
 * else is a LabelSelector. An empty `all` holds, an empty `any` does not.
 */
export const LabelExpression: z.ZodType<LabelExpression> = z.union([
  LabelRequirement,
  z.object({
    get all() {
      return z.array(LabelExpression);
    },
  }),
  z.object({
    get any() {
      return z.array(LabelExpression);
    },
  }),
  z.object({
    get not() {
      return LabelExpression;
    },
  }),
]);
export type LabelExpression =
  | LabelRequirement
  | { all: LabelExpression[] }
  | { any: LabelExpression[] }
  | { not: LabelExpression };
