/**
 * Constraints: what a kind that a template defines demands of whom, and what follows.
 *
 * - Objects that are sent and objects that others are judged by (settings.ts) are one constraint where the same follows, and
 *   several where an ExpansionTemplate says otherwise.
 * - One that is only for gator, which is no part of a cluster, or that no object can match imposes nothing.
 * - Without its template, which may come later or may not be readable, it is known whom it binds and what follows.
 *
 * @see https://open-policy-agent.github.io/gatekeeper/website/docs/howto/
 */
import * as z from 'zod';
import type { Effect, Rule } from '../../../crds/constraint.ts';
import type { CelRule } from '../../../crds/rules/cel.ts';
import type { AdmissionException, AdmissionFilter, MatchCondition, Scope } from '../../../crds/scope.ts';
import { namespacesOf, workloadsOfFilters } from '../admission-filters.ts';
import { type Draft, type Fault, jsonPointer, type ObjectHead, type Part } from '../define.ts';
import { JsonField } from '../json-field.ts';
import { defineJoinedKind, headOf } from '../join.ts';
import { readSpec } from '../spec-reader.ts';
import { unknownFields } from '../unknown-fields.ts';
import { absent } from '../fields.ts';
import { constraintMessage, constraintSummary } from './constraint-text.ts';
import {
  type Action,
  actionOf,
  actions,
  effectOf,
  type Enforcement,
  readEnforcement,
  severityOf,
} from './enforcement.ts';
import { type Match, readMatch } from './match.ts';
import { type ConfigPart, exemptionsOf, expandedBy, type ExpansionPart } from './settings.ts';
import type { TemplatePart } from './template.ts';

export interface ConstraintPart {
  readonly is: 'constraint';
  readonly head: ObjectHead;
  readonly match: Match;
  readonly enforcement: Enforcement;
  readonly parameters: unknown;
  /** JSON pointers of what is not understood, of the match and of the rest. */
  readonly unreadMatch: readonly string[];
  readonly unread: readonly string[];
}

const Fields = z.record(z.string(), z.unknown());
const known = new Set(['enforcementAction', 'match', 'parameters', 'scopedEnforcementActions']);

/** Of any kind in the group. Each is a part by itself, which hears the template of its kind. */
export const anyConstraint = defineJoinedKind({
  group: 'constraints.gatekeeper.sh',
  fields: { spec: absent(Fields) },
  parts(object): { parts: Part<ConstraintPart>[]; faults: readonly Fault[] } {
    const { spec = {}, kind } = object;
    const reader = readSpec(spec);
    const parameters = reader.read('parameters', JsonField);
    const { match, faults: ofMatch } = readMatch(spec['match']);
    const { enforcement, faults: ofActions } = readEnforcement(reader);
    const others = [...reader.faults, ...unknownFields(spec, known, ['spec'])];
    const value: ConstraintPart = {
      is: 'constraint',
      head: headOf(object),
      match,
      enforcement,
      parameters,
      unreadMatch: pointers(ofMatch),
      unread: pointers(others),
    };
    // Not as mutators, which have `kind/name`: a kind of constraint may have any name.
    const key = `${kind} ${object.metadata.name}`;
    return { parts: [{ key, value, hears: kind }], faults: [...ofMatch, ...ofActions, ...others] };
  },
});

function pointers(faults: readonly Fault[]): string[] {
  return [...new Set(faults.map(({ path }) => jsonPointer(path)))];
}

/** Requests of which the same follows when they violate the constraint. */
export interface Consequence {
  readonly key: string;
  readonly action: Action | undefined;
  readonly filters: readonly AdmissionFilter[];
}

/** What texts are made of. */
export interface Told {
  readonly kind: string;
  readonly effect: Effect;
  readonly consequence: Consequence;
  readonly exceptions: readonly AdmissionException[];
  readonly part: ConstraintPart;
  readonly template: TemplatePart | undefined;
  readonly native: CelRule['native'];
}

/** What a constraint imposes; without `template` what is known of it all the same. */
export function constraintDrafts(
  part: ConstraintPart,
  template: TemplatePart | undefined,
  settings: { readonly configs: readonly ConfigPart[]; readonly expansions: readonly ExpansionPart[] },
): Draft[] {
  return consequencesOf(part, template, settings.expansions).map((consequence) => {
    const { key, action, filters } = consequence;
    const isUnderstood = part.unread.length + part.unreadMatch.length === 0;
    const mayRefuse = isUnderstood ? key === ownKey && mayBeGraver(part, template, action) : action !== undefined;
    const effect = mayRefuse && action !== 'dryrun' ? 'unknown' : effectOf(action);
    const isAudited = key === ownKey && action === undefined && effect === 'audit';
    const exceptions = exemptionsOf(settings.configs, isAudited ? 'audit' : 'validation');
    const scope = scopeOf(filters, exceptions, template?.cel?.matchConditions, part.unreadMatch);
    const native = key === ownKey ? nativeOf(part, template) : undefined;
    const told: Told = { kind: part.head.kind, effect, consequence, exceptions, part, template, native };
    return {
      key,
      type: 'Admission',
      severity: severityOf(effect, filters),
      effect,
      summary: constraintSummary(told),
      message: constraintMessage(told),
      scope,
      rule: ruleOf(part, template, action, native),
    };
  });
}

/** Of objects that are sent. */
const ownKey = 'constraint';

function consequencesOf(
  { match, enforcement }: ConstraintPart,
  template: TemplatePart | undefined,
  expansions: readonly ExpansionPart[],
): Consequence[] {
  if (match.filter === undefined) return [];
  const { webhook, admissionPolicy, audited } = enforcement;
  const filter: AdmissionFilter = { operations: [...(template?.operations ?? ['CREATE', 'UPDATE'])], ...match.filter };
  const ofPolicy = template?.cel?.generatesPolicy === true ? admissionPolicy : [];
  const action = gravest([...webhook, ...ofPolicy]);
  const mayRefuse = template === undefined && admissionPolicy.length > 0;
  const own = match.original && (action !== undefined || audited || mayRefuse) ? [filter] : [];

  const expanded = match.generated && webhook.length > 0 ? expandedBy(expansions, filter) : [];
  const byAction = Map.groupBy(expanded, (one) => (one.action === undefined ? gravest(webhook) : actionOf(one.action)));
  const filtersOf = (of: Action | undefined) => (byAction.get(of) ?? []).map((one) => one.filter);
  const others = [...actions, undefined].filter((other) => own.length === 0 || other !== action);
  return [
    { key: ownKey, action, filters: own.length === 0 ? [] : [...own, ...filtersOf(action)] },
    ...others.map((other) => ({ key: `expanded ${other ?? 'audit'}`, action: other, filters: filtersOf(other) })),
  ].filter(({ filters }) => filters.length > 0);
}

function gravest(stated: readonly Action[]): Action | undefined {
  return actions.find((action) => stated.includes(action));
}

/** Whether a template that is not known could put a graver action into force. */
function mayBeGraver(
  { enforcement }: ConstraintPart,
  template: TemplatePart | undefined,
  action: Action | undefined,
): boolean {
  const possible = gravest(enforcement.admissionPolicy);
  if (template !== undefined || possible === undefined) return false;
  return action === undefined || actions.indexOf(possible) < actions.indexOf(action);
}

/** Whom these filters bind, without what is excepted. */
export function scopeOf(
  filters: readonly AdmissionFilter[],
  exceptions: readonly AdmissionException[],
  conditions: readonly MatchCondition[] = [],
  unread: readonly string[] = [],
): Scope {
  const workloads = workloadsOfFilters(filters);
  return {
    namespaces: namespacesOf(filters, exceptions),
    ...(workloads === undefined ? {} : { workloads }),
    admission: [
      {
        ...(conditions.length === 0 ? {} : { matchConditions: [...conditions] }),
        filters: [...filters],
        ...(exceptions.length === 0 ? {} : { exceptions: [...exceptions] }),
      },
    ],
    ...(unread.length === 0 ? {} : { unread: [...unread] }),
  };
}

/**
 * The object by which the API server judges as well. It is there to be read, and its binding is a constraint of its own.
 *
 * @see https://open-policy-agent.github.io/gatekeeper/website/docs/validating-admission-policy/
 */
function nativeOf({ head, match, enforcement }: ConstraintPart, template: TemplatePart | undefined): CelRule['native'] {
  const isMade = template?.cel?.generatesPolicy === true && match.original && enforcement.admissionPolicy.length > 0;
  return isMade ? { kind: 'ValidatingAdmissionPolicy', name: `gatekeeper-${head.kind.toLowerCase()}` } : undefined;
}

const celActions = { deny: ['Deny'], warn: ['Warn'], dryrun: ['Audit'] } as const;

function ruleOf(
  part: ConstraintPart,
  template: TemplatePart | undefined,
  action: Action | undefined,
  native: CelRule['native'],
): Rule {
  const unread = [...part.unread, ...(template?.unread ?? [])];
  const { parameters } = part;
  const more = {
    ...(parameters === undefined ? {} : { parameters }),
    ...(unread.length === 0 ? {} : { unread }),
  };
  const cel = template?.cel;
  if (cel === undefined) {
    const program = template?.rego;
    return {
      form: 'rego',
      template: part.head.kind,
      ...(program === undefined ? {} : { program }),
      actions: action === undefined ? [] : [action],
      ...more,
    };
  }
  return {
    form: 'cel',
    dialect: 'gatekeeper',
    failurePolicy: cel.failurePolicy,
    ...(template?.rego === undefined ? {} : { alternative: template.rego }),
    variables: cel.variables,
    validations: cel.validations,
    actions: action === undefined ? [] : [...celActions[action]],
    ...(native === undefined ? {} : { native }),
    ...more,
  };
}
