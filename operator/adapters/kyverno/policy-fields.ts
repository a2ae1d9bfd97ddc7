/**
 * Reading a ClusterPolicy or Policy: what holds for all of its rules, and each rule as far as it is understood.
 *
 * A field that is not known may narrow what a rule binds or change what it does, so it is a fault and stands in `unread`.
 *
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/api/kyverno/v1/spec_types.go
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/api/kyverno/v1/rule_types.go
 */
import * as z from 'zod';
import type { PatternRule } from '../../../crds/rules/pattern.ts';
import { MatchCondition } from '../../../crds/scope.ts';
import { isJsonObject, type JsonObject } from '../../../kube/object.ts';
import { type Fault, faultsMax, faultsOf, type ObjectHead, restUnread, unreadOf } from '../define.ts';
import { FieldsOfObject, shortListOf } from '../bounded-fields.ts';
import { absent, listOf } from '../fields.ts';
import { headOf } from '../join.ts';
import { newKey } from '../new-key.ts';
import { unknownFields } from '../unknown-fields.ts';
import { Action, type Actions, Override } from './action.ts';
import { type AutogenRule, autogenKinds, controllersAnnotation, type Generated, generatedFrom } from './autogen.ts';
import { type Block, readBlock } from './match-fields.ts';
import { notPlain, plainJson } from './plain-json.ts';

export type Does = Exclude<PatternRule['does'], 'cleanUp'>;

export interface PolicyRule {
  /** Tells it apart in its policy. */
  readonly key: string;
  readonly name: string;
  readonly does: Does;
  readonly body: unknown;
  readonly match: Block;
  readonly exclude: Block;
  readonly actions: Actions;
  readonly settings: Pick<
    PatternRule,
    | 'context'
    | 'preconditions'
    | 'celPreconditions'
    | 'imageExtractors'
    | 'allowExistingViolations'
    | 'skipBackgroundRequests'
  >;
  readonly generated: readonly Generated[];
  readonly unread: readonly string[];
  readonly scopeUnread: readonly string[];
}

export interface Policy {
  readonly is: 'policy';
  readonly head: ObjectHead;
  readonly admission: boolean;
  readonly background: boolean;
  readonly emitWarning: boolean;
  readonly applyRules: 'All' | 'One';
  readonly failurePolicy: PatternRule['failurePolicy'];
  readonly matchConditions: readonly z.infer<typeof MatchCondition>[];
  readonly rules: readonly PolicyRule[];
  /** From this number on they are not read. */
  readonly unreadFrom: number | undefined;
}

/** As many as the API server takes of one webhook. */
const conditionsMax = 64;

/** Those of which nothing is read decide about reports, timeouts, and when what is generated is brought up to date. */
const SpecFields = z.strictObject({
  admission: absent(z.boolean()),
  applyRules: absent(z.enum(['All', 'One'])),
  background: absent(z.boolean()),
  emitWarning: absent(z.boolean()),
  failurePolicy: absent(z.enum(['Ignore', 'Fail'])),
  generateExisting: z.unknown().optional(),
  generateExistingOnPolicyUpdate: z.unknown().optional(),
  mutateExistingOnPolicyUpdate: z.unknown().optional(),
  rules: absent(z.array(z.unknown())),
  schemaValidation: z.unknown().optional(),
  useServerSideApply: z.unknown().optional(),
  validationFailureAction: absent(Action),
  validationFailureActionOverrides: absent(listOf(Override)),
  webhookConfiguration: absent(
    z.strictObject({
      failurePolicy: absent(z.enum(['Ignore', 'Fail'])),
      matchConditions: absent(shortListOf(z.strictObject(MatchCondition.shape), conditionsMax)),
      timeoutSeconds: z.unknown().optional(),
    }),
  ),
  webhookTimeoutSeconds: z.unknown().optional(),
});

const RuleFields = z.strictObject({
  name: absent(z.string()),
  match: z.unknown().optional(),
  exclude: z.unknown().optional(),
  validate: absent(FieldsOfObject),
  mutate: absent(FieldsOfObject),
  generate: absent(FieldsOfObject),
  verifyImages: absent(z.array(z.unknown())),
  celPreconditions: absent(shortListOf(z.strictObject(MatchCondition.shape), conditionsMax)),
  context: z.unknown().optional(),
  imageExtractors: z.unknown().optional(),
  preconditions: z.unknown().optional(),
  reportProperties: z.unknown().optional(),
  skipBackgroundRequests: absent(z.boolean()),
});

const demandFields = ['anyPattern', 'assert', 'cel', 'deny', 'foreach', 'manifests', 'pattern', 'podSecurity'];
const imageFields =
  'additionalExtensions annotations attestations attestors cosignOCI11 failureAction image imageReferences ' +
  'imageRegistryCredentials issuer key mutateDigest repository required roots skipImageReferences subject type useCache ' +
  'validate verifyDigest';
const bodyFields: Readonly<Record<Does, ReadonlySet<string>>> = {
  validate: new Set([...demandFields, 'allowExistingViolations', 'failureAction', 'failureActionOverrides', 'message']),
  mutate: new Set(['foreach', 'mutateExistingOnPolicyUpdate', 'patchStrategicMerge', 'patchesJson6902', 'targets']),
  generate: new Set(
    'apiVersion clone cloneList data foreach generateExisting kind name namespace orphanDownstreamOnPolicyDelete synchronize uid'.split(
      ' ',
    ),
  ),
  verifyImages: new Set(imageFields.split(' ')),
};

const ValidateActions = z.strictObject({
  failureAction: absent(Action),
  failureActionOverrides: absent(listOf(Override)),
  allowExistingViolations: absent(z.boolean()),
});

/** Each rule is a constraint, and real policies have a few dozen. */
const rulesMax = 100;

/** Reads the fields that it knows one by one; each that is not known is a fault. */
function readFields<Shape extends z.ZodRawShape>(
  fields: JsonObject,
  schema: z.ZodObject<Shape, z.core.$strict>,
  path: readonly PropertyKey[],
) {
  const { shape } = schema;
  const unknown = unknownFields(fields, new Set(Object.keys(shape)), path);
  const known = pick(fields, shape);
  const whole = schema.safeParse(known);
  if (whole.success) return { fields: whole.data, faults: unknown };
  const read = Object.entries(shape).filter(
    ([key, field]) => Object.hasOwn(known, key) && z.safeParse(field, known[key]).success,
  );
  return {
    fields: schema.parse(Object.fromEntries(read.map(([key]) => [key, known[key]]))),
    faults: [...unknown, ...faultsOf(whole.error, path)],
  };
}

/** Every rule that demands or does something, as far as it is understood, with what is not. */
export function readPolicy(object: ObjectHead & { readonly spec: JsonObject }): {
  readonly policy: Policy;
  readonly faults: readonly Fault[];
} {
  const { fields, faults: ofSpec } = readFields(object.spec, SpecFields, ['spec']);
  const { webhookConfiguration, rules: listed = [] } = fields;
  const otherwise: Actions = {
    overrides: fields.validationFailureActionOverrides ?? [],
    otherwise: fields.validationFailureAction ?? 'Audit',
  };
  const read: RuleReading[] = [];
  const faults: Fault[] = [];
  let unreadFrom: number | undefined;
  for (const [index, rule] of listed.entries()) {
    const path = ['spec', 'rules', index];
    if (faults.length >= faultsMax || index >= rulesMax) {
      faults.push(restUnread(['spec', 'rules'], index));
      unreadFrom = index;
      break;
    }
    if (!isJsonObject(rule)) {
      faults.push({ path, message: 'Must be an object' });
      continue;
    }
    const reading = readRule(rule, path, otherwise);
    faults.push(...reading.faults);
    read.push(reading);
  }
  const kinds = autogenKinds(
    read.map(({ autogen }) => autogen),
    object.metadata.annotations?.[controllersAnnotation],
  );
  const unread = unreadOf(ofSpec);
  const taken = new Map<string, number>();
  const rules = read.flatMap(({ rule, autogen }) => {
    const key = newKey(autogen.name, taken);
    if (rule === undefined) return [];
    return {
      ...rule,
      key,
      generated: generatedFrom(autogen, kinds),
      unread: [...unread, ...rule.unread],
      scopeUnread: [...unread, ...rule.scopeUnread],
    };
  });
  return {
    policy: {
      is: 'policy',
      head: headOf(object),
      admission: fields.admission ?? true,
      background: fields.background ?? true,
      emitWarning: fields.emitWarning ?? false,
      applyRules: fields.applyRules ?? 'All',
      failurePolicy: webhookConfiguration?.failurePolicy ?? fields.failurePolicy ?? 'Fail',
      matchConditions: webhookConfiguration?.matchConditions ?? [],
      rules,
      unreadFrom,
    },
    faults: [...ofSpec, ...faults],
  };
}

interface RuleReading {
  /** Undefined when it demands and does nothing. */
  readonly rule: Omit<PolicyRule, 'key' | 'generated'> | undefined;
  readonly autogen: AutogenRule;
  readonly faults: readonly Fault[];
}

function readRule(rule: JsonObject, path: readonly PropertyKey[], ofPolicy: Actions): RuleReading {
  const { fields, faults: ofRule } = readFields(rule, RuleFields, path);
  const match = readBlock(fields.match, [...path, 'match']);
  const exclude = readBlock(fields.exclude, [...path, 'exclude']);
  const does = (['validate', 'mutate', 'generate', 'verifyImages'] as const).find((one) => fields[one] !== undefined);
  const name = fields.name ?? '';
  const autogen: AutogenRule = {
    name,
    match: match.block,
    exclude: exclude.block,
    forbids: fields.generate !== undefined || patchesByPath(fields.mutate),
    isPlain: fields.validate?.['manifests'] !== undefined || fields.mutate?.['targets'] !== undefined,
  };
  const ofBlocks = [...match.faults, ...exclude.faults];
  if (does === undefined) return { rule: undefined, autogen, faults: [...ofRule, ...ofBlocks] };

  const block = fields[does];
  const items = (Array.isArray(block) ? block : [block]).filter(isJsonObject);
  const validation = readFields(pick(fields.validate ?? {}, ValidateActions.shape), ValidateActions, [
    ...path,
    'validate',
  ]);
  const images = (fields.verifyImages ?? []).filter(isJsonObject);
  const ofBody = [...unknownOfBody(items, does, path), ...validation.faults];
  const kept = { body: plainJson(block), ...keptParts(fields) };
  const deep = Object.entries(kept).filter(([, value]) => value === undefined);
  const tooDeep = deep.map(([part]) => ({
    path: [...path, part === 'body' ? does : part],
    message: notPlain,
  }));
  const demands = ofBody.length > 0 || items.some((item) => demandsSomething(does, item));
  const { body, ...parts } = kept;
  return {
    autogen,
    faults: [...ofRule, ...ofBlocks, ...ofBody, ...tooDeep],
    rule: demands
      ? {
          name,
          does,
          body: body ?? null,
          match: match.block,
          exclude: exclude.block,
          actions: actionsOf(validation.fields, images, ofPolicy),
          settings: {
            ...Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)),
            ...(fields.celPreconditions === undefined ? {} : { celPreconditions: fields.celPreconditions }),
            ...(does === 'validate'
              ? { allowExistingViolations: validation.fields.allowExistingViolations ?? true }
              : {}),
            ...(fields.skipBackgroundRequests === false ? { skipBackgroundRequests: false } : {}),
          },
          unread: unreadOf([...ofRule, ...ofBody, ...tooDeep]),
          scopeUnread: unreadOf([...ofRule, ...ofBlocks]),
        }
      : undefined,
  };
}

function keptParts(fields: JsonObject): Partial<Record<'context' | 'preconditions' | 'imageExtractors', unknown>> {
  const parts = (['context', 'imageExtractors', 'preconditions'] as const).filter(
    (part) => (fields[part] ?? undefined) !== undefined,
  );
  return Object.fromEntries(parts.map((part) => [part, plainJson(fields[part])]));
}

function pick(fields: JsonObject, shape: object): JsonObject {
  const given = Object.keys(shape).filter((key) => Object.hasOwn(fields, key));
  return Object.fromEntries(given.map((key) => [key, fields[key]]));
}

function unknownOfBody(items: readonly JsonObject[], does: Does, path: readonly PropertyKey[]): Fault[] {
  const faults: Fault[] = [];
  for (const [index, item] of items.entries()) {
    if (faults.length >= faultsMax) break;
    faults.push(
      ...unknownFields(item, bodyFields[does], does === 'verifyImages' ? [...path, does, index] : [...path, does]),
    );
  }
  return faults;
}

function demandsSomething(does: Does, item: JsonObject): boolean {
  const isThere = (key: string) => (item[key] ?? undefined) !== undefined;
  switch (does) {
    case 'validate':
      return demandFields.some(isThere);
    case 'mutate':
      return ['foreach', 'patchStrategicMerge', 'patchesJson6902'].some(isThere);
    case 'generate':
      return ['cloneList', 'foreach', 'kind'].some(isThere);
    case 'verifyImages':
      return true;
    default:
      return does satisfies never;
  }
}

function patchesByPath(mutate: JsonObject | undefined): boolean {
  if (mutate === undefined) return false;
  const { foreach } = mutate;
  const each = Array.isArray(foreach) ? foreach.filter(isJsonObject) : [];
  return [mutate, ...each].some(({ patchesJson6902 }) => (patchesJson6902 ?? '') !== '');
}

function actionsOf(
  validation: z.infer<typeof ValidateActions>,
  images: readonly JsonObject[],
  ofPolicy: Actions,
): Actions {
  const ofImages = images.flatMap(({ failureAction }) => Action.safeParse(failureAction).data ?? []);
  const own = validation.failureAction ?? ofImages.find((action) => action === 'Enforce') ?? ofImages[0];
  const rest = own === undefined ? ofPolicy : { overrides: [], otherwise: own };
  return { ...rest, overrides: [...(validation.failureActionOverrides ?? []), ...rest.overrides] };
}
