/**
 * AuthorizationPolicy of Istio: which requests to workloads are accepted.
 *
 * - For a workload CUSTOM policies are asked first, then a DENY that matches refuses; without any ALLOW policy the rest is
 *   accepted, with some only what one of them matches. AUDIT refuses nothing.
 * - ALLOW, the default, without rules matches nothing, so everything is refused; other actions without rules do nothing, and
 *   impose nothing here. A rule without fields matches everything.
 * - With the annotation `istio.io/dry-run: "true"` it is only noted.
 * - ztunnel enforces ALLOW and DENY of policies without targets, and no dry runs.
 *
 * Not read: which providers CUSTOM may name, and whether they agree.
 *
 * @see https://istio.io/latest/docs/reference/config/security/authorization-policy/
 * @see https://istio.io/latest/docs/tasks/security/authorization/authz-dry-run/
 */
import * as z from 'zod';
import type { MeshRule } from '../../../crds/rules/mesh.ts';
import { defineAdapter, NamespacedMetadata } from '../define.ts';
import { absent } from '../fields.ts';
import { AnyList, LooseSpec, unreadField } from '../mesh-fields.ts';
import { unknownFields } from '../unknown-fields.ts';
import { meshTold } from '../mesh-form.ts';
import { readSpec } from '../spec-reader.ts';
import { clausesOf } from './authorization-clauses.ts';
import { bindingOf } from './binding.ts';

const actions = { ALLOW: 'allow', DENY: 'deny', AUDIT: 'audit', CUSTOM: 'delegate' } as const;
const Action = z.enum(['ALLOW', 'DENY', 'AUDIT', 'CUSTOM']);
const Provider = z.strictObject({ name: absent(z.string()) });
const knownFields: ReadonlySet<string> = new Set([
  'action',
  'provider',
  'rules',
  'selector',
  'targetRef',
  'targetRefs',
]);

/** What strconv.ParseBool takes for true. */
const trueTexts: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

export const authorizationPolicies = defineAdapter({
  id: 'istio',
  resources: [{ group: 'security.istio.io', plural: 'authorizationpolicies' }],
  fields: { metadata: NamespacedMetadata, spec: LooseSpec },
  constraints({ metadata: { namespace, annotations = {} }, spec }) {
    const unknown = unknownFields(spec, knownFields, ['spec']);
    const reader = readSpec(spec);
    const action = actions[reader.read('action', Action) ?? 'ALLOW'];
    const provider = reader.read('provider', Provider)?.name;
    const rules = reader.read('rules', AnyList) ?? [];
    const isEnforcedByZtunnel = action === 'allow' || action === 'deny';
    const dryRun = trueTexts.has(annotations['istio.io/dry-run'] ?? '');
    const ztunnel = isEnforcedByZtunnel && !dryRun ? (['ztunnel'] as const) : [];
    const binding = bindingOf(spec, namespace, ['sidecar', 'gateway', ...ztunnel], unknown);
    const faults = [...unknown, ...reader.faults];
    if (binding.scope === undefined) return { drafts: [], faults: [...faults, ...binding.faults] };
    const { scope, subject, parts } = binding;
    const atZtunnel = parts.proxies?.includes('ztunnel') === true;
    const read = clausesOf(rules, { namespace, action, atZtunnel });
    const all = [...faults, ...binding.faults, ...read.faults];
    if (action !== 'allow' && rules.length === 0 && faults.length === 0) return { drafts: [], faults: all };
    const rule: MeshRule = {
      form: 'mesh',
      engine: 'istio',
      demand: {
        about: 'authorization',
        action,
        ...(provider === undefined ? {} : { provider }),
        clauses: [...read.clauses],
      },
      ...parts,
      ...(dryRun ? { dryRun } : {}),
      ...unreadField(faults),
    };
    return { drafts: [{ key: action, ...meshTold(rule, subject), scope, rule }], faults: all };
  },
});
