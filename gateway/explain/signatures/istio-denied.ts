/**
 * What an AuthorizationPolicy of Istio refused, whichever proxy tells it.
 */
import { shown } from '../../words.ts';
import type { Finding } from '../finding.ts';
import { authorizationSteps } from '../steps/mesh.ts';
import { namedAuthorization } from '../suspects/mesh.ts';

/** A policy as logs name it, and the number of its rule. */
export interface PolicyName {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly rule: string | undefined;
}

/** What a policy refused that the text names. */
export function deniedBy(
  policy: PolicyName,
  { span, evidence, ...asked }: Pick<Finding, 'span' | 'evidence'> & Parameters<typeof authorizationSteps>[0],
): Finding {
  const where = policy.namespace === undefined ? '' : ` of namespace ${shown(policy.namespace)}`;
  const which = policy.rule === undefined ? '' : ` by its rule ${shown(policy.rule, 20)}`;
  return {
    category: 'mesh',
    engine: 'istio',
    policy: policy.name,
    rule: policy.rule,
    certainty: 'stated',
    span,
    evidence,
    sentence: `AuthorizationPolicy ${shown(policy.name)}${where} refused the request${which}.`,
    suspects: namedAuthorization(policy),
    steps: authorizationSteps(asked, true),
  };
}

/** What ALLOW policies refuse together. */
export const notAllowed =
  'No AuthorizationPolicy of the workload that allows something matched the request, and then it is refused.';
