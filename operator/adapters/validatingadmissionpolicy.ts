/**
 * ValidatingAdmissionPolicy with its bindings: expressions that must be true of a request.
 *
 * - What follows from one that is false is set by each binding: Deny refuses, Warn answers with a warning, Audit notes it in
 *   the audit log. Only the actions decide: failurePolicy is about errors in expressions, and so is a policy that holds
 *   nothing but audit annotations.
 * - All validations are evaluated; the caller is told of the first that is refused.
 *
 * Critical when it refuses workloads or Services, Warning when it refuses anything else or warns, Info when it only notes.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/validating/dispatcher.go
 */
import type { Effect, Severity } from '../../crds/constraint.ts';
import type { CelRule } from '../../crds/rules/cel.ts';
import { type Bound, defineAdmissionPolicy } from './admission-policy.ts';
import { detailsText, operationsText, requestsText } from './admission-policy-text.ts';
import { actionsField, AuditAnnotationField, outcomeText, saidTexts, ValidationField } from './admission-validation.ts';
import { listOf } from './fields.ts';
import { sentence } from './text.ts';

type Demands = Pick<CelRule, 'validations' | 'auditAnnotations'>;
type Terms = Pick<CelRule, 'actions'>;

export const validatingAdmissionPolicy = defineAdmissionPolicy<Demands, Terms>({
  id: 'validatingadmissionpolicy',
  kind: 'ValidatingAdmissionPolicy',
  plurals: ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'],
  demands(spec) {
    const annotations = spec.read('auditAnnotations', listOf(AuditAnnotationField)) ?? [];
    return {
      validations: spec.read('validations', listOf(ValidationField)) ?? [],
      ...(annotations.length === 0 ? {} : { auditAnnotations: annotations }),
    };
  },
  terms(spec) {
    return { actions: spec.readRequired('validationActions', actionsField({ min: 1 })) ?? [] };
  },
  describe(bound) {
    const { rules } = bound;
    return {
      ...consequenceOf(bound),
      summary: consequenceText(bound, requestsText(rules)),
      message: `${consequenceText(bound, operationsText(rules))}${detailsText(bound, saidTexts(bound.demands.validations ?? []))}`,
    };
  },
});

function consequenceOf({
  demands: { validations = [] },
  terms,
  understood,
  withoutParams,
  reachesWorkloadsOrServices,
}: Bound<Demands, Terms>): { readonly effect: Effect; readonly severity: Severity } {
  if (!understood || withoutParams === 'unknown') return { effect: 'unknown', severity: 'Warning' };
  if (validations.length > 0 && terms.actions?.includes('Deny')) {
    return { effect: 'deny', severity: reachesWorkloadsOrServices ? 'Critical' : 'Warning' };
  }
  // Either it is applied, or all is refused.
  if (withoutParams === 'refused') return { effect: 'unknown', severity: 'Warning' };
  if (validations.length > 0 && terms.actions?.includes('Warn')) return { effect: 'warn', severity: 'Warning' };
  return { effect: 'audit', severity: 'Info' };
}

/** Safe for every reader as far as `requests` is: no expressions, and no texts of the policy other than its name. */
function consequenceText(bound: Bound<Demands, Terms>, requests: string): string {
  const { policy, demands, terms, understood } = bound;
  const name = sentence(policy, 60);
  if (!understood) return `${requests} may be checked by policy ${name}, parts of which are not understood`;
  if (consequenceOf(bound).effect === 'unknown') {
    return `${requests} may be checked by policy ${name}, whose parameters are not read`;
  }
  if (demands.validations?.length === 0) return `${requests} are noted in the audit log by policy ${name}`;
  return `${requests} are checked by policy ${name}, those that fail are ${outcomeText(terms.actions ?? [])}`;
}
