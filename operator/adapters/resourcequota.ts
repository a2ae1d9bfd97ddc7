/**
 * ResourceQuota: how much a namespace may hold in sum.
 *
 * - Admission compares with status.hard, which the quota controller copies from spec.hard. Until it has done so the quota
 *   enforces nothing; spec.hard then tells what it will.
 * - spec.scopes and spec.scopeSelector are both in force, and all of them must match an object for it to be charged. An
 *   entry of spec.scopes asks that the property exists. Scopes speak of pods, VolumeAttributesClass of claims; whatever else
 *   a scoped quota lists is never charged.
 * - Kinds other than pods, claims, Services and ResourceClaims are counted when they are created. A Deployment is admitted
 *   whatever the quota of pods, and its pods are not.
 *
 * Critical from 90 % of any limit, and for a limit of 0; Warning from 75 %. What was Critical stays so down to 85 %, what was
 * Warning down to 70 %, unless a limit is 0: that is Critical whatever the usage. Figures of usage stand in the metrics alone,
 * because they move all the time and every change of a text is a write.
 *
 * A quota without limits imposes nothing. Limits that no object is ever charged with are taken by the API server and have no
 * effect, whatever they say: an extended resource without `requests.`, what is never counted, what the scopes leave out. They
 * decide neither severity nor scope, and the texts say so. Not known here: what administrators limit in the admission configuration
 * (`limitedResources`), which no API serves.
 *
 * @see https://kubernetes.io/docs/concepts/policy/resource-quotas/
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/quota/v1/evaluator/core/pods.go
 */
import * as z from 'zod';
import { compareText, type Metrics, type Severity } from '../../crds/constraint.ts';
import { QuotaScope } from '../../crds/rules/quota.ts';
import type { AdmissionRule, Scope } from '../../crds/scope.ts';
import { Amounts, readAmounts } from './amounts.ts';
import { type Draft, NamespacedMetadata, defineAdapter, summaryLengthMax } from './define.ts';
import { absent, listOf } from './fields.ts';
import { claimScope, isZero, type Limit, onClaims, quotaMessage, quotaSummary } from './quota-form.ts';
import { type Charge, chargeOf } from './quota-resources.ts';
import { sentence } from './text.ts';

const ScopeRequirement = z.strictObject({
  scopeName: z.string(),
  operator: QuotaScope.shape.operator,
  values: absent(listOf(z.string())),
});
const Spec = z.object({
  hard: Amounts,
  scopes: absent(listOf(z.string())),
  scopeSelector: absent(z.strictObject({ matchExpressions: absent(listOf(ScopeRequirement)) })),
});
const Status = z.object({ hard: Amounts, used: Amounts });

export const resourceQuota = defineAdapter({
  id: 'resourcequota',
  resources: [{ group: '', plural: 'resourcequotas' }],
  fields: { metadata: NamespacedMetadata, spec: absent(Spec), status: absent(Status) },
  constraints({ metadata: { namespace }, spec, status }) {
    const enforced = Object.keys(status?.hard ?? {}).length > 0;
    const hard = enforced ? readAmounts(status?.hard, ['status', 'hard']) : readAmounts(spec?.hard, ['spec', 'hard']);
    const used = readAmounts(enforced ? status?.used : undefined, ['status', 'used']);
    const faults = [...hard.faults, ...used.faults];
    if (hard.amounts.length === 0) return { drafts: [], faults };

    const scopes = scopesOf(spec);
    const all = hard.amounts.map(
      ({ name, text, quantity }): Limit => ({
        name,
        text,
        hard: quantity,
        used: used.amounts.find((amount) => amount.name === name),
        charge: chargeIn(name, scopes),
      }),
    );
    const limits = all.filter(({ charge }) => charge !== undefined);
    const idle = all.filter(({ charge }) => charge === undefined);
    const level = usageOf(limits, 'Info');
    const draft = {
      key: 'quota',
      type: 'ResourceLimit' as const,
      severity: severityOf(limits, level),
      effect: 'limit' as const,
      summary: quotaSummary(limits, idle, scopes, level),
      message: quotaMessage(limits, idle, scopes, enforced),
      scope: scopeOf(limits, scopes, namespace),
      rule: {
        form: 'quota' as const,
        hard: Object.fromEntries(all.map(({ name, text }) => [name, text])),
        enforced,
        scopes,
      },
      metrics: metricsOf(limits),
      ...(limits.some(isZero) ? {} : ifBefore(limits, idle, scopes)),
    };
    return { drafts: [draft], faults };
  },
});

type Spec = z.infer<typeof Spec>;

function scopesOf(spec: Spec | undefined): QuotaScope[] {
  return [
    ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' as const })),
    ...(spec?.scopeSelector?.matchExpressions ?? []).map(({ scopeName, operator, values }) => ({
      scopeName,
      operator,
      ...(values === undefined ? {} : { values }),
    })),
  ];
}

/** Whether at least `percent` of the limit is used, exactly. */
function uses({ hard, used }: Limit, percent: bigint): boolean {
  if (hard === undefined || used?.quantity === undefined) return false;
  return hard.nano > 0n && used.quantity.nano * 100n >= hard.nano * percent;
}

/** How grave the usage is; up to 5 % below an edge as grave as it was before. */
function usageOf(limits: readonly Limit[], before: Severity): Severity {
  const anyUses = (percent: bigint) => limits.some((limit) => uses(limit, percent));
  if (anyUses(before === 'Critical' ? 85n : 90n)) return 'Critical';
  return anyUses(before === 'Info' ? 75n : 70n) ? 'Warning' : 'Info';
}

function severityOf(limits: readonly Limit[], usage: Severity): Severity {
  return limits.some(isZero) ? 'Critical' : usage;
}

/** Only what differs from what is said when nothing was said before. */
function ifBefore(
  limits: readonly Limit[],
  idle: readonly Limit[],
  scopes: readonly QuotaScope[],
): Pick<Draft, 'ifBefore'> {
  const fresh = usageOf(limits, 'Info');
  const others = (['Critical', 'Warning'] as const).flatMap((before) => {
    const severity = usageOf(limits, before);
    if (severity === fresh) return [];
    const summary = sentence(quotaSummary(limits, idle, scopes, severity), summaryLengthMax);
    return [[before, { severity, summary }] as const];
  });
  return others.length === 0 ? {} : { ifBefore: Object.fromEntries(others) };
}

/** Of every limit that can be read; usage only where the controller has told it. */
function metricsOf(limits: readonly Limit[]): Metrics {
  const readable = limits.filter(({ hard }) => hard !== undefined);
  return Object.fromEntries(
    readable.map(({ name, text, used }) => [
      name,
      { hard: text, ...(used?.quantity === undefined ? {} : { used: used.text }) },
    ]),
  );
}

function scopeOf(limits: readonly Limit[], scopes: readonly QuotaScope[], namespace: string): Scope {
  const charges = limits.map(({ charge }) => charge).filter((charge) => charge !== undefined);
  const onPods = charges.some(({ on }) => on === 'Pod');
  return {
    namespaces: { names: [namespace] },
    ...(onPods ? { workloads: scopes.length === 0 ? {} : { quotaScopes: [...scopes] } } : {}),
    admission: [{ rules: admissionOf(charges, scopes) }],
  };
}

/** The requests that are charged, one rule for each API group and set of operations. */
function admissionOf(charges: readonly Charge[], scopes: readonly QuotaScope[]): AdmissionRule[] {
  const rules = new Map<string, { group: string; operations: readonly string[]; resources: Set<string> }>();
  for (const { group, operations, resource } of charges.flatMap((charge) => requestsOf(charge, scopes))) {
    const key = [group, ...operations].join(' ');
    const rule = rules.get(key) ?? { group, operations, resources: new Set() };
    rules.set(key, rule);
    rule.resources.add(resource);
  }
  return [...rules]
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([, { group, operations, resources }]) => ({
      operations: [...operations],
      apiGroups: [group],
      apiVersions: ['*'],
      resources: [...resources].toSorted(compareText),
    }));
}

/** What the quota charges under this name; undefined when it charges nothing. */
function chargeIn(name: string, scopes: readonly QuotaScope[]): Charge | undefined {
  const charge = chargeOf(name);
  return charge !== undefined && isInScope(charge, scopes) ? charge : undefined;
}

/** Whether all scopes can match at all: those of pods match pods alone, that of claims matches claims alone. */
function isInScope({ on }: Charge, scopes: readonly QuotaScope[]): boolean {
  if (on === 'Pod') return !onClaims(scopes);
  if (on === 'PersistentVolumeClaim') return scopes.every(({ scopeName }) => scopeName === claimScope);
  return scopes.length === 0;
}

interface Charged {
  readonly group: string;
  readonly operations: readonly string[];
  readonly resource: string;
}

function requestsOf(charge: Charge, scopes: readonly QuotaScope[]): readonly Charged[] {
  const created = ['CREATE'];
  const changed = ['CREATE', 'UPDATE'];
  switch (charge.on) {
    case 'Pod': {
      // An update is charged when the pod moves between the two scopes by its activeDeadlineSeconds.
      const moves = scopes.some(({ scopeName }) => scopeName === 'Terminating' || scopeName === 'NotTerminating');
      const pods = { group: '', operations: moves ? changed : created, resource: 'pods' };
      return charge.compute ? [pods, { group: '', operations: ['UPDATE'], resource: 'pods/resize' }] : [pods];
    }
    case 'PersistentVolumeClaim':
      return [
        { group: '', operations: changed, resource: 'persistentvolumeclaims' },
        { group: '', operations: ['UPDATE'], resource: 'persistentvolumeclaims/status' },
      ];
    case 'Service':
      return [{ group: '', operations: changed, resource: 'services' }];
    case 'ResourceClaim':
      return [{ group: 'resource.k8s.io', operations: changed, resource: 'resourceclaims' }];
    case 'Other':
      return [{ group: charge.group, operations: created, resource: charge.plural }];
    default:
      return charge satisfies never;
  }
}
