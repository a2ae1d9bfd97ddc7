import * as z from 'zod';

/** What a Rego program is known to need beside the request and its parameters, found in its text. */
export const RegoNeed = z.enum(['clock', 'externalData', 'inventory', 'network', 'random']);
export type RegoNeed = z.infer<typeof RegoNeed>;

/** A program in Rego: a request violates it when the set `violation` has a member, whose `msg` the caller is told. */
export const RegoProgram = z.object({
  source: z.string(),
  libs: z.array(z.string()).optional().describe('Modules below `data.lib`.'),
  version: z.enum(['v0', 'v1']).describe('Which Rego: v1 wants `if` and `contains`.'),
  needs: z
    .array(RegoNeed)
    .optional()
    .describe('What an evaluator without a cluster does not have. Named too where it is only mentioned.'),
});
export type RegoProgram = z.infer<typeof RegoProgram>;

/**
 * A program that a template brings and a policy gives parameters to (Gatekeeper).
 *
 * @see https://open-policy-agent.github.io/gatekeeper/website/docs/constrainttemplates/
 */
export const RegoRule = z.object({
  form: z.literal('rego'),
  template: z.string().describe('Kind of the policy, which its template defines.'),
  program: RegoProgram.optional().describe(
    'Absent: the template is not known here, or has no program that is understood.',
  ),
  actions: z
    .array(z.enum(['deny', 'dryrun', 'warn']))
    .describe('What follows from a violation when a request is judged. Empty: nothing.'),
  parameters: z.unknown().optional().describe('`input.parameters`, as the policy holds it.'),
  unread: z
    .array(z.string())
    .optional()
    .describe('JSON pointers of parts of the policy or its template that are not understood.'),
});
export type RegoRule = z.infer<typeof RegoRule>;
