/**
 * Which kinds of CustomResourceDefinitions are taken for policies by their name alone, where neither an adapter, a
 * ConstraintProfile nor the annotation potoo.io/is-policy says anything. English puts what a thing is last: a
 * PolicyReport is a report, a PolicyServer a server, a PolicyException an exception, a ConstraintTemplate a template. So the
 * last word decides, or the one before it for words that say how many or which (PolicyGroup, LimitRange).
 *
 * A name that is missed is helped by a profile; one that is taken wrongly says "applies here" of what binds nobody. Hence
 * words that mean something else more often than not are left out: Rule is for alerts and routes more than for limits.
 */
import { apiGroup } from '../../crds/api.ts';

const policyWords = new Set([
  'allowlist',
  'constraint',
  'constraints',
  'denylist',
  'firewall',
  'guardrail',
  'guardrails',
  'limit',
  'limits',
  'policies',
  'policy',
  'quota',
  'quotas',
  'restriction',
  'restrictions',
]);

/** Behind one of them: more than one of it, or where it holds. */
const collectiveWords = new Set(['binding', 'group', 'range', 'set']);

/** Right before such a word: how a controller does its own work, which denies nothing to anybody. */
const chores = new Set([
  'alert',
  'alerting',
  'autoscaling',
  'backup',
  'failover',
  'notification',
  'override',
  'placement',
  'propagation',
  'replication',
  'restore',
  'retention',
  'retry',
  'scaling',
  'schedule',
  'scheduling',
  'snapshot',
  'upgrade',
]);

/** Potoo's own, reports of other engines, and what the API server has built in: none of them are CRDs with policies. */
const neverGroups = new Set([
  '',
  apiGroup,
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'internal.apiserver.k8s.io',
  'metrics.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'openreports.io',
  'policy',
  'rbac.authorization.k8s.io',
  'reports.kyverno.io',
  'reports.x-k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
  'storagemigration.k8s.io',
  'wgpolicyk8s.io',
]);

/**
 * What they call a policy says how an operator, nodes or image updates are set up. Elsewhere an ImagePolicy is about which
 * images may run.
 *
 * @see https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/
 * @see https://fluxcd.io/flux/components/image/imagepolicies/
 */
const setupGroups = new Set([
  'image.toolkit.fluxcd.io',
  'mellanox.com',
  'nmstate.io',
  'nvidia.com',
  'sriovnetwork.openshift.io',
]);

/** Their objects stand for things in a cloud: the policy of a bucket binds nobody in the cluster. */
const cloudGroups = ['.azure.com', '.cnrm.cloud.google.com', '.crossplane.io', '.services.k8s.aws', '.upbound.io'];

/** Whether a kind that nothing else is known of is a policy, as far as its name tells. */
export function isPolicyByName(crd: {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}): boolean {
  if (neverGroups.has(crd.group) || setupGroups.has(crd.group) || crd.group.endsWith(`.${apiGroup}`)) return false;
  if (cloudGroups.some((suffix) => crd.group.endsWith(suffix))) return false;
  const words = wordsOf(crd.kind);
  if (collectiveWords.has(words.at(-1) ?? '')) words.pop();
  return policyWords.has(words.at(-1) ?? '') && !chores.has(words.at(-2) ?? '');
}

/** `HTTPLocalRateLimitPolicy` is http, local, rate, limit, policy. */
function wordsOf(kind: string): string[] {
  return (kind.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+/g) ?? []).map((word) => word.toLowerCase());
}
