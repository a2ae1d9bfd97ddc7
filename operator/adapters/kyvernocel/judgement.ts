/**
 * What becomes of requests that fail: the actions stand in the policy itself, and are Deny where nothing is said. With
 * admission switched off no request is judged, and the background scan reports objects that fail.
 */
import type { CelRule } from '../../../crds/rules/cel.ts';
import type { Scope } from '../../../crds/scope.ts';
import { reachesWorkloadsOrServices } from '../admission-match.ts';
import { operationsText, requestsText } from '../admission-policy-text.ts';
import { actionsField, outcomeText } from '../admission-validation.ts';
import type { Draft } from '../define.ts';
import type { Policy } from './policy.ts';
import { existingText, notUnderstood, policyText } from './text.ts';

type Actions = NonNullable<CelRule['actions']>;

/** What is done with those that fail. */
export function actionsOf({ spec }: Policy): Actions {
  const listed = spec.read('validationActions', actionsField()) ?? [];
  return listed.length === 0 ? ['Deny'] : listed;
}

/** Neither as requests come in nor afterwards; or only what other programs send. */
export function isNeverJudged({ evaluation: { ofCluster, admission, background } }: Policy): boolean {
  return !ofCluster || (!admission && !background);
}

/** Only the actions decide, and whether requests are judged at all. */
export function consequenceOf(
  { spec, evaluation }: Policy,
  actions: Actions,
  scope: Scope,
): Pick<Draft, 'effect' | 'severity'> {
  if (spec.faults.length > 0) return notUnderstood;
  if (!evaluation.admission) return { effect: 'audit', severity: 'Info' };
  if (actions.includes('Deny')) {
    return { effect: 'deny', severity: reachesWorkloadsOrServices(scope) ? 'Critical' : 'Warning' };
  }
  if (actions.includes('Warn')) return { effect: 'warn', severity: 'Warning' };
  return { effect: 'audit', severity: 'Info' };
}

/**
 * The summary, and what a message begins with. Neither holds an expression.
 *
 * @param verb What is done with a request, like `are checked`.
 */
export function judgedTexts(
  { spec, head, evaluation }: Policy,
  actions: Actions,
  scope: Scope,
  verb: { readonly certain: string; readonly unsure: string },
): { readonly summary: string; readonly lead: string } {
  const understood = spec.faults.length === 0;
  const policy = policyText(head.metadata.name, understood);
  const outcome = evaluation.admission ? outcomeText(actions, { Audit: 'reported' }) : 'reported';
  const rest = understood
    ? `${verb.certain} by ${policy}, those that fail are ${outcome}`
    : `${verb.unsure} by ${policy}`;
  const rules = scope.admission?.[0]?.rules;
  if (!evaluation.admission) {
    const text = `${existingText(scope)} ${rest}`;
    return { summary: text, lead: text };
  }
  return { summary: `${requestsText(rules)} ${rest}`, lead: `${operationsText(rules)} ${rest}` };
}
