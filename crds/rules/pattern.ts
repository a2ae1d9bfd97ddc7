import * as z from 'zod';

/** Further rules that an engine makes of a rule on pods, for what makes pods. */
export const GeneratedRule = z.object({
  name: z.string().describe('As denials and exceptions name it.'),
  kinds: z.array(z.string()),
  template: z.string().describe('Where the pod stands in their objects, like `spec.template`.'),
});
export type GeneratedRule = z.infer<typeof GeneratedRule>;

/**
 * A rule that goes by the shape of objects: patterns, conditions, patches and templates in the notation of Kyverno. What it
 * says stands here as JSON, as the policy has it.
 *
 * @see https://kyverno.io/docs/policy-types/cluster-policy/
 */
export const PatternRule = z.object({
  form: z.literal('pattern'),
  name: z.string().describe('Of the rule, as denials name it.'),
  does: z.enum(['validate', 'mutate', 'generate', 'verifyImages', 'cleanUp']),
  body: z
    .unknown()
    .describe(
      'What is demanded or done: the block of the rule that `does` names; of cleanUp match, exclude, conditions.',
    ),
  action: z
    .enum(['Enforce', 'Audit'])
    .optional()
    .describe('What follows from a violation, resolved. Only of what can be violated.'),
  failurePolicy: z.enum(['Fail', 'Ignore']).describe('What an error in the rule means for a request.'),
  context: z.unknown().optional().describe('Variables, among them what is looked up elsewhere.'),
  preconditions: z.unknown().optional().describe('Where they are false the rule is skipped.'),
  celPreconditions: z
    .array(z.object({ name: z.string(), expression: z.string() }))
    .optional()
    .describe('The same in CEL; all must be true.'),
  imageExtractors: z.unknown().optional().describe('Where kinds that are not built in hold their images.'),
  generated: z.array(GeneratedRule).optional(),
  allowExistingViolations: z
    .boolean()
    .optional()
    .describe('Whether an update of an object that violated the rule before passes. Only of validate.'),
  admission: z.literal(false).optional().describe('False: requests are not judged.'),
  background: z.boolean().optional().describe('Whether objects that are there are judged and reported.'),
  skipBackgroundRequests: z
    .boolean()
    .optional()
    .describe('Whether requests that the engine itself makes are left alone.'),
  applyRules: z.literal('One').optional().describe('No rule of the policy after the first that applies is evaluated.'),
  schedule: z.string().optional().describe('When it is done, in the notation of cron. Only of cleanUp.'),
  unread: z
    .array(z.string())
    .optional()
    .describe('JSON pointers of parts of the policy that are not understood. What it demands is then not known.'),
});
export type PatternRule = z.infer<typeof PatternRule>;
