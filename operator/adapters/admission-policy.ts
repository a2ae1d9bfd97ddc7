/**
 * What ValidatingAdmissionPolicy and MutatingAdmissionPolicy have in common: a policy that says which requests it means and
 * holds expressions, and bindings that put it into force.
 *
 * - A policy without a binding does nothing, nor does a binding without a policy. Each pair is a constraint of its own, or
 *   several where parameters make a difference between requests.
 * - Which requests are meant stands in admission-match.ts, what parameters make of it in admission-params.ts.
 *
 * A part that is not understood does not hide a policy: it then means every request that the rest of it could, and what it
 * does is unknown. Not read is whether the expressions are valid.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/api/admissionregistration/v1/types.go
 */
import * as z from 'zod';
import { compareText } from '../../crds/constraint.ts';
import { type CelFault, type CelParams, CelRule } from '../../crds/rules/cel.ts';
import type { AdmissionMatch, Scope } from '../../crds/scope.ts';
import { judgesNothing, matchingOf, reachesWorkloadsOrServices, scopeOf } from './admission-match.ts';
import {
  ParamKind,
  ParamRef,
  paramsOf,
  type RefersToParams,
  type Way,
  waysOf,
  type WithParams,
} from './admission-params.ts';
import type { Operation } from './admission-rules.ts';
import { brokenText, detailsText, operationsText, requestsText } from './admission-policy-text.ts';
import {
  type Adapter,
  type AdapterResource,
  type Draft,
  type Fault,
  type ObjectHead,
  type Part,
  unreadOf,
} from './define.ts';
import { listOf } from './fields.ts';
import { defineJoinedKind, defineJoiningAdapter, headOf } from './join.ts';
import type { Parameters } from './parameters.ts';
import { readSpec, type SpecReader } from './spec-reader.ts';
import { unknownFields } from './unknown-fields.ts';

interface PolicyPart<Demands> extends WithParams {
  readonly is: 'policy';
  readonly head: ObjectHead;
  readonly variables: CelRule['variables'];
  readonly demands: Demands;
  readonly unread: readonly string[];
}

interface BindingPart<Terms> extends RefersToParams {
  readonly is: 'binding';
  readonly name: string;
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
  readonly scope: Scope;
  readonly params: CelParams | undefined;
  /** Whether requests that create or change workloads or Services can be meant. */
  readonly reachesWorkloadsOrServices: boolean;
  /** False when a part of either is not understood. */
  readonly understood: boolean;
  /** 'unknown' when its parameters are not read; 'refused' when a request is refused wherever there are none. */
  readonly withoutParams: 'refused' | 'unknown' | undefined;
}

/** Of a policy of either kind. What one of the two alone has is no fault of the other: it has no effect there. */
const policyFields = new Set([
  'auditAnnotations',
  'failurePolicy',
  'matchConditions',
  'matchConstraints',
  'mutations',
  'paramKind',
  'reinvocationPolicy',
  'validations',
  'variables',
]);
const bindingFields = new Set(['matchResources', 'paramRef', 'policyName', 'validationActions']);

type Told = Pick<Draft, 'severity' | 'effect' | 'summary' | 'message'>;

/**
 * An adapter for a kind of admission policy and its bindings.
 *
 * @param definition.operations About which they are asked; about all when it is left out.
 * @param definition.demands What the policy demands, in the terms of its rule.
 * @param definition.terms What of it the binding sets.
 * @param definition.describe What is told of the two together.
 */
export function defineAdmissionPolicy<Demands extends Partial<CelRule>, Terms extends Partial<CelRule>>(definition: {
  readonly id: string;
  readonly kind: string;
  readonly plurals: readonly [policies: string, bindings: string];
  readonly operations?: readonly Operation[];
  demands(spec: SpecReader): Demands;
  terms(spec: SpecReader): Terms;
  describe(bound: Bound<Demands, Terms>): Told;
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
        matching: matchingOf(spec, 'matchConstraints', definition.operations),
        paramKind: spec.read('paramKind', ParamKind),
        failurePolicy: spec.read('failurePolicy', CelRule.shape.failurePolicy) ?? ('Fail' as const),
        variables: spec.read('variables', listOf(CelRule.shape.variables.element)) ?? [],
        demands: definition.demands(spec),
      };
      const faults = [...spec.faults, ...unknownFields(object.spec, policyFields, ['spec'])];
      const part: Value = { ...value, unread: unreadOf(faults) };
      return { parts: [{ key: object.metadata.name, value: part }], faults };
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
        matching: matchingOf(spec, 'matchResources', definition.operations),
        paramRef: spec.read('paramRef', ParamRef),
        terms: definition.terms(spec),
      };
      const faults = [...spec.faults, ...unknownFields(object.spec, bindingFields, ['spec'])];
      const part: Value = { ...value, unread: unreadOf(faults) };
      return { parts: [{ key: object.spec.policyName, value: part }], faults };
    },
  });
  return defineJoiningAdapter<Value>({
    id: definition.id,
    resources: definition.plurals.map((plural): AdapterResource => ({ group: 'admissionregistration.k8s.io', plural })),
    kinds: [policies, bindings],
    join(values, parameters) {
      const own = values.filter((value) => value.is === 'binding').toSorted((a, b) => compareText(a.name, b.name));
      return values
        .filter((value) => value.is === 'policy')
        .map((policy) => ({
          source: policy.head,
          drafts: own.flatMap((binding) =>
            draftsOf(policy, binding, parameters, (bound) => definition.describe(bound)),
          ),
        }));
    },
  });
}

function draftsOf<Demands extends Partial<CelRule>, Terms extends Partial<CelRule>>(
  policy: PolicyPart<Demands>,
  binding: BindingPart<Terms>,
  parameters: Parameters,
  describe: (bound: Bound<Demands, Terms>) => Told,
): Draft[] {
  const unread = [...policy.unread, ...binding.unread];
  if ([policy, binding].some(({ matching }) => judgesNothing(matching))) return [];
  const ways = unread.length === 0 ? waysOf(policy, binding, parameters) : [asFarAsRead(policy, binding, parameters)];
  return ways.map((way): Draft => {
    const { key, scope, params, broken } = way;
    return {
      key: `${binding.name}${key}`,
      type: 'Admission',
      ...(broken === undefined
        ? describe(boundOf(policy, binding, way, unread.length === 0))
        : tellBroken(policy, binding, { ...way, broken })),
      scope,
      rule: {
        form: 'cel',
        binding: binding.name,
        failurePolicy: policy.failurePolicy,
        variables: policy.variables,
        ...(params === undefined ? {} : { params }),
        ...(broken === undefined ? {} : { broken }),
        ...policy.demands,
        ...binding.terms,
        ...(unread.length === 0 ? {} : { unread }),
      },
    };
  });
}

/** What is not understood may be anything: nothing is made of the parameters. */
function asFarAsRead(
  policy: PolicyPart<unknown>,
  { matching, paramRef }: BindingPart<unknown>,
  parameters: Parameters,
): Way {
  const scope: Scope = scopeOf(policy.matching, matching);
  const { paramKind } = policy;
  if (paramKind === undefined || paramRef === undefined) return { key: '', scope, certain: false };
  return { key: '', scope, params: paramsOf(paramKind, paramRef, parameters(paramKind)), certain: false };
}

function boundOf<Demands, Terms>(
  policy: PolicyPart<Demands>,
  binding: BindingPart<Terms>,
  { scope, params, certain }: Way,
  understood: boolean,
): Bound<Demands, Terms> {
  const isRefused = policy.failurePolicy === 'Fail' && params?.notFound === 'Deny';
  return {
    policy: policy.head.metadata.name,
    binding: binding.name,
    demands: policy.demands,
    terms: binding.terms,
    rules: policy.matching.match.rules,
    scope,
    params,
    reachesWorkloadsOrServices: reachesWorkloadsOrServices(scope),
    understood,
    withoutParams: certain ? undefined : isRefused ? 'refused' : 'unknown',
  };
}

/** The same for every kind of policy: nothing of what it says is looked at. */
function tellBroken(
  { head, matching }: PolicyPart<unknown>,
  binding: BindingPart<unknown>,
  { broken, certain, scope, params }: Way & { readonly broken: CelFault },
): Told {
  const { rules } = matching.match;
  const tell = (requests: string) => brokenText(head.metadata.name, requests, broken, certain);
  return {
    effect: certain ? 'deny' : 'unknown',
    severity: certain && reachesWorkloadsOrServices(scope) ? 'Critical' : 'Warning',
    summary: tell(requestsText(rules)),
    message: `${tell(operationsText(rules))}${detailsText({ binding: binding.name, scope, params })}`,
  };
}
