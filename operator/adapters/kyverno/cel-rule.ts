/**
 * `validate.cel` in the form of every other policy in CEL, where that form holds all of it: not for rules that Kyverno makes of
 * it for pod controllers, parameters, context and preconditions of Kyverno's own.
 *
 * @see https://kyverno.io/docs/policy-types/cluster-policy/validate/#common-expression-language-cel
 */
import * as z from 'zod';
import type { CelRule } from '../../../crds/rules/cel.ts';
import { isJsonObject } from '../../../kube/object.ts';
import { absent } from '../fields.ts';
import type { ActionName } from './action.ts';
import type { Policy, PolicyRule } from './policy-fields.ts';

const Cel = z.strictObject({
  expressions: z.array(
    z.strictObject({
      expression: z.string(),
      message: absent(z.string()),
      messageExpression: absent(z.string()),
      reason: absent(z.string()),
    }),
  ),
  variables: absent(z.array(z.strictObject({ name: z.string(), expression: z.string() }))),
  auditAnnotations: absent(z.array(z.strictObject({ key: z.string(), valueExpression: z.string() }))),
  generate: absent(z.boolean()),
});

/** Undefined where the form cannot hold the rule. */
export function celRule(policy: Policy, rule: PolicyRule, action: ActionName): CelRule | undefined {
  const { settings, body, generated, unread } = rule;
  const isPlain =
    settings.context === undefined &&
    settings.preconditions === undefined &&
    settings.imageExtractors === undefined &&
    settings.skipBackgroundRequests === undefined &&
    settings.allowExistingViolations !== false;
  if (!isPlain || generated.length > 0 || unread.length > 0) return undefined;
  if (!policy.admission || policy.applyRules === 'One' || rule.does !== 'validate' || !isJsonObject(body))
    return undefined;
  const read = Cel.safeParse(body['cel']);
  if (!read.success) return undefined;
  const { expressions, variables = [], auditAnnotations = [] } = read.data;
  const { message: ofRule } = body;
  return {
    form: 'cel',
    dialect: 'kyverno',
    failurePolicy: policy.failurePolicy,
    variables,
    validations: expressions.map(({ expression, message, messageExpression, reason }) => ({
      expression,
      ...(message === undefined ? (typeof ofRule === 'string' ? { message: ofRule } : {}) : { message }),
      ...(messageExpression === undefined ? {} : { messageExpression }),
      ...(reason === undefined ? {} : { reason }),
    })),
    actions: [action === 'Enforce' ? 'Deny' : policy.emitWarning ? 'Warn' : 'Audit'],
    ...(auditAnnotations.length === 0 ? {} : { auditAnnotations }),
  };
}
