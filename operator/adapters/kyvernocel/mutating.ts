/**
 * MutatingPolicy and NamespacedMutatingPolicy: expressions that change an object as it is written, and, where mutateExisting is
 * switched on, objects that exist: those that targetMatchConstraints mean, or else those of matchConstraints. An expression
 * there may give any object. Nothing is refused but what cannot be changed.
 *
 * Requests to delete have no object to change; `*` is all other operations.
 *
 * @see https://kyverno.io/docs/policy-types/mutating-policy/
 */
import * as z from 'zod';
import { CelRule } from '../../../crds/rules/cel.ts';
import { type Matching, matchingFrom, MatchObjects } from '../admission-match.ts';
import { MutationField } from '../admission-mutation.ts';
import { operationsText, requestsText } from '../admission-policy-text.ts';
import { narrowed } from '../admission-rules.ts';
import type { Draft } from '../define.ts';
import { absent, listOf } from '../fields.ts';
import {
  autogenPart,
  commonRule,
  Conditions,
  evaluationPart,
  meantBy,
  objectsMeantBy,
  type Policy,
  scopeFor,
  type Told,
  unreadPart,
} from './policy.ts';
import { citedText, detailTexts, existingText, notUnderstood, policyText } from './text.ts';

const Targets = z.strictObject({ ...MatchObjects.shape, expression: absent(z.string()) });

/** One for what is written, and one for targets that exist. */
export function mutating(policy: Policy): Told[] {
  const { spec, head, evaluation } = policy;
  const meant = meantBy(policy);
  const targets = targetsOf(policy);
  const mutations = spec.read('mutations', listOf(MutationField)) ?? [];
  const common: CelRule = {
    ...commonRule(spec),
    mutations,
    reinvocationPolicy: spec.read('reinvocationPolicy', CelRule.shape.reinvocationPolicy.unwrap()) ?? 'Never',
  };
  spec.readNothingElse();
  if (!evaluation.ofCluster || (spec.faults.length === 0 && mutations.length === 0)) return [];

  const rule: CelRule = { ...common, ...unreadPart(policy) };
  const native = autogenPart(meant, { kind: 'MutatingAdmissionPolicy', prefix: 'mpol' }, head);
  const atRequests = requestsOf(meant.matching);
  const drafts: Told[] = [];
  if (atRequests !== undefined && (evaluation.admission || (evaluation.existing && targets === undefined))) {
    drafts.push(draftOf('mutate', policy, atRequests, { ...rule, ...evaluationPart(evaluation), ...native }));
  }
  if (targets?.matching !== undefined && evaluation.existing) {
    const existing = { evaluation: { admission: false, background: false, existing: true } };
    const { expression } = targets;
    const own = { ...rule, ...existing, ...(expression === undefined ? {} : { targets: expression }) };
    drafts.push(draftOf('mutate-existing', policy, targets.matching, own));
  }
  return drafts;
}

/** Undefined where no request with an object is meant. */
function requestsOf(matching: Matching | undefined): Matching | undefined {
  if (matching?.match.rules === undefined) return matching;
  const rules = narrowed(matching.match.rules, ['CREATE', 'UPDATE', 'CONNECT']);
  return rules.length === 0 ? undefined : { ...matching, match: { ...matching.match, rules } };
}

/** Undefined where nothing is said of them; without matching where they mean nothing. */
function targetsOf({ spec, head }: Policy) {
  const isThere = spec.read('targetMatchConstraints', z.unknown()) !== undefined;
  const { expression, ...constraints } = spec.read('targetMatchConstraints', Targets) ?? {};
  const conditions = spec.read('targetMatchConditions', Conditions) ?? [];
  const isUnread = spec.faults.some(({ path }) => path[1] === 'targetMatchConstraints');
  if (!isThere) return undefined;
  const matching =
    isUnread || expression !== undefined
      ? matchingFrom({}, { conditions })
      : objectsMeantBy(constraints, conditions, head);
  return { matching, expression };
}

function draftOf(key: string, policy: Policy, matching: Matching, rule: CelRule): Told {
  const { spec, head, evaluation } = policy;
  const understood = spec.faults.length === 0;
  const scope = scopeFor(matching, policy);
  const { rules } = matching.match;
  const text = `may be changed by ${policyText(head.metadata.name, understood)}`;
  const isExisting = key === 'mutate-existing' || !evaluation.admission;
  const also = !isExisting && rule.evaluation?.existing === true ? ['objects that exist are changed as well'] : [];
  const expressions = citedText(
    (rule.mutations ?? []).map(({ expression }) => expression),
    'expression',
  );
  const says = [...also, ...(expressions === '' ? [] : [`it changes by ${expressions}`])];
  const tell = (requests: string) => `${isExisting ? existingText(scope) : requests} ${text}`;
  const consequence: Pick<Draft, 'effect' | 'severity'> = understood
    ? { effect: 'mutate', severity: 'Info' }
    : notUnderstood;
  return {
    key,
    type: 'Admission',
    ...consequence,
    summary: tell(requestsText(rules)),
    message: [tell(operationsText(rules)), ...detailTexts(scope, rule, says)],
    scope,
    rule,
  };
}
