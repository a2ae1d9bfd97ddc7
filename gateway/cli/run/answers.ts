/**
 * What tables and layouts read of the answers of tools and resources. Less than the contract has, and no lists of words: a
 * gateway may be newer than this program.
 */
import * as z from 'zod';
import { Failure } from '../failure.ts';

const Count = z.number().default(0);

const Step = z.object({
  type: z.string().default('manual'),
  description: z.string().default(''),
  command: z.string().optional(),
  patch: z.string().optional(),
  url: z.string().optional(),
  contact: z.string().optional(),
  requires_privilege: z.string().optional(),
});

export const RemediationRead = z.object({
  summary: z.string(),
  steps: z.array(Step),
  also: z.array(z.string()).default([]),
});
export type RemediationRead = z.infer<typeof RemediationRead>;

const Figure = z.object({
  hard: z.string().default(''),
  used: z.string().default(''),
  unit: z.string().default(''),
  percent_used: z.number().nullish(),
});

export const ConstraintRead = z.object({
  id: z.string(),
  name: z.string(),
  rule: z.string().optional(),
  namespace: z.string().optional(),
  constraint_type: z.string(),
  severity: z.string(),
  effect: z.string(),
  message: z.string(),
  source_kind: z.string().default(''),
  source_api_version: z.string().default(''),
  affected_workloads: z.array(z.string()).default([]),
  affected_workloads_total: Count,
  tags: z.array(z.string()).default([]),
  detail_level: z.string().default(''),
  last_observed: z.string().default(''),
  remediation: RemediationRead.optional(),
  metrics: z.record(z.string(), Figure).nullish(),
  also: z.array(z.string()).default([]),
});
export type ConstraintRead = z.infer<typeof ConstraintRead>;

const CauseRead = z.object({
  category: z.string(),
  policy: z.string().optional(),
  rule: z.string().optional(),
  evidence: z.array(z.string()).default([]),
});

export const ExplainRead = z.object({
  explanation: z.string(),
  confidence: z.string(),
  matching_constraints: z.array(ConstraintRead.extend({ reason: z.string().default('') })),
  remediation_steps: z.array(Step).default([]),
  cause: CauseRead,
});
export type ExplainRead = z.infer<typeof ExplainRead>;

/** What all lists say of themselves. */
const page = {
  total: Count,
  returned: Count,
  truncated: z.boolean().default(false),
  next_cursor: z.string().optional(),
};

export const QueryRead = z.object({
  namespace: z.string(),
  constraints: z.array(ConstraintRead),
  note: z.string().optional(),
  ...page,
});
export type QueryRead = z.infer<typeof QueryRead>;

const NamespaceRead = z.object({
  namespace: z.string(),
  total: Count,
  critical_count: Count,
  warning_count: Count,
  info_count: Count,
  top_constraint: z.string().optional(),
});
export type NamespaceRead = z.infer<typeof NamespaceRead>;
export const NamespacesRead = z.object({ namespaces: z.array(NamespaceRead), ...page });

const AdapterRead = z.object({
  enabled: z.boolean(),
  watched_resources: Count,
  error_count: Count,
  reason: z.string().optional(),
});
export const HealthRead = z.object({
  status: z.string(),
  reasons: z.array(z.string()).default([]),
  adapters: z.record(z.string(), AdapterRead).optional(),
  indexer: z.object({ total_constraints: Count, namespaces_with_constraints: Count }).optional(),
  last_scan: z.string().nullish(),
});
export type HealthRead = z.infer<typeof HealthRead>;

export const CapabilitiesRead = z.object({
  constraintTypes: z.record(z.string(), z.number()).default({}),
  namespaceCount: z.number().optional(),
});

/** An answer as far as it is read; a Failure when it is of another form. */
export function readAnswer<T>(schema: z.ZodType<T>, answer: object): T {
  const read = schema.safeParse(answer);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Failure(`The answer is not what Potoo answers: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}
