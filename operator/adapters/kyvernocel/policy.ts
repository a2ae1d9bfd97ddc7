/**
 * What the policies of policies.kyverno.io have in common: which requests or objects they mean, and when they are evaluated.
 */
import * as z from 'zod';
import { type CelEvaluation, CelRule } from '../../../crds/rules/cel.ts';
import { type AdmissionRule, MatchCondition, type Scope } from '../../../crds/scope.ts';
import { exemptFromWebhooks } from '../admission-exempt.ts';
import {
  judgesNothing,
  type Matching,
  matchingFrom,
  type MatchFrom,
  MatchResources,
  scopeWithin,
} from '../admission-match.ts';
import { namesNamespaces, namespaceResources, onlyClusterScoped } from '../admission-rules.ts';
import { AuditAnnotationField } from '../admission-validation.ts';
import { FieldsOfObject } from '../bounded-fields.ts';
import { type Draft, type ObjectHead, unreadOf } from '../define.ts';
import { absent, listOf } from '../fields.ts';
import type { SpecReader } from '../spec-reader.ts';
import {
  allControllers,
  type Controller,
  controllerName,
  ControllersField,
  ruleForPods,
  rulesForControllers,
} from './autogen.ts';

/** A draft whose message is still in parts: what excepts from the policy is told between them. */
export type Told = Omit<Draft, 'message' | 'rule'> & {
  readonly rule: CelRule;
  readonly message: readonly [lead: string, ...details: string[]];
};

/** A policy as its kind reads it. */
export interface Policy {
  readonly spec: SpecReader;
  readonly head: ObjectHead;
  readonly evaluation: Evaluation;
}

export const Conditions = listOf(z.strictObject(MatchCondition.shape));
export const Variables = listOf(z.strictObject({ name: z.string(), expression: z.string() }));

const Switch = absent(z.strictObject({ enabled: absent(z.boolean()) }));

const EvaluationField = z.strictObject({
  mode: absent(z.enum(['Kubernetes', 'JSON', 'HTTP', 'Envoy'])),
  admission: Switch,
  background: Switch,
  mutateExisting: Switch,
  generateExisting: Switch,
  synchronize: Switch,
  orphanDownstreamOnPolicyDelete: Switch,
  skipBackgroundRequests: absent(z.boolean()),
  useServerSideApply: absent(z.boolean()),
});

/** When a policy is evaluated; `ofCluster` is false of one that judges payloads of other programs alone. */
export interface Evaluation extends CelEvaluation {
  readonly ofCluster: boolean;
  readonly existing: boolean;
  readonly synchronize: boolean;
}

/** As documented where it says nothing: at requests and in the background, and only there. */
export function evaluationOf(spec: SpecReader): Evaluation {
  const fields = spec.read('evaluation', EvaluationField);
  return {
    ofCluster: (fields?.mode ?? 'Kubernetes') === 'Kubernetes',
    admission: fields?.admission?.enabled ?? true,
    background: fields?.background?.enabled ?? true,
    existing: (fields?.mutateExisting?.enabled ?? fields?.generateExisting?.enabled) === true,
    synchronize: fields?.synchronize?.enabled === true,
  };
}

/** When a rule is evaluated, in the terms of the rule. */
export function evaluationPart({ admission, background, existing }: Evaluation): Pick<CelRule, 'evaluation'> {
  return { evaluation: { admission, background, ...(existing ? { existing } : {}) } };
}

const AutogenField = z.strictObject({
  podControllers: absent(z.strictObject({ controllers: absent(ControllersField) })),
  validatingAdmissionPolicy: Switch,
  mutatingAdmissionPolicy: Switch,
});

/** Far more than anybody writes; what a policy is about is put into words for each of its readers. */
const partsMax = 1_000;

/** A matchConstraints with so few rules, groups, resources and labels that all of it is read. */
export const SmallMatch = FieldsOfObject.refine((match) => partsOf(match, 4) <= partsMax, {
  error: `Must have at most ${partsMax} rules, resources and labels to be read`,
  abort: true,
});

function partsOf(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null || depth === 0) return 1;
  const below = Object.values(value);
  if (below.length > partsMax) return below.length;
  return below.reduce<number>((sum, part) => (sum > partsMax ? sum : sum + partsOf(part, depth - 1)), 1);
}

/** Which requests are meant, and what stands beside that. */
export interface Meant {
  /** Undefined when no request can be. */
  readonly matching: Matching | undefined;
  /** Controllers whose pod templates are judged. */
  readonly controllers: readonly Controller[];
  /** Whether the API server is told to apply the same by an object of its own. */
  readonly native: boolean;
}

/**
 * matchConstraints, matchConditions and autogen of a policy that judges requests. Kyverno has the API server tell it of what
 * resourceRules name, so a policy without any is told of nothing. matchPolicy counts there: Kyverno itself compares the kind
 * that it is sent.
 */
export function meantBy({ spec, head, evaluation }: Policy): Meant {
  const { kind, metadata } = head;
  const { namespace } = metadata;
  const isThere = spec.read('matchConstraints', z.unknown()) !== undefined;
  const fields = SmallMatch.pipe(MatchResources);
  // Payloads of other programs are no resources, and need none.
  const constraints = evaluation.ofCluster
    ? spec.readRequired('matchConstraints', fields)
    : spec.read('matchConstraints', fields);
  const conditions = spec.read('matchConditions', Conditions) ?? [];
  const autogen = spec.read('autogen', AutogenField);
  const native = (autogen?.validatingAdmissionPolicy ?? autogen?.mutatingAdmissionPolicy)?.enabled === true;
  if (constraints === undefined) {
    const matching = isThere ? matchingFrom({}, { exempt: [exemptFromWebhooks], conditions }) : undefined;
    return { matching, controllers: [], native };
  }
  const { resourceRules = [] } = constraints;
  // Neither the schema nor the engine has autogen for what generates.
  const pods = kind.endsWith('GeneratingPolicy') ? undefined : ruleForPods(constraints);
  const controllers = pods === undefined ? [] : (autogen?.podControllers?.controllers ?? allControllers);
  const rules = pods === undefined ? resourceRules : [...resourceRules, ...rulesForControllers(pods, controllers)];
  const matching = matchingIn(namespace, { ...constraints, resourceRules: rules }, conditions);
  return { matching, controllers, native };
}

/** Objects that are meant by what they are, whatever was done with them. */
export function objectsMeantBy(
  constraints: MatchFrom,
  conditions: MatchCondition[],
  { metadata: { namespace } }: ObjectHead,
): Matching | undefined {
  return matchingIn(namespace, constraints, conditions);
}

/** Undefined when nothing can match. */
function matchingIn(
  namespace: string | undefined,
  constraints: MatchFrom,
  conditions: MatchCondition[],
): Matching | undefined {
  const { resourceRules = [] } = constraints;
  const rules = namespace === undefined ? resourceRules : resourceRules.flatMap((rule) => rulesWithin(namespace, rule));
  if (rules.length === 0) return undefined;
  const exempt = [exemptFromWebhooks];
  const matching = matchingFrom({ ...constraints, resourceRules: rules }, { exempt, conditions });
  return judgesNothing(matching, exempt) ? undefined : matching;
}

/** What is left of a rule in a policy that lives in a namespace: objects in there, and the Namespace itself. */
function rulesWithin(namespace: string, rule: AdmissionRule): AdmissionRule[] {
  const inside: AdmissionRule = { ...rule, scope: 'Namespaced' };
  const { scope: _scope, ...named } = rule;
  const itself = namesNamespaces([rule]) && rule.names?.includes(namespace) !== false;
  return [
    ...(rule.scope === 'Cluster' || onlyClusterScoped([inside]) ? [] : [inside]),
    ...(itself ? [{ ...named, apiGroups: [''], resources: namespaceResources(rule), names: [namespace] }] : []),
  ];
}

/** Where these fields are not understood, it is not known whom a policy binds. */
const deciding = new Set([
  'autogen',
  'conditions',
  'evaluation',
  'matchConditions',
  'matchConstraints',
  'targetMatchConditions',
  'targetMatchConstraints',
]);

/** To be asked for when all is read. */
export function scopeFor(matching: Matching, { spec, head }: Policy): Scope {
  const unread = unreadOf(spec.faults, (field) => deciding.has(field));
  const { namespace } = head.metadata;
  const scope = scopeWithin(matching, namespace);
  return {
    ...scope,
    // Where nothing is left but the Namespace itself, it is that namespace that is bound.
    ...(namespace === undefined ? {} : { namespaces: { ...scope.namespaces, names: [namespace] } }),
    ...(unread.length === 0 ? {} : { unread }),
  };
}

/** The part of a rule that says what of it is not understood. */
export function unreadPart({ spec }: Policy): Pick<CelRule, 'unread'> {
  const unread = unreadOf(spec.faults, (field) => !deciding.has(field));
  return unread.length === 0 ? {} : { unread };
}

const Webhook = z.strictObject({ timeoutSeconds: absent(z.int()) });

/** What all rules that stand here have. */
export function commonRule(spec: SpecReader) {
  const { timeoutSeconds } = spec.read('webhookConfiguration', Webhook) ?? {};
  const auditAnnotations = spec.read('auditAnnotations', listOf(AuditAnnotationField)) ?? [];
  return {
    form: 'cel' as const,
    dialect: 'kyverno' as const,
    failurePolicy: spec.read('failurePolicy', CelRule.shape.failurePolicy) ?? ('Fail' as const),
    variables: spec.read('variables', Variables) ?? [],
    ...(auditAnnotations.length === 0 ? {} : { auditAnnotations }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  };
}

/** What autogen adds to a rule. `native` is the kind of object that Kyverno has the API server read. */
export function autogenPart(
  { controllers, native }: Meant,
  { kind, prefix }: { readonly kind: string; readonly prefix: string },
  { metadata: { name, namespace } }: ObjectHead,
): Pick<CelRule, 'podControllers' | 'native'> {
  return {
    ...(controllers.length === 0 ? {} : { podControllers: controllers.map(controllerName) }),
    ...(native ? { native: { kind, ...(namespace === undefined ? { name: `${prefix}-${name}` } : {}) } } : {}),
  };
}
