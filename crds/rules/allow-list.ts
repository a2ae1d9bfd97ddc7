import * as z from 'zod';
import { LabelSelector } from '../label-selector.ts';

/** A field of objects of one kind, `spec.containers[*].image`; below a map its keys, and with `.<key>` the value of one. */
export const JudgedField = z.object({ apiGroup: z.string(), kind: z.string(), path: z.string() });
export type JudgedField = z.infer<typeof JudgedField>;

/** Values; any of what is given makes one match. */
export const ValueMatcher = z.object({
  values: z.array(z.string()).optional().describe('Equal to one of them.'),
  pattern: z.string().optional().describe('A regular expression (RE2) that matches somewhere in it.'),
  cidrs: z.array(z.string()).optional().describe('An address or block within one of them.'),
  ranges: z
    .array(z.object({ from: z.int(), to: z.int() }))
    .optional()
    .describe('A number in one of them, ends included.'),
  selector: LabelSelector.optional().describe('The name of an object (a class) with such labels.'),
  wildcards: z.literal(true).optional().describe('A host name that begins with `*`.'),
  negate: z.literal(true).optional().describe('What does not match all this is what matches.'),
  with: z.array(z.string()).optional().describe('Beside it, one of these image pull policies must be set.'),
});
export type ValueMatcher = z.infer<typeof ValueMatcher>;

/** What may stand in a field, must stand in it, or is written into it. */
export const AllowListRule = z.object({
  form: z.literal('allowList'),
  fields: z.array(JudgedField).describe('Each of them is judged by itself.'),
  part: z.enum(['registry', 'key']).optional().describe('What of a value is judged. Absent: all of it.'),
  allowed: z
    .array(ValueMatcher)
    .optional()
    .describe('A value that matches one passes, any other is refused; all are when it is empty.'),
  denied: z.array(ValueMatcher).optional().describe('A value that matches one is refused.'),
  noted: z.array(ValueMatcher).optional().describe('A value that matches one passes with a warning and an event.'),
  order: z
    .int()
    .optional()
    .describe(
      'Of several rules for one field of one source the last one that matches decides, and another value is refused if one ' +
        'of them has `allowed`. Absent: it stands alone.',
    ),
  required: z.literal(true).optional().describe('A field without a value is refused. Absent: it passes.'),
  default: z.string().optional().describe('Written where the field has no value.'),
  sets: z.record(z.string(), z.string()).optional().describe('Written below the field, over what stands there.'),
  unique: z
    .string()
    .optional()
    .describe('Within what no other object may have the same value: Cluster, Tenant, Namespace.'),
  frozen: z.literal(true).optional().describe('Nothing of it may be created, changed or deleted.'),
  settings: z.unknown().optional().describe('What else is written about the field, as the source has it.'),
  audience: z
    .array(z.object({ kind: z.string(), name: z.string() }))
    .optional()
    .describe('Only for requests of one of them.'),
  unread: z
    .array(z.string())
    .optional()
    .describe('JSON pointers of parts that are not understood: what passes is then not known.'),
});
export type AllowListRule = z.infer<typeof AllowListRule>;
