/**
 * ValidatingPolicy and NamespacedValidatingPolicy: expressions that must be true of a request. They are judged in order, and
 * the first that is false ends it; an error is a failure as well.
 *
 * @see https://kyverno.io/docs/policy-types/validating-policy/
 */
import type { CelRule } from '../../../crds/rules/cel.ts';
import { demandTexts, saidTexts, ValidationField } from '../admission-validation.ts';
import { listOf } from '../fields.ts';
import { actionsOf, consequenceOf, isNeverJudged, judgedTexts } from './judgement.ts';
import {
  autogenPart,
  commonRule,
  evaluationPart,
  meantBy,
  type Policy,
  scopeFor,
  type Told,
  unreadPart,
} from './policy.ts';
import { detailTexts } from './text.ts';

const checked = { certain: 'are checked', unsure: 'may be checked' };

/** At most one: what is demanded, and what follows from a failure. */
export function validating(policy: Policy): Told[] {
  const { spec, head, evaluation } = policy;
  const meant = meantBy(policy);
  const common = commonRule(spec);
  const validations = spec.read('validations', listOf(ValidationField)) ?? [];
  const actions = actionsOf(policy);
  spec.readNothingElse();
  if (meant.matching === undefined || isNeverJudged(policy)) return [];
  // It demands nothing.
  if (spec.faults.length === 0 && validations.length === 0) return [];

  const scope = scopeFor(meant.matching, policy);
  const rule: CelRule = {
    ...common,
    validations,
    actions,
    ...evaluationPart(evaluation),
    ...autogenPart(meant, { kind: 'ValidatingAdmissionPolicy', prefix: 'vpol' }, head),
    ...unreadPart(policy),
  };
  const { summary, lead } = judgedTexts(policy, actions, scope, checked);
  const says = [...saidTexts(validations), ...demandTexts(validations)];
  return [
    {
      key: 'validate',
      type: 'Admission',
      ...consequenceOf(policy, actions, scope),
      summary,
      message: [lead, ...detailTexts(scope, rule, says)],
      scope,
      rule,
    },
  ];
}
