/**
 * A constraint as an answer has it, at the level of its caller.
 */
import * as z from 'zod';
import { ConstraintType, Effect, homeNamespace, Severity } from '../../crds/constraint.ts';
import type { Binding } from '../catalog/binding.ts';
import type { Workloads } from '../catalog/workloads.ts';
import { Remediation } from '../remediation/schema.ts';
import { affectedNamesMax, affectedOf } from './affected.ts';
import { DetailLevel } from './levels.ts';
import { figuresOf, QuotaFigure } from './metrics.ts';
import { tagsOf } from './tags.ts';

export const ConstraintAnswer = z.object({
  id: z.string().describe('Stays the same as long as the policy and its rule exist.'),
  name: z.string().describe("The policy's name, or a handle for a policy of another namespace."),
  rule: z.string().optional().describe('Tells the constraints of one policy apart.'),
  namespace: z.string().optional().describe('Where the policy lives; absent when it is cluster-wide or not shown.'),
  constraint_type: ConstraintType.describe('What kind of thing is limited.'),
  severity: Severity.describe('Critical denies or drops now, Warning restricts in part or soon, Info says or changes.'),
  effect: Effect.describe('What the rule does.'),
  message: z.string().describe('What is limited and for whom, in as much detail as the caller may see.'),
  source_kind: z.string().describe('Kind of the policy.'),
  source_api_version: z.string().describe('API version of the policy; empty while it is not known.'),
  affected_workloads: z
    .array(z.string())
    .max(affectedNamesMax)
    .describe(
      'Names of workloads that it binds, the first of them. Empty beside a total for who may not see the workloads of the namespace, where it binds all.',
    ),
  affected_workloads_total: z.int().min(0).describe('How many workloads it binds, or may bind.'),
  tags: z.array(z.string()).describe('Words to group by.'),
  detail_level: DetailLevel.describe('How much of the constraint the caller may see.'),
  last_observed: z.string().describe('When the constraint last changed.'),
  remediation: Remediation.optional().describe('What one can do; absent only where it was not asked for.'),
  metrics: z.record(z.string(), QuotaFigure).nullable().describe('Limit and usage of each resource of a quota.'),
});
export type ConstraintAnswer = z.infer<typeof ConstraintAnswer>;

/**
 * A constraint as the contract shows it, with what `level` allows and no more.
 *
 * @param from.workloads Undefined when they are not known, or the caller may not see them.
 */
export function constraintAnswer(
  binding: Binding,
  level: DetailLevel,
  from: { readonly namespace: string; readonly workloads: Workloads | undefined },
): ConstraintAnswer {
  const { name, rule, home, message } = visible(binding, level, from.namespace);
  const affected = affectedOf(binding, from.workloads, level !== 'summary');
  return {
    id: binding.id,
    name,
    ...(rule === undefined ? {} : { rule }),
    ...(home === undefined ? {} : { namespace: home }),
    constraint_type: binding.type,
    severity: binding.severity,
    effect: binding.effect,
    message,
    source_kind: binding.kind,
    source_api_version: binding.form?.value.source.apiVersion ?? '',
    affected_workloads: [...affected.names],
    affected_workloads_total: affected.total,
    tags: tagsOf(binding.type, binding.effect),
    detail_level: level,
    last_observed: binding.lastChanged,
    metrics: figuresOf(binding.metrics),
  };
}

/** The parts of a constraint that depend on the level. */
export function visible(
  binding: Binding,
  level: DetailLevel,
  namespace: string,
): {
  readonly name: string;
  readonly rule: string | undefined;
  readonly home: string | undefined;
  readonly message: string;
} {
  const full = binding.form?.value;
  if (level === 'summary' || full === undefined) {
    const home = binding.own ? namespace : undefined;
    return { name: binding.name, rule: binding.key, home, message: binding.summary };
  }
  return { name: full.name, rule: full.key, home: homeNamespace(full.source), message: full.message };
}
