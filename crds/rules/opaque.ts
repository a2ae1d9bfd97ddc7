import * as z from 'zod';

/** A policy of a kind that nobody here understands: it may demand anything. */
export const OpaqueRule = z.object({
  form: z.literal('opaque'),
  fields: z
    .array(z.string())
    .describe('Field paths that a ConstraintProfile names, and where the object has something.'),
});
export type OpaqueRule = z.infer<typeof OpaqueRule>;
