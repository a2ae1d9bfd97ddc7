/**
 * Kinds of well-known projects, by what somebody who uses them would call a policy: does it deny, limit or change what others
 * do in a namespace? `Kind.group` as the projects have them.
 */
import { describe, expect, test } from 'vitest';
import { isPolicyByName } from './policy-hints.ts';

const policies: Readonly<Record<string, string>> = {
  'denies, changes or makes objects when they are written': `
    ClusterPolicy.kyverno.io Policy.kyverno.io ClusterCleanupPolicy.kyverno.io ValidatingPolicy.policies.kyverno.io
    NamespacedMutatingPolicy.policies.kyverno.io ImageValidatingPolicy.policies.kyverno.io AdmissionPolicy.policies.kubewarden.io
    ClusterAdmissionPolicyGroup.policies.kubewarden.io ClusterImagePolicy.policy.sigstore.dev ImagePolicy.config.openshift.io
    JsPolicy.policy.jspolicy.com Policy.pac.weave.works CertificateRequestPolicy.policy.cert-manager.io
    VerificationPolicy.tekton.dev Policy.policy.open-cluster-management.io ConfigurationPolicy.policy.open-cluster-management.io
    SecurityPolicy.config.stackrox.io NvSecurityRule.neuvector.com NvClusterSecurityRule.neuvector.com
    GitRepoRestriction.fleet.cattle.io TrainingPolicy.run.ai`,
  'decides which connections or requests pass': `
    CiliumNetworkPolicy.cilium.io CiliumClusterwideNetworkPolicy.cilium.io
    GlobalNetworkPolicy.crd.projectcalico.org NetworkPolicy.projectcalico.org NetworkPolicy.crd.antrea.io
    ClusterNetworkPolicy.crd.antrea.io AdminNetworkPolicy.policy.networking.k8s.io BaselineAdminNetworkPolicy.policy.networking.k8s.io
    ClusterNetworkPolicy.policy.networking.k8s.io EgressFirewall.k8s.ovn.org EgressNetworkPolicy.network.openshift.io
    MultiNetworkPolicy.k8s.cni.cncf.io FQDNNetworkPolicy.networking.gke.io SecurityGroupPolicy.vpcresources.k8s.aws
    AuthorizationPolicy.security.istio.io AuthorizationPolicy.policy.linkerd.io HTTPLocalRateLimitPolicy.policy.linkerd.io
    MeshTrafficPermission.kuma.io MeshRateLimit.kuma.io ServiceIntentions.consul.hashicorp.com AuthPolicy.kuadrant.io
    RateLimitPolicy.kuadrant.io SecurityPolicy.gateway.envoyproxy.io Policy.k8s.nginx.org APPolicy.appprotect.f5.com
    AccessControlPolicy.hub.traefik.io AccessPolicy.security.policy.gloo.solo.io SkupperClusterPolicy.skupper.io QoSPolicy.kubeovn.io`,
  'limits amounts': `
    CustomQuota.capsule.clastix.io GlobalCustomQuota.capsule.clastix.io GlobalResourceQuota.capsule.clastix.io
    ClusterResourceQuota.quota.openshift.io HierarchicalResourceQuota.hnc.x-k8s.io ElasticQuota.scheduling.x-k8s.io
    FederatedResourceQuota.policy.karmada.io AccountQuota.config.kiosk.sh ResourceQuota.harvesterhci.io
    PodUnavailableBudget.policy.kruise.io`,
  'decides what processes may do': `
    KubeArmorPolicy.security.kubearmor.com KubeArmorHostPolicy.security.kubearmor.com KubeArmorClusterPolicy.security.kubearmor.com
    TracingPolicy.cilium.io TracingPolicyNamespaced.cilium.io`,
};

const others: Readonly<Record<string, string>> = {
  'says what was found, and not what must be': `
    PolicyReport.wgpolicyk8s.io ClusterPolicyReport.wgpolicyk8s.io PolicyReport.reports.x-k8s.io Report.openreports.io
    ClusterReport.openreports.io EphemeralReport.reports.kyverno.io ClusterEphemeralReport.reports.kyverno.io
    AdmissionReport.kyverno.io VulnerabilityReport.aquasecurity.github.io ConfigAuditReport.aquasecurity.github.io
    ClusterComplianceReport.aquasecurity.github.io JsPolicyViolations.policy.jspolicy.com ConstraintPodStatus.status.gatekeeper.sh
    ConstraintTemplatePodStatus.status.gatekeeper.sh MutatorPodStatus.status.gatekeeper.sh ConfigPodStatus.status.gatekeeper.sh
    ComplianceCheckResult.compliance.openshift.io ConstraintReport.potoo.io ConstraintDetail.potoo.io ConstraintProfile.potoo.io
    NotificationPolicy.potoo.io PolicyEndpoint.networking.k8s.aws`,
  'takes something out of a policy, or is a part of one': `
    PolicyException.kyverno.io PolicyException.policies.kyverno.io GlobalContextEntry.kyverno.io UpdateRequest.kyverno.io
    PolicyServer.policies.kubewarden.io ConstraintTemplate.templates.gatekeeper.sh Config.config.gatekeeper.sh
    SyncSet.syncset.gatekeeper.sh ExpansionTemplate.expansion.gatekeeper.sh Provider.externaldata.gatekeeper.sh
    Connection.connection.gatekeeper.sh TrustRoot.policy.sigstore.dev PolicySet.policy.open-cluster-management.io
    PolicyAutomation.policy.open-cluster-management.io PlacementBinding.policy.open-cluster-management.io
    JsPolicyBundle.policy.jspolicy.com PolicyConfig.pac.weave.works Tier.crd.projectcalico.org Tier.crd.antrea.io
    GlobalNetworkSet.crd.projectcalico.org NetworkSet.crd.projectcalico.org CiliumCIDRGroup.cilium.io ClusterGroup.crd.antrea.io
    NetworkAuthentication.policy.linkerd.io EgressNetwork.policy.linkerd.io PolicyDefinition.core.oam.dev`,
  'holds the state of a network': `
    CiliumNode.cilium.io CiliumEndpoint.cilium.io CiliumEndpointSlice.cilium.io CiliumIdentity.cilium.io CiliumNodeConfig.cilium.io
    HostEndpoint.crd.projectcalico.org FelixConfiguration.crd.projectcalico.org BGPPeer.crd.projectcalico.org
    IPPool.crd.projectcalico.org IPAMBlock.crd.projectcalico.org NetworkAttachmentDefinition.k8s.cni.cncf.io
    IPAddress.ipam.metal3.io AntreaAgentInfo.crd.antrea.io PolicyRecommendation.operator.tigera.io`,
  'says which way traffic takes': `
    Gateway.gateway.networking.k8s.io HTTPRoute.gateway.networking.k8s.io ReferenceGrant.gateway.networking.k8s.io
    BackendTLSPolicy.gateway.networking.k8s.io BackendTrafficPolicy.gateway.envoyproxy.io ClientTrafficPolicy.gateway.envoyproxy.io
    EnvoyPatchPolicy.gateway.envoyproxy.io EnvoyExtensionPolicy.gateway.envoyproxy.io CiliumLocalRedirectPolicy.cilium.io
    CiliumEgressGatewayPolicy.cilium.io CiliumEgressNATPolicy.cilium.io EgressGatewayPolicy.projectcalico.org
    CiliumBGPPeeringPolicy.cilium.io CiliumL2AnnouncementPolicy.cilium.io DNSPolicy.kuadrant.io TLSPolicy.kuadrant.io
    GCPBackendPolicy.networking.gke.io GCPGatewayPolicy.networking.gke.io HealthCheckPolicy.networking.gke.io
    TargetGroupPolicy.application-networking.k8s.aws KongUpstreamPolicy.configuration.konghq.com HTTPRoutePolicy.apisix.apache.org
    TrafficPolicy.gateway.kgateway.dev HTTPListenerPolicy.gateway.kgateway.dev BackendConfigPolicy.gateway.kgateway.dev
    ClientSettingsPolicy.gateway.nginx.org ObservabilityPolicy.gateway.nginx.org SnippetsPolicy.gateway.nginx.org
    RetryTimeoutPolicy.resilience.policy.gloo.solo.io FailoverPolicy.resilience.policy.gloo.solo.io
    OutlierDetectionPolicy.resilience.policy.gloo.solo.io FaultInjectionPolicy.resilience.policy.gloo.solo.io
    HeaderManipulationPolicy.trafficcontrol.policy.gloo.solo.io VirtualService.networking.istio.io DestinationRule.networking.istio.io
    ServiceEntry.networking.istio.io EnvoyFilter.networking.istio.io Telemetry.telemetry.istio.io IngressRoute.traefik.io
    Middleware.traefik.io AdminPolicyBasedExternalRoute.k8s.ovn.org`,
  'says how a controller works': `
    ClusterPolicy.nvidia.com NicClusterPolicy.mellanox.com NodeNetworkConfigurationPolicy.nmstate.io
    SriovNetworkNodePolicy.sriovnetwork.openshift.io ImagePolicy.image.toolkit.fluxcd.io ImageUpdateAutomation.image.toolkit.fluxcd.io
    ImageContentSourcePolicy.operator.openshift.io ImageContentPolicy.config.openshift.io HostUpdatePolicy.metal3.io
    PropagationPolicy.policy.karmada.io ClusterOverridePolicy.policy.karmada.io ClusterTaintPolicy.policy.karmada.io
    MigrationPolicy.migrations.kubevirt.io SchedulePolicy.stork.libopenstorage.org CStorVolumePolicy.cstor.openebs.io
    Policy.config.kio.kasten.io StackConfigPolicy.stackconfigpolicy.k8s.elastic.co OpenSearchISMPolicy.opensearch.opster.io
    GrafanaNotificationPolicy.grafana.integreatly.org AlertsPolicy.alerts.k8s.newrelic.com Policy.rabbitmq.com
    PasswordPolicy.redhatcop.redhat.io Policy.redhatcop.redhat.io Policy.core.oam.dev PolicyBinding.sts.min.io
    Policy.iam.services.k8s.aws Policy.iam.aws.upbound.io IAMPolicy.iam.cnrm.cloud.google.com BucketPolicy.s3.aws.crossplane.io
    RetentionPolicy.example.com`,
  'is something else that a cluster has': `
    Certificate.cert-manager.io ClusterIssuer.cert-manager.io Rollout.argoproj.io Application.argoproj.io AppProject.argoproj.io
    ScaledObject.keda.sh VerticalPodAutoscaler.autoscaling.k8s.io PrometheusRule.monitoring.coreos.com
    ServiceMonitor.monitoring.coreos.com ResourceFlavor.kueue.x-k8s.io AdmissionCheck.kueue.x-k8s.io
    WorkloadPriorityClass.kueue.x-k8s.io ResourcePoolClaim.capsule.clastix.io TenantOwner.capsule.clastix.io
    CompositeResourceDefinition.apiextensions.crossplane.io VolumeSnapshotClass.snapshot.storage.k8s.io Backup.velero.io
    SeccompProfile.security-profiles-operator.x-k8s.io ElasticQuotaProfile.quota.koordinator.sh Cluster.cluster.x-k8s.io
    ExternalSecret.external-secrets.io Kustomization.kustomize.toolkit.fluxcd.io Pipeline.tekton.dev Kafka.kafka.strimzi.io
    Ingress.networking.k8s.io IPAddress.networking.k8s.io NetworkPolicy.networking.k8s.io PriorityClass.scheduling.k8s.io
    RuntimeClass.node.k8s.io StorageClass.storage.k8s.io PodDisruptionBudget.policy ResourceQuota. LimitRange.`,
};

function kindsOf(table: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(table).flatMap(([reason, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, reason] as const),
  );
}

function isTaken(name: string): boolean {
  const dot = name.indexOf('.');
  const kind = name.slice(0, dot);
  return isPolicyByName({ group: name.slice(dot + 1), kind, plural: `${kind.toLowerCase()}s` });
}

describe('by its name', () => {
  test.each(kindsOf(policies))('%s is a policy: it %s', (name) => {
    expect(isTaken(name)).toBe(true);
  });

  test.each(kindsOf(others))('%s is none: it %s', (name) => {
    expect(isTaken(name)).toBe(false);
  });
});
