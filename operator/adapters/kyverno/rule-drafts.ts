/**
 * The constraints of one rule: one for each action that it has somewhere.
 *
 * Critical when it refuses workloads or Services, Warning when it refuses anything else or warns, Info when it reports, changes
 * or makes something. A rule with parts that are not understood is unknown.
 */
import type { Effect, Severity } from '../../../crds/constraint.ts';
import type { CelRule } from '../../../crds/rules/cel.ts';
import type { PatternRule } from '../../../crds/rules/pattern.ts';
import type { Scope } from '../../../crds/scope.ts';
import { isJsonObject } from '../../../kube/object.ts';
import type { Draft } from '../define.ts';
import { sentence } from '../text.ts';
import { type ActionName, type Region, regionsOf } from './action.ts';
import { celRule } from './cel-rule.ts';
import type { Policy, PolicyRule } from './policy-fields.ts';
import type { NamingException } from './policy-exception.ts';
import { homeFilter, type RuleScope, scopeOfRule } from './rule-scope.ts';
import { messageOf, summaryOf, type Told } from './rule-words.ts';

/** In the order of the rule's regions, of which two may have one key. */
export function draftsOf(policy: Policy, rule: PolicyRule, exceptions: readonly NamingException[]): Draft[] {
  if (doesNothing(policy, rule)) return [];
  const regions = isJudging(rule) ? regionsOf(rule.actions, policy.rules.length) : [everywhere];
  return regions.flatMap((region) => {
    const scope = scopeOfRule(policy, rule, region, exceptions);
    if (scope === undefined || isEmpty(policy, region, scope)) return [];
    const key = region.within === undefined ? rule.key : `${rule.key}/${region.action}`;
    return [draftOf(policy, rule, region, scope, key)];
  });
}

/** In place of the rules of a policy that are not read. */
export function unreadDraft({ head: { metadata }, failurePolicy, unreadFrom }: Policy): Draft[] {
  if (unreadFrom === undefined) return [];
  const { namespace: home } = metadata;
  const unread = ['/spec/rules'];
  const text = 'All objects may be checked or changed by rules that are not read: their policy has too many of them';
  return [
    {
      key: `#${unreadFrom}`,
      type: 'Admission',
      severity: 'Warning',
      effect: 'unknown',
      summary: text,
      message: home === undefined ? text : `${text}; only in namespace ${home}`,
      scope: {
        namespaces: home === undefined ? {} : { names: [home] },
        workloads: {},
        admission: [home === undefined ? {} : { filters: [homeFilter(home)] }],
        unread,
      },
      rule: { form: 'pattern', name: '', does: 'validate', body: null, failurePolicy, unread },
    },
  ];
}

const everywhere: Region = { action: 'Audit', within: undefined, without: [], certain: true };

function isJudging({ does }: PolicyRule): boolean {
  return does === 'validate' || does === 'verifyImages';
}

/** Neither asked about requests nor looking at what is there. */
function doesNothing({ admission, background }: Policy, rule: PolicyRule): boolean {
  if (admission) return false;
  return isJudging(rule) ? !background : rule.does === 'mutate' && !hasTargets(rule);
}

function hasTargets({ body }: PolicyRule): boolean {
  return isJsonObject(body) && Array.isArray(body['targets']) && body['targets'].length > 0;
}

/** A region of a Policy that its namespace is not in, or of namespaces that its rule does not bind. */
function isEmpty(policy: Policy, { within }: Region, { scope }: RuleScope): boolean {
  const isNowhere = scope.namespaces.names?.length === 0 && scope.namespaces.globs === undefined;
  return isNowhere && (policy.head.metadata.namespace !== undefined || within?.patterns?.includes('*') === false);
}

function draftOf(policy: Policy, rule: PolicyRule, region: Region, scope: RuleScope, key: string): Draft {
  const understood = region.certain && rule.unread.length === 0 && rule.scopeUnread.length === 0;
  const told: Told = {
    policy,
    rule,
    region,
    scope,
    ...consequenceOf(policy, rule, region.action, scope, understood),
    changesOthers: hasTargets(rule),
  };
  const cel = region.certain ? celRule(policy, rule, region.action) : undefined;
  return {
    key,
    type: 'Admission',
    severity: told.severity,
    effect: told.effect,
    summary: summaryOf(told),
    message: messageOf(told),
    scope: cel === undefined ? scope.scope : withConditions(scope.scope, rule),
    rule: cel ?? patternRule(policy, rule, region),
  };
}

function withConditions(scope: Scope, { settings: { celPreconditions = [] } }: PolicyRule): Scope {
  const [first = {}, ...more] = scope.admission ?? [];
  const conditions = [...(first.matchConditions ?? []), ...celPreconditions];
  return conditions.length === 0
    ? scope
    : { ...scope, admission: [{ ...first, matchConditions: conditions }, ...more] };
}

function consequenceOf(
  { admission, emitWarning }: Policy,
  rule: PolicyRule,
  action: ActionName,
  { reachesWorkloadsOrServices }: RuleScope,
  understood: boolean,
): { readonly effect: Effect; readonly severity: Severity } {
  if (!understood) return { effect: 'unknown', severity: 'Warning' };
  switch (rule.does) {
    case 'mutate':
      return { effect: 'mutate', severity: 'Info' };
    case 'generate':
      return { effect: 'generate', severity: 'Info' };
    case 'validate':
    case 'verifyImages':
      if (!admission) return { effect: 'audit', severity: 'Info' };
      if (action === 'Enforce')
        return { effect: 'deny', severity: reachesWorkloadsOrServices ? 'Critical' : 'Warning' };
      return emitWarning ? { effect: 'warn', severity: 'Warning' } : { effect: 'audit', severity: 'Info' };
    default:
      return rule.does satisfies never;
  }
}

function patternRule(policy: Policy, rule: PolicyRule, { action, certain }: Region): PatternRule | CelRule {
  return {
    form: 'pattern',
    name: sentence(rule.name, 300),
    does: rule.does,
    body: rule.body,
    ...(isJudging(rule) && certain ? { action } : {}),
    failurePolicy: policy.failurePolicy,
    ...rule.settings,
    ...(rule.generated.length === 0
      ? {}
      : { generated: rule.generated.map(({ name, kinds, template }) => ({ name, kinds: [...kinds], template })) }),
    ...(policy.admission ? {} : { admission: false }),
    ...(isJudging(rule) ? { background: policy.background } : {}),
    ...(policy.applyRules === 'One' ? { applyRules: 'One' } : {}),
    ...(rule.unread.length === 0 ? {} : { unread: [...rule.unread] }),
  };
}
