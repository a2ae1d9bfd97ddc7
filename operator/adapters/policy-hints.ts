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
  'intentions',
  'limit',
  'limits',
  'policies',
  'policy',
  'quota',
  'quotas',
  'restriction',
  'restrictions',
]);

/** Words that are no policies by themselves, and are together with the one before them. */
const policyPairs = new Set(['disruption budget', 'security rule', 'traffic permission', 'unavailable budget']);

/**
 * Behind one of them: more than one of it that hold together, or where it holds. Not `set`: a PolicySet is a list of policies
 * which hold without it.
 */
const collectiveWords = new Set(['binding', 'group', 'namespaced', 'range']);

/** Right before such a word: how a controller does its own work, or which way traffic takes, which denies nothing to anybody. */
const chores = new Set([
  'alert',
  'alerting',
  'alerts',
  'announcement',
  'autoscaling',
  'backend',
  'backup',
  'balancer',
  'check',
  'config',
  'content',
  'detection',
  'dns',
  'extension',
  'failover',
  'gateway',
  'injection',
  'ism',
  'lb',
  'lifecycle',
  'listener',
  'manipulation',
  'migration',
  'mirror',
  'nat',
  'notification',
  'observability',
  'override',
  'patch',
  'peering',
  'placement',
  'propagation',
  'redirect',
  'remediation',
  'replication',
  'restore',
  'retention',
  'retry',
  'rotation',
  'route',
  'scaling',
  'schedule',
  'scheduling',
  'settings',
  'snapshot',
  'snippets',
  'source',
  'taint',
  'timeout',
  'tls',
  'traffic',
  'update',
  'upgrade',
  'upstream',
  'volume',
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
  'status.gatekeeper.sh',
  'storage.k8s.io',
  'storagemigration.k8s.io',
  'wgpolicyk8s.io',
]);

/**
 * What they call a policy says how an operator, nodes, backups, image updates or another system are set up. Elsewhere an
 * ImagePolicy is about which images may run.
 *
 * @see https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/
 * @see https://fluxcd.io/flux/components/image/imagepolicies/
 */
const setupGroups = new Set([
  'application-networking.k8s.aws',
  'cis.f5.com',
  'config.kio.kasten.io',
  'core.oam.dev',
  'image.toolkit.fluxcd.io',
  'mellanox.com',
  'nmstate.io',
  'nvidia.com',
  'oci.oracle.com',
  'rabbitmq.com',
  'redhatcop.redhat.io',
  'sriovnetwork.openshift.io',
  'sts.min.io',
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
  const [before = '', last = ''] = [words.at(-2), words.at(-1)];
  if (crd.group === 'networking.gke.io' && last === 'policy') return before === 'network';
  return policyPairs.has(`${before} ${last}`) || (policyWords.has(last) && !chores.has(before));
}

/** `HTTPLocalRateLimitPolicy` is http, local, rate, limit, policy. */
function wordsOf(kind: string): string[] {
  return (kind.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+/g) ?? []).map((word) => word.toLowerCase());
}
