/**
 * Tenant of Capsule: what its owners may do in the namespaces that carry its name as the label capsule.clastix.io/tenant.
 *
 * - Options and rules that judge or set a field are one constraint each (options.ts, rules.ts).
 * - A cordoned Tenant lets nothing in its namespaces be created, changed or deleted.
 * - Quotas of the scope Tenant and the number of namespaces are sums over all of them. Quotas of the scope Namespace,
 *   networkPolicies and limitRanges are copied into each namespace as objects of their own, which have adapters: they are not
 *   told twice.
 *
 * Owners, permissions, role bindings and preventDeletion give rights or guard the Tenant itself: they bind no namespace.
 * ResourcePools and the other quotas of Capsule are kinds of their own, and not read here.
 *
 * @see https://projectcapsule.dev/docs/tenants/
 * @see https://github.com/projectcapsule/capsule/blob/v0.12.0/api/v1beta2/tenant_types.go
 */
import * as z from 'zod';
import { compareText } from '../../../crds/constraint.ts';
import { QuotaScope } from '../../../crds/rules/quota.ts';
import { Amounts, readAmounts } from '../amounts.ts';
import { FieldsOfObject, shortListOf } from '../bounded-fields.ts';
import { defineAdapter, type Draft, type Fault, jsonPointer } from '../define.ts';
import { absent, listOf } from '../fields.ts';
import { readSpec, type SpecReader } from '../spec-reader.ts';
import { boundedListOf, sentence } from '../text.ts';
import { unknownFields } from '../unknown-fields.ts';
import { type Demand, draftOf, namespacesOf } from './demand.ts';
import { ingressDemands, namespaceDemands, plainDemands, serviceDemands } from './options.ts';
import { ruleDemands } from './rules.ts';

const known = new Set([
  'additionalRoleBindings',
  'containerRegistries',
  'cordoned',
  'data',
  'deviceClasses',
  'forceTenantPrefix',
  'gatewayOptions',
  'imagePullPolicies',
  'ingressOptions',
  'limitRanges',
  'namespaceOptions',
  'networkPolicies',
  'nodeSelector',
  'owners',
  'permissions',
  'podOptions',
  'preventDeletion',
  'priorityClasses',
  'resourceQuotas',
  'rules',
  'runtimeClasses',
  'serviceOptions',
  'storageClasses',
]);

const ScopeRequirement = z.strictObject({
  scopeName: z.string(),
  operator: QuotaScope.shape.operator,
  values: absent(listOf(z.string())),
});
const QuotaItem = z.strictObject({
  hard: Amounts,
  scopes: absent(listOf(z.string())),
  scopeSelector: absent(z.strictObject({ matchExpressions: absent(listOf(ScopeRequirement)) })),
});
const Quotas = z.strictObject({
  scope: absent(z.enum(['Tenant', 'Namespace'])),
  items: absent(shortListOf(QuotaItem, 50)),
});

export const capsule = defineAdapter({
  id: 'capsule',
  resources: [{ group: 'capsule.clastix.io', plural: 'tenants' }],
  fields: { spec: absent(FieldsOfObject) },
  constraints({ metadata: { name }, spec: written = {} }) {
    const spec = readSpec(written);
    const plain = plainDemands(spec);
    const ofNamespaces = namespaceDemands(spec);
    const prefix = spec.read('forceTenantPrefix', z.boolean()) === true ? [prefixDemand(name)] : [];
    const cordoned = spec.read('cordoned', z.boolean()) === true ? [cordon] : [];
    const options = [
      ...cordoned,
      ...plain,
      ...ofNamespaces.demands,
      ...prefix,
      ...serviceDemands(spec),
      ...ingressDemands(spec),
    ];
    const rules = ruleDemands(spec.read('rules', z.array(z.unknown())) ?? []);
    const quotas = quotaDrafts(spec, name);
    const faults = [...spec.faults, ...quotas.faults, ...rules.faults, ...unknownFields(written, known, ['spec'])];
    const drafts = [
      ...[...options, ...rules.demands].map((demand) => draftOf(demand, name)),
      ...(ofNamespaces.quota === undefined ? [] : [namespaceQuota(ofNamespaces.quota, name)]),
      ...quotas.drafts,
      ...(faults.length === 0 ? [] : [unreadDraft(faults, name)]),
    ];
    return { drafts, faults };
  },
});

const cordon: Demand = {
  key: 'cordoned',
  kind: 'Pod',
  paths: [],
  fields: [],
  noun: 'objects',
  rule: { frozen: true },
  requests: [
    {
      operations: ['CREATE', 'UPDATE', 'DELETE'],
      apiGroups: ['*'],
      apiVersions: ['*'],
      resources: ['*'],
      scope: 'Namespaced',
    },
  ],
  summary: 'Nothing may be created, changed or deleted: the tenant of the namespace is cordoned',
};

function prefixDemand(tenant: string): Demand {
  return {
    key: 'forceTenantPrefix',
    kind: 'Namespace',
    paths: ['metadata.name'],
    noun: 'names',
    rule: { allowed: [{ pattern: `^${tenant.replaceAll('.', String.raw`\.`)}-` }] },
    summary: 'Namespaces of the tenant must have names that begin with its own',
  };
}

function namespaceQuota(count: number, tenant: string): Draft {
  return {
    key: 'namespaceOptions.quota',
    type: 'ResourceLimit',
    severity: 'Info',
    effect: 'limit',
    summary: 'The tenant of the namespace may have only a limited number of namespaces',
    message: `${sentence(`Tenant ${tenant}`, 80)} may have at most ${count} namespaces`,
    scope: {
      namespaces: namespacesOf(tenant),
      admission: [
        { rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['*'], resources: ['namespaces'] }] },
      ],
    },
    rule: {
      form: 'quota',
      hard: { 'count/namespaces': String(count) },
      enforced: true,
      scopes: [],
      acrossNamespaces: true,
    },
  };
}

function quotaDrafts(spec: SpecReader, tenant: string): { readonly drafts: Draft[]; readonly faults: Fault[] } {
  const { scope = 'Tenant', items = [] } = spec.read('resourceQuotas', Quotas) ?? {};
  if (scope === 'Namespace') return { drafts: [], faults: [] };
  const faults: Fault[] = [];
  const drafts = items.flatMap(({ hard, scopes = [], scopeSelector }, index): Draft[] => {
    const { amounts, faults: unreadable } = readAmounts(hard, ['spec', 'resourceQuotas', 'items', index, 'hard']);
    faults.push(...unreadable);
    if (amounts.length === 0) return [];
    const isZero = amounts.some(({ quantity }) => quantity !== undefined && quantity.nano <= 0n);
    const counted = [
      ...scopes.map((scopeName) => ({ scopeName, operator: 'Exists' as const })),
      ...(scopeSelector?.matchExpressions ?? []).map(({ scopeName, operator, values }) => ({
        scopeName,
        operator,
        ...(values === undefined ? {} : { values }),
      })),
    ];
    const names = boundedListOf(amounts, (amount) => amount.name, {
      separator: ', ',
      lengthMax: 120,
      noun: 'resource',
    });
    const limits = boundedListOf(amounts, (amount) => `${amount.name} ${amount.text}`, {
      separator: ', ',
      lengthMax: 500,
      noun: 'resource',
    });
    return [
      {
        key: `resourceQuotas.${index}`,
        type: 'ResourceLimit',
        severity: isZero ? 'Critical' : 'Info',
        effect: 'limit',
        summary: `All namespaces of the tenant together are limited in sum: ${names}`,
        message: `The namespaces of ${sentence(`Tenant ${tenant}`, 80)} may hold in sum at most ${limits}${counted.length === 0 ? '' : ', counting only what is in scope'}; each has a ResourceQuota of its own for it`,
        scope: { namespaces: namespacesOf(tenant) },
        rule: {
          form: 'quota',
          hard: Object.fromEntries(amounts.map((amount) => [amount.name, amount.text])),
          enforced: true,
          scopes: counted,
          acrossNamespaces: true,
        },
      },
    ];
  });
  return { drafts, faults };
}

/** What is not understood may demand anything. */
function unreadDraft(faults: readonly Fault[], tenant: string): Draft {
  const unread = [...new Set(faults.map(({ path }) => jsonPointer(path)))].toSorted(compareText).slice(0, 100);
  return {
    key: 'unread',
    type: 'Admission',
    severity: 'Warning',
    effect: 'unknown',
    summary: 'The tenant of the namespace may demand more: parts of it are not understood',
    message: `${sentence(`Tenant ${tenant}`, 80)} may demand more; what is not understood: ${boundedListOf(unread, (pointer) => pointer, { separator: ', ', lengthMax: 300, noun: 'part' })}`,
    scope: { namespaces: namespacesOf(tenant) },
    rule: { form: 'allowList', fields: [], unread },
  };
}
