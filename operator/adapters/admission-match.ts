/**
 * Which requests an admission policy and one of its bindings mean, and which namespaces and workloads that binds.
 *
 * - A request is meant when it matches the policy's matchConstraints, the binding's matchResources, if it has any, and the
 *   policy's matchConditions. Without resourceRules every resource is meant.
 * - A namespaceSelector does not hold back requests for cluster-scoped objects. One on a Namespace is judged by its labels.
 * - What is never judged (admission-exempt.ts) is left out in the match of the policy.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/matching/matching.go
 */
import * as z from 'zod';
import type { LabelSelector } from '../../crds/label-selector.ts';
import { type AdmissionMatch, MatchCondition, type Scope } from '../../crds/scope.ts';
import {
  type ExemptGroup,
  exemptFrom,
  exemptFromPolicies,
  judgesNothing as ruleJudgesNothing,
} from './admission-exempt.ts';
import {
  AdmissionRuleField,
  narrowed,
  ObjectRuleField,
  type Operation,
  onlyClusterScoped,
  podControllers,
  pods,
  reaches,
  reaching,
  services,
} from './admission-rules.ts';
import type { AdapterResource } from './define.ts';
import { absent, listOf, SelectorField, selectorOfBoth, selectsAll } from './fields.ts';
import type { SpecReader } from './spec-reader.ts';

const matchFields = {
  namespaceSelector: absent(SelectorField),
  objectSelector: absent(SelectorField),
  matchPolicy: absent(z.enum(['Exact', 'Equivalent'])),
};

/** Which requests are meant. */
export const MatchResources = z.strictObject({
  ...matchFields,
  resourceRules: absent(listOf(AdmissionRuleField)),
  excludeResourceRules: absent(listOf(AdmissionRuleField)),
});
export type MatchFrom = Partial<z.infer<typeof MatchResources>>;

/** Which objects are meant, whatever is done with them. */
export const MatchObjects = z.strictObject({
  ...matchFields,
  resourceRules: absent(listOf(ObjectRuleField)),
  excludeResourceRules: absent(listOf(ObjectRuleField)),
});

/** Which requests one of the two means. */
export interface Matching {
  readonly match: AdmissionMatch;
  readonly namespaces: LabelSelector;
}

/**
 * `matchConditions` are those of a policy: a binding has none.
 *
 * @param asked The operations about which policies of this kind are asked; all when it is undefined.
 */
export function matchingOf(
  spec: SpecReader,
  field: 'matchConstraints' | 'matchResources',
  asked: readonly Operation[] | undefined,
): Matching {
  const fields = spec.read(field, MatchResources) ?? {};
  if (field === 'matchResources') return matchingFrom(fields, { asked });
  const conditions = spec.read('matchConditions', listOf(MatchCondition)) ?? [];
  return matchingFrom(fields, { asked, exempt: exemptFromPolicies, conditions });
}

/**
 * Which requests such fields mean. Without resourceRules every resource is meant.
 *
 * @param options.exempt What is never judged although the rules may name it.
 */
export function matchingFrom(
  {
    resourceRules = [],
    excludeResourceRules = [],
    objectSelector = {},
    namespaceSelector = {},
    matchPolicy,
  }: MatchFrom,
  options: {
    readonly asked?: readonly Operation[] | undefined;
    readonly exempt?: readonly ExemptGroup[];
    readonly conditions?: MatchCondition[];
  },
): Matching {
  const { asked, exempt = [], conditions = [] } = options;
  const excluded = [
    ...excludeResourceRules,
    ...exemptFrom(resourceRules.length === 0 ? undefined : resourceRules, exempt),
  ];
  const lists = {
    ...(resourceRules.length === 0
      ? {}
      : { rules: asked === undefined ? resourceRules : narrowed(resourceRules, asked) }),
    ...(excluded.length === 0 ? {} : { excluded }),
  };
  return {
    namespaces: namespaceSelector,
    match: {
      ...lists,
      ...(Object.keys(lists).length === 0 ? {} : { matchPolicy: matchPolicy ?? 'Equivalent' }),
      ...(selectsAll(objectSelector) ? {} : { objectSelector }),
      ...(conditions.length === 0 ? {} : { matchConditions: conditions }),
    },
  };
}

/** A binding that says nothing of requests. */
export const everything: Matching = { namespaces: {}, match: {} };

/** The same for an API server that refuses before it looks at matchConditions. */
export function unconditional({ namespaces, match: { matchConditions: _conditions, ...match } }: Matching): Matching {
  return { namespaces, match };
}

/** Whether no request that is judged at all can match. */
export function judgesNothing({ match: { rules } }: Matching, exempt?: readonly ExemptGroup[]): boolean {
  return rules?.every((rule) => ruleJudgesNothing(rule, exempt)) === true;
}

/** Whether requests that create or change workloads or Services can match. */
export function reachesWorkloadsOrServices({ admission = [] }: Scope): boolean {
  return anyReached(admission, [pods, ...podControllers, services], ['CREATE', 'UPDATE']);
}

/** A binding that says nothing of requests has no match of its own. */
export function scopeOf(policy: Matching, binding: Matching): Scope {
  const admission = Object.keys(binding.match).length === 0 ? [policy.match] : [policy.match, binding.match];
  const nowhere = admission.some(({ rules }) => rules !== undefined && onlyClusterScoped(rules));
  const selector = selectorOfBoth(policy.namespaces, binding.namespaces);
  const workloads = workloadsOf(admission);
  return {
    namespaces: {
      ...(nowhere ? { names: [] } : {}),
      // Kept beside an empty list of names too: it is what decides about Namespaces.
      ...(selectsAll(selector) ? {} : { selector }),
    },
    ...(workloads === undefined ? {} : { workloads }),
    admission,
  };
}

/** The same of a policy that needs no binding. One that lives in a namespace is about that namespace alone. */
export function scopeWithin(policy: Matching, namespace: string | undefined): Scope {
  const { namespaces, ...scope } = scopeOf(policy, everything);
  if (namespace === undefined || namespaces.names !== undefined) return { namespaces, ...scope };
  return { namespaces: { ...namespaces, names: [namespace] }, ...scope };
}

/**
 * All workloads are concerned when the creation of pods is. Which kinds of controllers a rule is about a scope of workloads
 * cannot say. An objectSelector means labels of pods only where controllers, which have labels of their own, are not meant.
 */
function workloadsOf(admission: readonly AdmissionMatch[]): Scope['workloads'] {
  if (!anyReached(admission, [pods], ['CREATE'])) return undefined;
  const selector = admission.map(({ objectSelector = {} }) => objectSelector).reduce(selectorOfBoth);
  if (selectsAll(selector)) return {};
  return anyReached(admission, podControllers, ['CREATE', 'UPDATE']) ? undefined : { selector };
}

/** Whether a request for an object of one of these kinds can match all of them, with one of these operations. */
function anyReached(
  admission: readonly AdmissionMatch[],
  kinds: readonly AdapterResource[],
  asked: readonly Operation[],
): boolean {
  // Of thousands of rules few are about these kinds.
  const about = admission.map(({ rules, excluded = [] }) => ({
    rules: rules === undefined ? undefined : reaching(rules, kinds, asked),
    always: reaching(excluded, kinds, asked).filter(({ names }) => names === undefined),
  }));
  return kinds.some((kind) =>
    asked.some((operation) =>
      about.every(
        ({ rules, always }) =>
          (rules === undefined || reaches(rules, [kind], [operation])) && !reaches(always, [kind], [operation]),
      ),
    ),
  );
}
