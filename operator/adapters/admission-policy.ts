/**
 * What ValidatingAdmissionPolicy and MutatingAdmissionPolicy have in common: a policy that says which requests it means and
 * holds expressions, and bindings that put it into force.
 *
 * - A policy without a binding does nothing, nor does a binding without a policy. Each pair is a constraint of its own.
 * - A request is meant when it matches the policy's matchConstraints, the binding's matchResources, if it has any, and the
 *   policy's matchConditions. Without resourceRules every resource is meant.
 * - A namespaceSelector does not hold back requests for cluster-scoped objects. One on a Namespace is judged by its labels.
 * - paramRef counts only if the policy has a paramKind. With a paramKind and no paramRef `params` is null.
 *
 * A part that is not understood does not hide a policy: it then means every request that the rest of it could, and what it
 * does is unknown. Not read are the parameter objects, and whether the expressions are valid.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/api/admissionregistration/v1/types.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/generic/policy_dispatcher.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/matching/matching.go
 */
import * as z from 'zod';
import { compareText } from '../../crds/constraint.ts';
import type { LabelSelector } from '../../crds/label-selector.ts';
import { type CelParams, CelRule } from '../../crds/rules/cel.ts';
import { type AdmissionMatch, MatchCondition, type Scope } from '../../crds/scope.ts';
import {
  AdmissionRuleField,
  type Operation,
  onlyClusterScoped,
  podControllers,
  pods,
  reaches,
  services,
} from './admission-rules.ts';
import {
  type Adapter,
  type AdapterResource,
  type Draft,
  type Fault,
  jsonPointer,
  type ObjectHead,
  type Part,
} from './define.ts';
import { absent, SelectorField, selectorOfBoth, selectsAll } from './fields.ts';
import { defineJoinedKind, defineJoiningAdapter, headOf } from './join.ts';
import { readSpec, type SpecReader } from './spec-reader.ts';

const MatchResources = z.strictObject({
  namespaceSelector: absent(SelectorField),
  objectSelector: absent(SelectorField),
  resourceRules: absent(z.array(AdmissionRuleField)),
  excludeResourceRules: absent(z.array(AdmissionRuleField)),
  matchPolicy: absent(z.enum(['Exact', 'Equivalent'])),
});

const ParamKind = z.object({ apiVersion: z.string(), kind: z.string() });
const ParamRef = z
  .strictObject({
    name: absent(z.string()),
    namespace: absent(z.string()),
    selector: absent(SelectorField),
    parameterNotFoundAction: absent(z.enum(['Allow', 'Deny'])),
  })
  .refine(({ name, selector }) => (name ?? '') !== '' || selector !== undefined, {
    error: 'Must have a name or a selector',
  });

/** Which requests one of the two means. */
interface Matching {
  readonly match: AdmissionMatch;
  readonly namespaces: LabelSelector;
}

interface PolicyPart<Demands> {
  readonly is: 'policy';
  readonly head: ObjectHead;
  readonly matching: Matching;
  readonly paramKind: z.infer<typeof ParamKind> | undefined;
  readonly common: Pick<CelRule, 'failurePolicy' | 'variables'>;
  readonly demands: Demands;
  readonly unread: readonly string[];
}

interface BindingPart<Terms> {
  readonly is: 'binding';
  readonly name: string;
  readonly matching: Matching;
  readonly paramRef: z.infer<typeof ParamRef> | undefined;
  readonly terms: Terms;
  readonly unread: readonly string[];
}

/** What a policy and one of its bindings come to. */
export interface Bound<Demands, Terms> {
  readonly policy: string;
  readonly binding: string;
  readonly demands: Demands;
  readonly terms: Terms;
  /** Resource rules of the policy; undefined when it means every resource. */
  readonly rules: AdmissionMatch['rules'];
  readonly params: CelParams | undefined;
  /** Whether requests that create or change workloads or Services can be meant. */
  readonly reachesWorkloadsOrServices: boolean;
  /** False when a part of either is not understood. */
  readonly understood: boolean;
}

/**
 * An adapter for a kind of admission policy and its bindings.
 *
 * @param definition.demands What the policy demands, in the terms of its rule.
 * @param definition.terms What of it the binding sets.
 * @param definition.describe What is told of the two together.
 */
export function defineAdmissionPolicy<Demands extends Partial<CelRule>, Terms extends Partial<CelRule>>(definition: {
  readonly id: string;
  readonly kind: string;
  readonly plurals: readonly [policies: string, bindings: string];
  demands(spec: SpecReader): Demands;
  terms(spec: SpecReader): Terms;
  describe(bound: Bound<Demands, Terms>): Pick<Draft, 'severity' | 'effect' | 'summary' | 'message'>;
}): Adapter {
  type Value = PolicyPart<Demands> | BindingPart<Terms>;
  const fields = { spec: z.record(z.string(), z.unknown()) };
  const policies = defineJoinedKind({
    kind: definition.kind,
    fields,
    parts(object): { parts: Part<Value>[]; faults: readonly Fault[] } {
      const spec = readSpec(object.spec);
      const value = {
        is: 'policy' as const,
        head: headOf(object),
        matching: matchingOf(spec, 'matchConstraints'),
        paramKind: spec.read('paramKind', ParamKind),
        common: commonOf(spec),
        demands: definition.demands(spec),
      };
      const part: Value = { ...value, unread: unreadOf(spec.faults) };
      return { parts: [{ key: object.metadata.name, value: part }], faults: spec.faults };
    },
  });
  const bindings = defineJoinedKind({
    kind: `${definition.kind}Binding`,
    fields: { spec: fields.spec.and(z.object({ policyName: z.string() })) },
    parts(object): { parts: Part<Value>[]; faults: readonly Fault[] } {
      const spec = readSpec(object.spec);
      const value = {
        is: 'binding' as const,
        name: object.metadata.name,
        matching: matchingOf(spec, 'matchResources'),
        paramRef: spec.read('paramRef', ParamRef),
        terms: definition.terms(spec),
      };
      const part: Value = { ...value, unread: unreadOf(spec.faults) };
      return { parts: [{ key: object.spec.policyName, value: part }], faults: spec.faults };
    },
  });
  return defineJoiningAdapter<Value>({
    id: definition.id,
    resources: definition.plurals.map((plural): AdapterResource => ({ group: 'admissionregistration.k8s.io', plural })),
    kinds: [policies, bindings],
    join(values) {
      const own = values.filter((value) => value.is === 'binding').toSorted((a, b) => compareText(a.name, b.name));
      return values
        .filter((value) => value.is === 'policy')
        .map((policy) => ({
          source: policy.head,
          drafts: own.map((binding) => draftOf(policy, binding, (bound) => definition.describe(bound))),
        }));
    },
  });
}

function unreadOf(faults: readonly Fault[]): string[] {
  return [...new Set(faults.map(({ path }) => jsonPointer(path)))].toSorted(compareText);
}

/** `matchConditions` are those of a policy: a binding has none. */
function matchingOf(spec: SpecReader, field: 'matchConstraints' | 'matchResources'): Matching {
  const {
    resourceRules = [],
    excludeResourceRules = [],
    objectSelector = {},
    namespaceSelector = {},
    matchPolicy = 'Equivalent',
  } = spec.read(field, MatchResources) ?? MatchResources.parse({});
  const conditions = field === 'matchConstraints' ? (spec.read('matchConditions', z.array(MatchCondition)) ?? []) : [];
  const lists = {
    ...(resourceRules.length === 0 ? {} : { rules: resourceRules }),
    ...(excludeResourceRules.length === 0 ? {} : { excluded: excludeResourceRules }),
  };
  return {
    namespaces: namespaceSelector,
    match: {
      ...lists,
      ...(Object.keys(lists).length === 0 ? {} : { matchPolicy }),
      ...(selectsAll(objectSelector) ? {} : { objectSelector }),
      ...(conditions.length === 0 ? {} : { matchConditions: conditions }),
    },
  };
}

function commonOf(spec: SpecReader): Pick<CelRule, 'failurePolicy' | 'variables'> {
  return {
    failurePolicy: spec.read('failurePolicy', CelRule.shape.failurePolicy) ?? 'Fail',
    variables: spec.read('variables', CelRule.shape.variables) ?? [],
  };
}

function draftOf<Demands extends Partial<CelRule>, Terms extends Partial<CelRule>>(
  policy: PolicyPart<Demands>,
  binding: BindingPart<Terms>,
  describe: (bound: Bound<Demands, Terms>) => Pick<Draft, 'severity' | 'effect' | 'summary' | 'message'>,
): Draft {
  const params = paramsOf(policy, binding);
  const unread = [...policy.unread, ...binding.unread];
  const scope = scopeOf(policy.matching, binding.matching);
  const admission = scope.admission ?? [];
  return {
    key: binding.name,
    type: 'Admission',
    ...describe({
      policy: policy.head.metadata.name,
      binding: binding.name,
      demands: policy.demands,
      terms: binding.terms,
      rules: policy.matching.match.rules,
      params,
      reachesWorkloadsOrServices: anyReached(admission, [pods, ...podControllers, services], ['CREATE', 'UPDATE']),
      understood: unread.length === 0,
    }),
    scope,
    rule: {
      form: 'cel',
      binding: binding.name,
      ...policy.common,
      ...(params === undefined ? {} : { params }),
      ...policy.demands,
      ...binding.terms,
      ...(unread.length === 0 ? {} : { unread }),
    },
  };
}

function paramsOf(
  { paramKind }: Pick<PolicyPart<unknown>, 'paramKind'>,
  { paramRef }: Pick<BindingPart<unknown>, 'paramRef'>,
): CelParams | undefined {
  if (paramKind === undefined || paramRef === undefined) return undefined;
  const { name, namespace, selector, parameterNotFoundAction } = paramRef;
  return {
    apiVersion: paramKind.apiVersion,
    kind: paramKind.kind,
    // A name wins over a selector, and only one of the two can be stored.
    ...(name === undefined || name === '' ? { selector: selector ?? {} } : { name }),
    ...(namespace === undefined || namespace === '' ? {} : { namespace }),
    notFound: parameterNotFoundAction ?? 'Allow',
  };
}

/** A binding that says nothing of requests has no match of its own. */
function scopeOf(policy: Matching, binding: Matching): Scope {
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
  return kinds.some((kind) =>
    asked.some((operation) =>
      admission.every(({ rules, excluded = [] }) => {
        const matched = rules === undefined || reaches(rules, [kind], [operation]);
        const always = excluded.filter(({ names }) => names === undefined);
        return matched && !reaches(always, [kind], [operation]);
      }),
    ),
  );
}
