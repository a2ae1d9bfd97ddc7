/** The only addresses that steps hold: never one out of a policy. */
export const urls = {
  adminNetwork: 'https://network-policy-api.sigs.k8s.io/',
  admissionWebhooks: 'https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/',
  assignment: 'https://open-policy-agent.github.io/gatekeeper/website/docs/mutation/',
  calico: 'https://docs.tigera.io/calico/latest/network-policy/',
  capacity: 'https://kueue.sigs.k8s.io/docs/concepts/cluster_queue/',
  cilium: 'https://docs.cilium.io/en/stable/security/policy/',
  disruption: 'https://kubernetes.io/docs/tasks/run-application/configure-pdb/',
  kubewarden: 'https://docs.kubewarden.io/explanations/architecture',
  kyverno: 'https://kyverno.io/docs/policy-types/cluster-policy/',
  kyvernoCel: 'https://kyverno.io/docs/policy-types/',
  istio: 'https://istio.io/latest/docs/concepts/security/',
  limitRange: 'https://kubernetes.io/docs/concepts/policy/limit-range/',
  linkerd: 'https://linkerd.io/2-edge/features/server-policy/',
  mutatingPolicy: 'https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/',
  network: 'https://kubernetes.io/docs/concepts/services-networking/network-policies/',
  podSecurity: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/',
  quota: 'https://kubernetes.io/docs/concepts/policy/resource-quotas/',
  regoPolicy: 'https://open-policy-agent.github.io/gatekeeper/website/docs/violations/',
  securityContext:
    'https://docs.redhat.com/en/documentation/openshift_container_platform/4.18/html/authentication_and_authorization/managing-pod-security-policies',
  validatingPolicy: 'https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/',
} as const;
export type Link = keyof typeof urls;
