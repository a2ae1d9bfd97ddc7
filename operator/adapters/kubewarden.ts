/**
 * Kubewarden: WebAssembly modules that judge requests, one by one or several under an expression.
 *
 * - Each policy becomes a webhook of its own with the same rules, objectSelector, matchPolicy, matchConditions and
 *   failurePolicy; what webhooks are never asked about, and how selectors treat objects outside of namespaces, holds here too.
 *   A policy without rules is never asked.
 * - mode `monitor` lets every request pass and records what fails. `protect`, the default, refuses it.
 * - AdmissionPolicy and AdmissionPolicyGroup are asked about their own namespace alone.
 * - A cluster-wide policy leaves out the namespace of Kubewarden itself unless allowInsideAdmissionControllerNamespace is
 *   true. While it does, the controller copies only the matchExpressions of namespaceSelector into the webhook: matchLabels
 *   decide nothing. Which namespace that is stands in the configuration of the controller, which is not read.
 * - What a module demands is not known. A group may not change objects, and refuses with its own message.
 *
 * The webhooks through which it works are read as such, and are Info. PolicyServers demand nothing.
 *
 * @see https://docs.kubewarden.io/reference/CRDs
 * @see https://github.com/kubewarden/kubewarden-controller/tree/main/internal/controller
 */
import * as z from 'zod';
import { compareText } from '../../crds/constraint.ts';
import { type WasmMember, WasmRule } from '../../crds/rules/wasm.ts';
import { MatchCondition, type Scope } from '../../crds/scope.ts';
import { exemptFromWebhooks } from './admission-exempt.ts';
import { judgesNothing, type Matching, matchingFrom, MatchResources, scopeWithin } from './admission-match.ts';
import { AdmissionRuleField } from './admission-rules.ts';
import { defineAdapter, type Draft, type Fault, faultsOf, type Imposed, type ObjectHead, unreadOf } from './define.ts';
import { absent, listOf, SelectorField } from './fields.ts';
import { told } from './kubewarden-text.ts';
import { readSpec, type SpecReader } from './spec-reader.ts';

const plurals = [
  'admissionpolicies',
  'admissionpolicygroups',
  'clusteradmissionpolicies',
  'clusteradmissionpolicygroups',
] as const;

const ContextAware = z.strictObject({ apiVersion: z.string(), kind: z.string() });

const Member = z.strictObject({
  module: z.string(),
  settings: z.unknown().optional(),
  contextAwareResources: absent(listOf(ContextAware)),
  timeoutEvalSeconds: absent(z.int()),
});

/** Where these fields are not understood it is not known which requests are meant; elsewhere what is demanded of them. */
const deciding = new Set(['rules', 'objectSelector', 'namespaceSelector', 'matchPolicy', 'matchConditions']);

export const kubewarden = defineAdapter({
  id: 'kubewarden',
  resources: plurals.map((plural) => ({ group: 'policies.kubewarden.io', plural })),
  fields: { spec: z.record(z.string(), z.unknown()) },
  constraints({ spec: fields, ...head }): Imposed {
    const spec = readSpec(fields);
    const read = matchOf(spec);
    const rule = ruleOf(spec, head);
    spec.readNothingElse();
    const { faults } = spec;
    // Never asked; but rules that are not understood may be any.
    if (read.rules === 0 && !faults.some(({ path }) => path[1] === 'rules')) return { drafts: [], faults };
    if (judgesNothing(read.matching, [exemptFromWebhooks])) return { drafts: [], faults };
    return { drafts: [draftOf(rule, scopeIn(read.matching, head, faults), read.labelsDropped, head, faults)], faults };
  },
});

function matchOf(spec: SpecReader) {
  const rules = spec.read('rules', listOf(AdmissionRuleField)) ?? [];
  const objectSelector = spec.read('objectSelector', SelectorField);
  const namespaceSelector = spec.read('namespaceSelector', SelectorField);
  const matchPolicy = spec.read('matchPolicy', MatchResources.shape.matchPolicy);
  const conditions = spec.read('matchConditions', listOf(z.strictObject(MatchCondition.shape)));
  const inside = spec.read('allowInsideAdmissionControllerNamespace', z.boolean()) ?? false;
  const { matchLabels, ...expressions } = namespaceSelector ?? {};
  const matching = matchingFrom(
    {
      resourceRules: rules,
      objectSelector,
      namespaceSelector: inside ? namespaceSelector : expressions,
      matchPolicy,
    },
    { exempt: [exemptFromWebhooks], ...(conditions === undefined ? {} : { conditions }) },
  );
  return { rules: rules.length, matching, labelsDropped: !inside && matchLabels !== undefined };
}

function ruleOf(spec: SpecReader, { kind }: ObjectHead): WasmRule {
  const { shape } = WasmRule;
  const isGroup = kind.endsWith('Group');
  const module = isGroup ? undefined : spec.readRequired('module', z.string());
  const settings = isGroup ? undefined : spec.read('settings', z.unknown());
  const contextAware = isGroup ? undefined : spec.read('contextAwareResources', listOf(ContextAware));
  const members = isGroup ? membersOf(spec) : undefined;
  const expression = isGroup ? spec.readRequired('expression', z.string()) : undefined;
  const message = spec.read('message', z.string());
  const sideEffects = spec.read('sideEffects', shape.sideEffects.unwrap());
  spec.read('timeoutEvalSeconds', z.int());
  return {
    form: 'wasm',
    mode: spec.read('mode', shape.mode) ?? 'protect',
    mutating: (isGroup ? undefined : spec.read('mutating', shape.mutating)) ?? false,
    ...(module === undefined ? {} : { module }),
    ...(settings === undefined ? {} : { settings }),
    ...(members === undefined ? {} : { members }),
    ...(expression === undefined ? {} : { expression }),
    ...(message === undefined || message === '' ? {} : { message }),
    policyServer: spec.read('policyServer', shape.policyServer) ?? 'default',
    failurePolicy: spec.read('failurePolicy', shape.failurePolicy) ?? 'Fail',
    timeoutSeconds: spec.read('timeoutSeconds', shape.timeoutSeconds) ?? 10,
    ...(sideEffects === undefined ? {} : { sideEffects }),
    ...(contextAware === undefined || contextAware.length === 0 ? {} : { contextAwareResources: contextAware }),
    backgroundAudit: spec.read('backgroundAudit', z.boolean()) ?? true,
  };
}

const membersMax = 100;

/** A map: the order in which it is written says nothing. */
function membersOf(spec: SpecReader): WasmMember[] {
  const Members = z.record(z.string(), z.unknown()).transform((record, context): WasmMember[] =>
    Object.keys(record)
      .toSorted(compareText)
      .flatMap((name, index) => {
        if (index > membersMax) return [];
        const read = index === membersMax ? undefined : Member.safeParse(record[name]);
        if (read === undefined) {
          context.issues.push({ code: 'custom', message: `Too many to read: ${membersMax} are`, input: record });
          return [];
        }
        if (!read.success) {
          const issues = faultsOf(read.error, [name]);
          context.issues.push(
            ...issues.map(({ path, message }) => ({
              code: 'custom' as const,
              path: [...path],
              message,
              input: record,
            })),
          );
          return [];
        }
        const { module, settings, contextAwareResources } = read.data;
        return [
          {
            name,
            module,
            ...(settings === undefined ? {} : { settings }),
            ...(contextAwareResources === undefined ? {} : { contextAwareResources }),
          },
        ];
      }),
  );
  return spec.readRequired('policies', Members) ?? [];
}

function scopeIn(matching: Matching, { metadata: { namespace } }: ObjectHead, faults: readonly Fault[]): Scope {
  const unread = unreadOf(faults, (field) => deciding.has(field));
  return { ...scopeWithin(matching, namespace), ...(unread.length === 0 ? {} : { unread }) };
}

function draftOf(
  rule: WasmRule,
  scope: Scope,
  labelsDropped: boolean,
  head: ObjectHead,
  faults: readonly Fault[],
): Draft {
  const unread = unreadOf(faults, (field) => !deciding.has(field));
  return {
    key: 'policy',
    type: 'Admission',
    ...told(rule, scope, { name: head.metadata.name, labelsDropped, understood: faults.length === 0 }),
    scope,
    rule: { ...rule, ...(unread.length === 0 ? {} : { unread }) },
  };
}
