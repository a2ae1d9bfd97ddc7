/**
 * ConstraintReport: which rules bind a namespace, for everyone who may read the report. Nothing here names a port, a peer or
 * a selector; those stand in ConstraintDetail, behind a right of its own.
 */
import * as z from 'zod';
import { Conditions } from './condition.ts';
import { ConstraintType, Effect, Metrics, Severity } from './constraint.ts';

/** Structured entries and lines of one report together; what is beyond stands in `more` by id. */
export const reportEntriesMax = 500;
/** Sum of the lengths in bytes of entries and lines. etcd refuses requests over 1.5 MiB, and ids of `more` come on top. */
export const reportBytesMax = 917_504;
/** Names of workloads an entry lists. */
export const affectedItemsMax = 20;
/** Ids of constraints beyond what a report holds. */
export const moreIdsMax = 20_000;

/** A list that is replaced as a whole: order is meaning, nobody else writes into it. */
const atomic = { 'x-kubernetes-list-type': 'atomic' };

export const AffectedWorkloads = z.object({
  total: z.int().min(0).describe('How many workloads of the namespace it binds, or may bind.'),
  all: z
    .boolean()
    .optional()
    .describe('True when it binds every workload of the namespace, whatever the labels of its pods.'),
  items: z
    .array(z.string())
    .max(affectedItemsMax)
    .optional()
    .meta(atomic)
    .describe('The first of them as Kind/name, unless all are bound.'),
});
export type AffectedWorkloads = z.infer<typeof AffectedWorkloads>;

export const ReportEntry = z.object({
  id: z.string().describe('Stays the same as long as the policy and its rule exist.'),
  name: z.string().describe('Name of the policy.'),
  key: z.string().optional().describe('Which of the rules of the policy: a direction, a mode, a webhook, a rule.'),
  type: ConstraintType.describe('What kind of thing is limited.'),
  severity: Severity.describe(
    'Critical denies or drops now, Warning restricts in part or soon, Info says or changes something.',
  ),
  effect: Effect.describe('What the rule does.'),
  message: z.string().describe('What is limited and for whom, in a sentence.'),
  lastChanged: z.iso.datetime().describe('When this entry last changed.'),
  source: z
    .object({
      kind: z.string().describe('Kind of the policy.'),
      name: z.string().describe('Name of the policy.'),
    })
    .describe('The policy object.'),
  affectedWorkloads: AffectedWorkloads.optional().describe(
    'Which workloads it binds or may bind; absent where it is not about pods.',
  ),
  metrics: Metrics.optional().describe('Hard limit and usage of each resource of a quota.'),
});
export type ReportEntry = z.infer<typeof ReportEntry>;

export const ReportStatus = z.object({
  total: z.int().min(0).describe('How many constraints bind this namespace.'),
  critical: z.int().min(0).describe('How many of them deny or drop now.'),
  warning: z.int().min(0).describe('How many of them restrict in part or soon.'),
  info: z.int().min(0).describe('How many of them only say or change something.'),
  lastChanged: z.iso.datetime().describe('When anything in this report last changed.'),
  constraints: z
    .array(ReportEntry)
    .max(reportEntriesMax)
    .meta(atomic)
    .describe("What the namespace's own policies impose, gravest first."),
  inherited: z
    .array(z.string())
    .max(reportEntriesMax)
    .meta(atomic)
    .describe(
      'What cluster-wide policies and those of other namespaces impose, gravest first, one line each: ' +
        '<severity> <effect> <type> <Kind>/<name> <id>: <summary>',
    ),
  more: z
    .array(z.string())
    .max(moreIdsMax)
    .optional()
    .meta(atomic)
    .describe(`Ids of the constraints that found no room here: ${reportEntriesMax} do, or fewer that are large.`),
  conditions: Conditions.optional().describe('Ready is True when the report says all that Potoo can read.'),
});
export type ReportStatus = z.infer<typeof ReportStatus>;

export const ConstraintReport = z
  .object({ status: ReportStatus.optional().describe('What binds the namespace. Written by the operator alone.') })
  .describe('Which rules bind the namespace: what limits, denies or changes what is deployed and how it communicates.');
export type ConstraintReport = z.infer<typeof ConstraintReport>;
