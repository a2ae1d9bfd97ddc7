/**
 * Constraint: one thing that one rule of one policy object imposes. The narrow waist between the engines, which are read by
 * adapters of the operator, and the questions, which are answered by the gateway.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { constraintTypes, severities } from './constraint-words.ts';
import { AllowListRule } from './rules/allow-list.ts';
import { AssignmentRule } from './rules/assignment.ts';
import { CapacityRule } from './rules/capacity.ts';
import { CelRule } from './rules/cel.ts';
import { DisruptionRule } from './rules/disruption.ts';
import { LimitRangeRule } from './rules/limit-range.ts';
import { MeshRule } from './rules/mesh.ts';
import { NetworkRule } from './rules/network.ts';
import { OpaqueRule } from './rules/opaque.ts';
import { PatternRule } from './rules/pattern.ts';
import { PodSecurityRule } from './rules/pod-security.ts';
import { QuotaRule } from './rules/quota.ts';
import { RegoRule } from './rules/rego.ts';
import { SecurityContextRule } from './rules/security-context.ts';
import { WasmRule } from './rules/wasm.ts';
import { WebhookRule } from './rules/webhook.ts';
import { Scope } from './scope.ts';

export { constraintTypes, severities };
export const Severity = z.enum(severities);
export type Severity = z.infer<typeof Severity>;

export const ConstraintType = z.enum(constraintTypes);
export type ConstraintType = z.infer<typeof ConstraintType>;

export const Effect = z.enum([
  'deny',
  'restrict',
  'limit',
  'require',
  'mutate',
  'generate',
  'warn',
  'audit',
  'allow',
  'unknown',
]);
export type Effect = z.infer<typeof Effect>;

/** What a rule demands, by form and not by engine. */
export const Rule = z.discriminatedUnion('form', [
  AllowListRule,
  AssignmentRule,
  CapacityRule,
  CelRule,
  DisruptionRule,
  LimitRangeRule,
  MeshRule,
  NetworkRule,
  OpaqueRule,
  PatternRule,
  PodSecurityRule,
  QuotaRule,
  RegoRule,
  SecurityContextRule,
  WasmRule,
  WebhookRule,
]);
export type Rule = z.infer<typeof Rule>;

export const Source = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  namespace: z.string().optional(),
});
export type Source = z.infer<typeof Source>;

/** Hard limit and usage, each a quantity, by the name that the quota gives the resource. */
export const Metrics = z.record(z.string(), z.object({ hard: z.string(), used: z.string().optional() }));
export type Metrics = z.infer<typeof Metrics>;

export const Constraint = z.object({
  id: z.string(),
  name: z.string().describe("The policy's name."),
  key: z.string().describe('Tells the constraints of one policy apart: a direction, a webhook, a rule, a mode.'),
  type: ConstraintType,
  severity: Severity,
  effect: Effect,
  summary: z
    .string()
    .describe(
      'What is limited and for whom, safe for every reader of the namespace: no ports, peers, CIDRs, selectors.',
    ),
  message: z.string().describe('The full sentence.'),
  source: Source,
  scope: Scope,
  rule: Rule,
  metrics: Metrics.optional(),
});
export type Constraint = z.infer<typeof Constraint>;

/** What is stored as the full form: usage moves too often and stands in the report alone. */
export const StoredConstraint = Constraint.omit({ metrics: true });
export type StoredConstraint = z.infer<typeof StoredConstraint>;

/**
 * 16 characters of [a-z2-7], 80 bits of SHA-256 over the source's uid and the rule's key: the same after a restart,
 * and not to be guessed from names.
 */
export function constraintId(sourceUid: string, key: string): string {
  const digest = createHash('sha256').update(`${sourceUid}\n${key}`).digest();
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  let id = '';
  let bits = 0n;
  for (const byte of digest.subarray(0, 10)) bits = (bits << 8n) | BigInt(byte);
  for (let shift = 75n; shift >= 0n; shift -= 5n) id += alphabet[Number((bits >> shift) & 31n)];
  return id;
}

/**
 * The namespace a policy lives in, whose owners may read its full form. A Namespace lives in itself: its labels are what
 * Pod Security reads. Undefined for a cluster-wide policy.
 */
export function homeNamespace(source: Source): string | undefined {
  return source.kind === 'Namespace' && source.apiVersion === 'v1' ? source.name : source.namespace;
}

/** The order of a report: severity, type, source, rule, id. */
export function compareConstraints(a: Constraint, b: Constraint): number {
  return (
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    constraintTypes.indexOf(a.type) - constraintTypes.indexOf(b.type) ||
    compareText(a.source.kind, b.source.kind) ||
    compareText(a.source.name, b.source.name) ||
    compareText(a.source.namespace ?? '', b.source.namespace ?? '') ||
    compareText(a.key, b.key) ||
    compareText(a.id, b.id)
  );
}

/** By code unit: the same on every machine, unlike localeCompare. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
