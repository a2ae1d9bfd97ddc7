/**
 * Whose webhook it is, by its name: projects call theirs after domains of their own. The name is a hint for the reader, and
 * decides about nothing.
 */

export interface WebhookOwner {
  /** As people call it. */
  readonly title: string;
  /** The adapter that reads its policies, where there is one. */
  readonly engine?: string;
  /** Its webhook judges the project's own objects only, not what runs in the cluster. */
  readonly guardsItself?: string;
}

const kyvernoItself: WebhookOwner = {
  title: 'Kyverno',
  engine: 'kyverno',
  guardsItself: 'It looks at policies of Kyverno and at nothing else: the policy in the manifest is not valid',
};

/** Whole names. */
const byName: ReadonlyMap<string, WebhookOwner> = new Map([
  ['validate-policy.kyverno.svc', kyvernoItself],
  ['mutate-policy.kyverno.svc', kyvernoItself],
  [
    'check-ignore-label.gatekeeper.sh',
    {
      title: 'Gatekeeper',
      engine: 'gatekeeper',
      guardsItself: 'It only keeps namespaces from exempting themselves by the label admission.gatekeeper.sh/ignore',
    },
  ],
  [
    'validation.istio.io',
    { title: 'Istio', engine: 'istio', guardsItself: 'It looks at configuration of Istio and at nothing else' },
  ],
  ['webhook.cert-manager.io', { title: 'cert-manager' }],
  ['validating-webhook.openpolicyagent.org', { title: 'OPA' }],
  ['validation-webhook.openpolicyagent.org', { title: 'OPA' }],
]);

/** Ends of names, the first that fits. */
const byEnd: readonly (readonly [string, WebhookOwner])[] = [
  ['.kyverno.svc', { title: 'Kyverno', engine: 'kyverno' }],
  ['.kyverno.svc-fail', { title: 'Kyverno', engine: 'kyverno' }],
  ['.kyverno.svc-ignore', { title: 'Kyverno', engine: 'kyverno' }],
  ['.gatekeeper.sh', { title: 'Gatekeeper', engine: 'gatekeeper' }],
  ['.kubewarden.admission', { title: 'Kubewarden', engine: 'kubewarden' }],
  ['.kubewarden.dev', { title: 'Kubewarden', engine: 'kubewarden' }],
  ['.istio.io', { title: 'Istio', engine: 'istio' }],
  ['.linkerd.io', { title: 'Linkerd', engine: 'linkerd' }],
  ['.capsule.clastix.io', { title: 'Capsule', engine: 'capsule' }],
  ['.projectcapsule.dev', { title: 'Capsule', engine: 'capsule' }],
  ['.kueue.x-k8s.io', { title: 'Kueue', engine: 'kueue' }],
  ['.cert-manager.io', { title: 'cert-manager' }],
  ['.common-webhooks.networking.gke.io', { title: 'GKE Warden' }],
  ['.cattle.io', { title: 'Rancher' }],
  ['.nginx.ingress.kubernetes.io', { title: 'ingress-nginx' }],
  ['.monitoring.coreos.com', { title: 'the Prometheus Operator' }],
  ['.elbv2.k8s.aws', { title: 'the AWS Load Balancer Controller' }],
  ['.karpenter.sh', { title: 'Karpenter' }],
  ['.karpenter.k8s.aws', { title: 'Karpenter' }],
  ['.hnc.x-k8s.io', { title: 'the Hierarchical Namespace Controller' }],
  ['.cluster.x-k8s.io', { title: 'Cluster API' }],
  ['.vault.hashicorp.com', { title: 'the Vault Agent Injector' }],
  ['.admission.banzaicloud.com', { title: 'Bank-Vaults' }],
  ['.knative.dev', { title: 'Knative' }],
  ['.tekton.dev', { title: 'Tekton' }],
  ['.keda.sh', { title: 'KEDA' }],
  ['.cnpg.io', { title: 'CloudNativePG' }],
  ['.longhorn.io', { title: 'Longhorn' }],
  ['.metallb.io', { title: 'MetalLB' }],
  ['.kubevirt.io', { title: 'KubeVirt' }],
  ['.volcano.sh', { title: 'Volcano' }],
  ['.sigstore.dev', { title: 'the Sigstore Policy Controller' }],
  ['.external-secrets.io', { title: 'External Secrets' }],
  ['.k8s.elastic.co', { title: 'Elastic Cloud on Kubernetes' }],
  ['.datadoghq.com', { title: 'Datadog' }],
  ['.dynatrace.com', { title: 'Dynatrace' }],
  ['.openshift.io', { title: 'OpenShift' }],
];
/** Beginnings, where names have no domain of their own. */
const byBeginning: readonly (readonly [string, WebhookOwner])[] = [['rancher.cattle.io.', { title: 'Rancher' }]];

/** Undefined for who is not known. */
export function webhookOwner(hook: string): WebhookOwner | undefined {
  const known = byName.get(hook);
  if (known !== undefined) return known;
  if (hook.endsWith('.validation.istio.io')) return byName.get('validation.istio.io');
  return (
    byEnd.find(([end]) => hook.endsWith(end) || hook === end.slice(1))?.[1] ??
    byBeginning.find(([beginning]) => hook.startsWith(beginning))?.[1]
  );
}
