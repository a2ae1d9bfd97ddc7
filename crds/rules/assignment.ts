import * as z from 'zod';

/** Whether something must be at a part of the location for the change to be made. */
export const PathTest = z.object({ subPath: z.string(), condition: z.enum(['MustExist', 'MustNotExist']) });
export type PathTest = z.infer<typeof PathTest>;

/** Where a value comes from; one of the three. */
export const AssignedValue = z.object({
  value: z.unknown().optional(),
  fromMetadata: z.string().optional().describe('`namespace` or `name` of the object.'),
  provider: z.string().optional().describe('External data: the name of who is asked.'),
});
export type AssignedValue = z.infer<typeof AssignedValue>;

/**
 * One change of one place in objects that are written (Gatekeeper's mutators). Mutators are applied again and again until none
 * of them changes anything.
 *
 * @see https://open-policy-agent.github.io/gatekeeper/website/docs/mutation/
 */
export const AssignmentRule = z.object({
  form: z.literal('assignment'),
  operation: z
    .enum(['set', 'addMetadata', 'mergeValues', 'pruneValues', 'image'])
    .describe('addMetadata: a label or annotation, where there is none. image: parts of the name of an image.'),
  location: z.string().describe('Path of the field; `[name: *]` stands for items of a list.'),
  assign: AssignedValue.optional(),
  values: z.array(z.unknown()).optional().describe('That are merged into the list, or pruned from it.'),
  image: z
    .object({ domain: z.string().optional(), path: z.string().optional(), tag: z.string().optional() })
    .optional(),
  pathTests: z.array(PathTest).optional().describe('All must hold.'),
  unread: z.array(z.string()).optional().describe('JSON pointers of parts of the policy that are not understood.'),
});
export type AssignmentRule = z.infer<typeof AssignmentRule>;
