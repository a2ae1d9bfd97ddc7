import * as z from 'zod';
import { LabelSelector } from '../label-selector.ts';

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

/** The objects that `params` in an expression stands for, one after the other. */
export const CelParams = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string().optional(),
  namespace: z.string().optional().describe('Absent for a kind in namespaces: the namespace of the request.'),
  selector: LabelSelector.optional().describe('In place of a name; each object that has such labels counts.'),
  notFound: z.enum(['Allow', 'Deny']).describe('Without any such object the rule demands nothing, or is broken.'),
});
export type CelParams = z.infer<typeof CelParams>;

/**
 * Expressions in the Common Expression Language, evaluated when a request is judged: validations, which must all be true,
 * or mutations. Which requests are meant, with the conditions on them, stands in the scope.
 *
 * The objects behind `params` are not read. What depends on them is unknown; where they are ConfigMaps or Secrets it will
 * always be.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 * @see https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
 */
export const CelRule = z.object({
  form: z.literal('cel'),
  binding: z.string().describe('Name of the object that puts the policy into force.'),
  failurePolicy: z.enum(['Fail', 'Ignore']).describe('What an error in an expression means. False is never an error.'),
  params: CelParams.optional().describe('Absent: `params` is null.'),
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
  unread: z
    .array(z.string())
    .optional()
    .describe(
      'JSON pointers of parts of the policy or its binding that are not understood. What the rule demands, and of which ' +
        'requests, is then not known.',
    ),
});
export type CelRule = z.infer<typeof CelRule>;
