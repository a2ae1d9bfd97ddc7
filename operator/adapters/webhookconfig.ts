/**
 * Validating- and MutatingWebhookConfiguration: which requests a program outside the API server is asked about.
 *
 * - One constraint for each entry of webhooks. What the program demands is not known; that it may refuse is. A mutating one
 *   may refuse as well.
 * - failurePolicy concerns calls that fail: Fail refuses the request, Ignore lets it pass. A refusal is never ignored.
 *   Absent fields have the defaults of v1, which stored objects have: Fail, 10 s, matchPolicy Equivalent, scope `*`.
 * - A webhook without rules is never called. Nor is any for configurations of webhooks and for admission policies and their
 *   bindings, so that one can always get rid of them.
 * - namespaceSelector looks at the namespace of the object, and for a Namespace at the object itself; other objects without
 *   a namespace pass it unseen. Rules that only reach objects without a namespace therefore bind no namespace.
 * - objectSelector looks at the labels of the object, old or new.
 *
 * Kyverno, Gatekeeper and Kubewarden enforce their policies by webhooks of their own. Those are Info: what is demanded
 * stands in the policies. They are known by names that the programs themselves give; webhooks by which an engine guards
 * its own objects are like all others.
 *
 * An entry that is not understood whole is not taken for what is left of it: it may be about any request in any namespace.
 * Not read: URL, path and certificate, and admissionReviewVersions, which say nothing about what is asked.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/api/admissionregistration/v1/types.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/generic/webhook.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules/rules.go (IsExemptAdmissionConfigurationResource)
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/pkg/config/config.go
 * @see https://github.com/open-policy-agent/gatekeeper/tree/v3.23.1/charts/gatekeeper/templates
 * @see https://github.com/kubewarden/kubewarden-controller/tree/main/internal/controller
 */
import * as z from 'zod';
import type { Severity } from '../../crds/constraint.ts';
import { WebhookRule } from '../../crds/rules/webhook.ts';
import { type AdmissionMatch, MatchCondition, type Scope } from '../../crds/scope.ts';
import { exemptFrom, exemptFromWebhooks, isExempt } from './admission-exempt.ts';
import { AdmissionRuleField, onlyClusterScoped, podControllers, pods, reaches, services } from './admission-rules.ts';
import {
  type Draft,
  type Fault,
  type ObjectHead,
  defineAdapter,
  faultsMax,
  faultsOf,
  jsonPointer,
  restUnread,
} from './define.ts';
import { SelectorField, absent, listOf, selectsAll } from './fields.ts';
import { newKey } from './new-key.ts';
import { unreadMessage, unreadSummary, webhookMessage, webhookSummary } from './webhook-form.ts';

const { failurePolicy, timeoutSeconds, sideEffects, reinvocationPolicy } = WebhookRule.shape;

/** Unlike the other fields, where it is reached says nothing about what it is asked. */
const Client = z.object({ service: absent(z.object({ namespace: z.string(), name: z.string() })) }).catch({
  service: undefined,
});

const Entry = z.strictObject({
  name: z.string().min(1),
  rules: absent(listOf(AdmissionRuleField)).transform((rules) => rules ?? []),
  failurePolicy: absent(failurePolicy).transform((policy) => policy ?? 'Fail'),
  timeoutSeconds: absent(timeoutSeconds.min(1).max(30)).transform((seconds) => seconds ?? 10),
  matchPolicy: absent(z.enum(['Exact', 'Equivalent'])).transform((policy) => policy ?? 'Equivalent'),
  namespaceSelector: absent(SelectorField).transform((selector) => selector ?? {}),
  objectSelector: absent(SelectorField).transform((selector) => selector ?? {}),
  matchConditions: absent(listOf(z.strictObject(MatchCondition.shape))).transform((conditions) => conditions ?? []),
  sideEffects: absent(sideEffects.unwrap()),
  reinvocationPolicy: absent(reinvocationPolicy.unwrap()),
  clientConfig: Client.optional(),
  admissionReviewVersions: z.unknown().optional(),
});
type Entry = z.infer<typeof Entry>;

export const webhookConfig = defineAdapter({
  id: 'webhookconfig',
  resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'].map((plural) => ({
    group: 'admissionregistration.k8s.io',
    plural,
  })),
  fields: { webhooks: absent(z.array(z.unknown())) },
  constraints({ webhooks = [], ...configuration }) {
    const drafts: Draft[] = [];
    const faults: Fault[] = [];
    const keys = new Map<string, number>();
    for (const [index, value] of webhooks.entries()) {
      if (faults.length >= faultsMax) {
        const rest = [restUnread(['webhooks'], index)];
        faults.push(...rest);
        drafts.push(unreadDraft(undefined, newKey('webhooks', keys), rest, configuration));
        break;
      }
      const path = ['webhooks', index];
      const read = Entry.safeParse(value);
      if (!read.success) {
        const unread = faultsOf(read.error, path);
        faults.push(...unread);
        drafts.push(unreadDraft(value, newKey(nameOf(value) ?? `webhooks[${index}]`, keys), unread, configuration));
      } else if (!isNeverCalled(read.data)) {
        drafts.push(draftOf(read.data, newKey(read.data.name, keys), configuration));
      }
    }
    return { drafts, faults };
  },
});

function isMutating({ kind }: ObjectHead): boolean {
  return kind === 'MutatingWebhookConfiguration';
}

function draftOf(entry: Entry, key: string, configuration: ObjectHead): Draft {
  const mutating = isMutating(configuration);
  const carries = engineOf(entry.name, configuration);
  const scope = scopeOf(entry);
  const service = entry.clientConfig?.service;
  const rule: WebhookRule = {
    form: 'webhook',
    mutating,
    failurePolicy: entry.failurePolicy,
    timeoutSeconds: entry.timeoutSeconds,
    ...(entry.sideEffects === undefined ? {} : { sideEffects: entry.sideEffects }),
    ...(entry.reinvocationPolicy === undefined ? {} : { reinvocationPolicy: entry.reinvocationPolicy }),
    ...(service === undefined ? {} : { service }),
    ...(carries === undefined ? {} : { carries }),
  };
  return {
    key,
    type: 'Admission',
    severity: severityOf(rule, entry.rules),
    effect: mutating ? 'mutate' : 'deny',
    summary: webhookSummary(rule, entry),
    message: webhookMessage(rule, entry, scope),
    scope,
    rule,
  };
}

/** Critical is what stands in the way of workloads and Services when the program behind it is down. */
function severityOf({ mutating, failurePolicy: policy, carries }: WebhookRule, rules: Entry['rules']): Severity {
  if (mutating || carries !== undefined) return 'Info';
  const kinds = [pods, ...podControllers, services];
  return policy === 'Fail' && reaches(rules, kinds, ['CREATE', 'UPDATE']) ? 'Critical' : 'Warning';
}

function scopeOf(entry: Entry): Scope {
  const { rules, matchPolicy, namespaceSelector, objectSelector, matchConditions } = entry;
  const excluded = exemptFrom(rules, [exemptFromWebhooks]);
  const match: AdmissionMatch = {
    rules,
    ...(excluded.length === 0 ? {} : { excluded }),
    matchPolicy,
    ...(selectsAll(objectSelector) ? {} : { objectSelector }),
    ...(matchConditions.length === 0 ? {} : { matchConditions }),
  };
  const workloads = workloadsOf(entry);
  return {
    namespaces: {
      ...(onlyClusterScoped(rules) ? { names: [] } : {}),
      // Kept beside an empty list of names too: it is what decides about Namespaces.
      ...(selectsAll(namespaceSelector) ? {} : { selector: namespaceSelector }),
    },
    ...(workloads === undefined ? {} : { workloads }),
    admission: [match],
  };
}

/**
 * All workloads are concerned when the creation of pods is. Rules on some kinds of controllers concern some workloads, and
 * a scope cannot say which kinds. An objectSelector means labels of pods only where controllers, which have labels of
 * their own, are not asked about: otherwise a workload may be stopped by either.
 */
function workloadsOf({ rules, objectSelector }: Entry): Scope['workloads'] {
  if (!reaches(rules, [pods], ['CREATE'])) return undefined;
  if (selectsAll(objectSelector)) return {};
  return reaches(rules, podControllers, ['CREATE', 'UPDATE']) ? undefined : { selector: objectSelector };
}

/** By rules that match nothing: exempt kinds, of whose group there are no others, or kinds of the cluster in namespaces. */
function isNeverCalled({ rules }: Entry): boolean {
  return rules.every(
    (rule) =>
      (rule.scope === 'Namespaced' && onlyClusterScoped([rule])) ||
      (rule.apiGroups.every((group) => group === exemptFromWebhooks.group) &&
        rule.resources.every((resource) => resource.startsWith('*') || isExempt(resource, exemptFromWebhooks))),
  );
}

function engineOf(webhook: string, configuration: ObjectHead): WebhookRule['carries'] {
  const { name, labels = {} } = configuration.metadata;
  const way = isMutating(configuration) ? 'mutating' : 'validating';
  if (
    name === `kyverno-resource-${way}-webhook-cfg` &&
    Object.hasOwn(labels, 'webhook.kyverno.io/managed-by') &&
    labels['webhook.kyverno.io/managed-by'] === 'kyverno'
  ) {
    return 'kyverno';
  }
  const gatekeeper = isMutating(configuration) ? 'mutation.gatekeeper.sh' : 'validation.gatekeeper.sh';
  if (name === `gatekeeper-${way}-webhook-configuration` && webhook === gatekeeper) return 'gatekeeper';
  // One configuration for each policy, with one webhook named after it.
  if (Object.hasOwn(labels, 'kubewardenPolicyScope') && webhook === `${name}.kubewarden.admission`) return 'kubewarden';
  return undefined;
}

const Named = z.object({ name: z.string().min(1) });
const Settings = z
  .object({ failurePolicy: failurePolicy.catch('Fail'), timeoutSeconds: timeoutSeconds.min(1).max(30).catch(10) })
  .catch({ failurePolicy: 'Fail', timeoutSeconds: 10 });

function nameOf(value: unknown): string | undefined {
  return Named.safeParse(value).data?.name;
}

const unreadMax = 10;

/** It is there, and that is all that is certain: any request in any namespace may be meant. */
function unreadDraft(value: unknown, key: string, faults: readonly Fault[], configuration: ObjectHead): Draft {
  const pointers = new Set(faults.map(({ path }) => jsonPointer(path)));
  const rule: WebhookRule = {
    form: 'webhook',
    mutating: isMutating(configuration),
    ...Settings.parse(value),
    unread: [...pointers].toSorted().slice(0, unreadMax),
  };
  return {
    key,
    type: 'Admission',
    severity: 'Warning',
    effect: 'unknown',
    summary: unreadSummary(rule),
    message: unreadMessage(rule, key),
    scope: { namespaces: {}, admission: [{}] },
    rule,
  };
}
