import * as z from 'zod';
import { LabelSelector } from '../label-selector.ts';
import { MatchCondition } from '../scope.ts';
import { RegoProgram } from './rego.ts';

/** What must be true of a request, and what the caller is told when it is not. */
export const CelValidation = z.object({
  expression: z.string(),
  message: z.string().optional(),
  messageExpression: z.string().optional().describe('Gives the message; `message` stands in when it fails.'),
  reason: z.string().optional().describe('Reason of the refusal, like Forbidden; Invalid when absent.'),
});
export type CelValidation = z.infer<typeof CelValidation>;

/** What is changed in an object that is written. */
export const CelMutation = z.object({
  patchType: z.enum(['ApplyConfiguration', 'JSONPatch']),
  expression: z.string(),
});
export type CelMutation = z.infer<typeof CelMutation>;

/** What is known of the objects behind `params`. */
export const ParamsState = z.enum(['read', 'unread', 'neverRead', 'notServed']);
export type ParamsState = z.infer<typeof ParamsState>;

/** The objects that `params` in an expression stands for, one after the other: the rule must hold with each. */
export const CelParams = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string().optional(),
  namespace: z.string().optional().describe('Absent for a kind in namespaces: the namespace of the request.'),
  selector: LabelSelector.optional().describe('In place of a name; each object that has such labels counts.'),
  notFound: z.enum(['Allow', 'Deny']).describe('Without any such object the rule demands nothing, or is broken.'),
  state: ParamsState.describe(
    'read: the objects stand beside this rule as texts of the kind Parameter, or, without a namespace, in the details of ' +
      'the namespaces where they live. Else what depends on them is not known; neverRead: they are ConfigMaps or Secrets.',
  ),
  namespaced: z
    .boolean()
    .optional()
    .describe(
      'Whether they live in namespaces, where that is known. Without a namespace the rule is then broken for requests for ' +
        'cluster-scoped objects.',
    ),
});
export type CelParams = z.infer<typeof CelParams>;

/** Why the API server cannot apply a policy to a request that is meant. */
export const CelFault = z.enum(['kindNotServed', 'noParameters', 'namespaceOfClusterScopedKind', 'noNamespace']);
export type CelFault = z.infer<typeof CelFault>;

/** Which images a rule is about, and who vouches for them. Keys and certificates are not kept. */
export const CelImages = z.object({
  references: z
    .array(
      z.union([
        z.object({ glob: z.string().describe('A pattern with * and ? on the name of an image.') }),
        z.object({ expression: z.string() }),
      ]),
    )
    .optional()
    .describe('Images that match none are passed over.'),
  extractors: z
    .array(z.object({ name: z.string(), expression: z.string() }))
    .optional()
    .describe('Where images stand in an object, beside those of containers; `images.<name>` in an expression.'),
  attestors: z.array(z.object({ name: z.string(), kind: z.enum(['cosign', 'notary']).optional() })),
  attestations: z.array(
    z.object({ name: z.string(), kind: z.enum(['intoto', 'referrer']).optional(), type: z.string().optional() }),
  ),
  mutateDigest: z.boolean().describe('Tags are replaced by digests as an object is written.'),
  verifyDigest: z.boolean().describe('Images must have a digest.'),
  required: z.boolean().describe('Images must have been verified by some validation.'),
});
export type CelImages = z.infer<typeof CelImages>;

/** Other objects that are made. */
export const CelGeneration = z.union([
  z.object({ expression: z.string() }),
  z.object({
    template: z.string().describe('YAML of the objects.'),
    interpolated: z.boolean().describe('Whether `(( … ))` in it are expressions.'),
  }),
]);
export type CelGeneration = z.infer<typeof CelGeneration>;

/** When a rule is evaluated. */
export const CelEvaluation = z.object({
  admission: z.boolean().describe('As requests are judged.'),
  background: z.boolean().describe('From time to time on objects that exist, for reports alone.'),
  existing: z.boolean().optional().describe('Mutations and generations happen for objects that exist as well.'),
});
export type CelEvaluation = z.infer<typeof CelEvaluation>;

/** What an object that excepts something from the rule gives to expressions. It excepts nothing by itself. */
export const CelAllowance = z.object({
  by: z.string().describe('`Kind namespace/name` of the object.'),
  images: z.array(z.string()).optional().describe('`exceptions.allowedImages`.'),
  values: z.array(z.string()).optional().describe('`exceptions.allowedValues`.'),
  matchConditions: z.array(MatchCondition).optional().describe('All must be true of a request.'),
});
export type CelAllowance = z.infer<typeof CelAllowance>;

/**
 * Expressions in the Common Expression Language, evaluated when a request is judged: validations, which must all be true,
 * or mutations. Which requests are meant, with the conditions on them, stands in the scope.
 *
 * A rule that is broken judges nothing: failurePolicy Fail refuses every request that is meant, whatever the actions say.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 * @see https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
 */
export const CelRule = z.object({
  form: z.literal('cel'),
  dialect: z
    .enum(['kyverno', 'gatekeeper'])
    .optional()
    .describe('Whose variables and libraries the expressions have. Absent: those of the API server.'),
  binding: z
    .string()
    .optional()
    .describe('Name of the object that puts the policy into force. Absent: it is in force by itself.'),
  failurePolicy: z.enum(['Fail', 'Ignore']).describe('What an error in an expression means. False is never an error.'),
  params: CelParams.optional().describe('Absent: `params` is null.'),
  parameters: z.unknown().optional().describe('What the policy itself holds for `variables.params` (Gatekeeper).'),
  alternative: RegoProgram.optional().describe('What judges in place of the expressions where their engine is off.'),
  broken: CelFault.optional().describe('Why every request that is meant is refused, and no expression evaluated.'),
  variables: z.array(z.object({ name: z.string(), expression: z.string() })).describe('Evaluated where they are used.'),
  validations: z.array(CelValidation).optional(),
  actions: z
    .array(z.enum(['Deny', 'Warn', 'Audit']))
    .optional()
    .describe('What follows from a validation that is not true, and from an error when failurePolicy is Fail.'),
  auditAnnotations: z
    .array(z.object({ key: z.string(), valueExpression: z.string() }))
    .optional()
    .describe('Noted in the audit log of every request that is meant.'),
  mutations: z.array(CelMutation).optional().describe('Applied in this order.'),
  reinvocationPolicy: z
    .enum(['Never', 'IfNeeded'])
    .optional()
    .describe('IfNeeded: mutations are applied again when something after them changed the object.'),
  targets: z
    .string()
    .optional()
    .describe('An expression that gives the objects that mutations change, in place of the one that is written.'),
  generations: z.array(CelGeneration).optional().describe('Objects that are made after a request has passed.'),
  synchronize: z.literal(true).optional().describe('What was generated is kept as it was generated.'),
  deletion: z
    .object({
      schedule: z.string().describe('In the format of cron.'),
      propagation: z.enum(['Foreground', 'Background', 'Orphan']).optional(),
    })
    .optional()
    .describe('Objects that the scope means are deleted at these times. No request is judged.'),
  images: CelImages.optional(),
  evaluation: CelEvaluation.optional().describe('Absent: as requests are judged, and never else.'),
  podControllers: z
    .array(z.string())
    .optional()
    .describe(
      'Resources, like `deployments.apps`, for which everything that is said of `object.spec` and `object.metadata` is said of ' +
        'the template of their pods. The scope names them.',
    ),
  native: z
    .object({ kind: z.string(), name: z.string().optional() })
    .optional()
    .describe('The object by which the engine has the API server apply the same.'),
  allowances: z.array(CelAllowance).optional(),
  timeoutSeconds: z.int().optional().describe('Of the webhook behind which it is evaluated.'),
  unread: z
    .array(z.string())
    .optional()
    .describe(
      'JSON pointers of parts of the policy or its binding that are not understood. What the rule demands, and of which ' +
        'requests, is then not known.',
    ),
});
export type CelRule = z.infer<typeof CelRule>;
