/**
 * Policy objects of every engine, as somebody would apply them: what stands in the catalogs that `explain` is judged on.
 */
import { asStored, type StoredObject } from '../../crds/cases/load-cases.ts';

/** A policy and the id of the adapter that reads its kind. */
export interface PolicyObject {
  readonly adapter: string;
  readonly object: StoredObject;
}

interface Place {
  readonly name: string;
  /** Absent: it is of the cluster. */
  readonly namespace?: string;
}

type Fields = Readonly<Record<string, unknown>>;

function policy(
  adapter: string,
  [apiVersion, kind]: readonly [string, string],
  { name, namespace }: Place,
  { metadata = {}, ...fields }: Fields & { readonly metadata?: object },
): PolicyObject {
  const place = namespace === undefined ? { name } : { name, namespace };
  return { adapter, object: asStored({ apiVersion, kind, metadata: { ...place, ...metadata }, ...fields }) };
}

export function quota(place: Place, hard: Fields, scopeSelector?: Fields): PolicyObject {
  const spec = { hard, ...(scopeSelector === undefined ? {} : { scopeSelector }) };
  return policy('resourcequota', ['v1', 'ResourceQuota'], place, { spec, status: { hard, used: {} } });
}

export function limitRange(place: Place, limits: readonly Fields[]): PolicyObject {
  return policy('limitrange', ['v1', 'LimitRange'], place, { spec: { limits } });
}

/** @param levels By mode, as its labels say: `enforce: baseline`, `enforce-version: v1.30`. */
export function podSecurityNamespace(name: string, levels: Fields): PolicyObject {
  const labels = Object.fromEntries(
    Object.entries(levels).map(([mode, value]) => [`pod-security.kubernetes.io/${mode}`, value]),
  );
  return policy('podsecurity', ['v1', 'Namespace'], { name }, { metadata: { labels } });
}

const everyRequest = { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] };

export function admissionPolicy(name: string, expression: string): PolicyObject {
  return policy(
    'validatingadmissionpolicy',
    ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy'],
    { name },
    {
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: { resourceRules: [everyRequest] },
        validations: [{ expression }],
      },
    },
  );
}

export function admissionBinding(name: string, policyName: string, actions: readonly string[]): PolicyObject {
  return policy(
    'validatingadmissionpolicy',
    ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding'],
    { name },
    { spec: { policyName, validationActions: actions } },
  );
}

/** A ClusterPolicy, or a Policy of a namespace. @param action Enforce or Audit. @param verifies Images, in place of fields. */
export function kyvernoPolicy(
  place: Place,
  rules: readonly string[],
  { action, verifies = false }: { readonly action: string; readonly verifies?: boolean },
): PolicyObject {
  const kind = place.namespace === undefined ? 'ClusterPolicy' : 'Policy';
  const demand = verifies
    ? { verifyImages: [{ imageReferences: ['*'], failureAction: action, attestors: [] }] }
    : {
        validate: {
          failureAction: action,
          message: 'Say who owns it.',
          pattern: { metadata: { labels: { owner: '?*' } } },
        },
      };
  const kinds = verifies ? ['Pod'] : ['*'];
  return policy('kyverno', ['kyverno.io/v1', kind], place, {
    spec: { rules: rules.map((name) => ({ name, match: { any: [{ resources: { kinds } }] }, ...demand })) },
  });
}

export function imageValidatingPolicy(name: string): PolicyObject {
  return policy(
    'kyvernocel',
    ['policies.kyverno.io/v1', 'ImageValidatingPolicy'],
    { name },
    {
      spec: {
        matchConstraints: {
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['pods'] },
          ],
        },
        attestors: [{ name: 'release', cosign: { key: { data: 'k' } } }],
        validations: [
          { expression: 'images.containers.all(image, verifyImageSignatures(image, [attestors.release]) > 0)' },
        ],
        validationActions: ['Deny'],
      },
    },
  );
}

/** A template and a constraint of its kind. */
export function gatekeeperConstraint(name: string, template: string): readonly PolicyObject[] {
  return [
    policy(
      'gatekeeper',
      ['templates.gatekeeper.sh/v1', 'ConstraintTemplate'],
      { name: template.toLowerCase() },
      {
        spec: {
          crd: { spec: { names: { kind: template } } },
          targets: [
            {
              target: 'admission.k8s.gatekeeper.sh',
              rego: `package ${template.toLowerCase()}\nviolation[{"msg": msg}] {\n  msg := input.parameters.says\n}`,
            },
          ],
        },
      },
    ),
    policy(
      'gatekeeper',
      ['constraints.gatekeeper.sh/v1beta1', template],
      { name },
      { spec: { parameters: { says: 'no' } } },
    ),
  ];
}

/** A configuration of one webhook. @param service That answers for it. */
export function webhookConfiguration(
  kind: 'ValidatingWebhookConfiguration' | 'MutatingWebhookConfiguration',
  { name, labels = {} }: { readonly name: string; readonly labels?: Fields },
  webhook: string,
): PolicyObject {
  return policy(
    'webhookconfig',
    ['admissionregistration.k8s.io/v1', kind],
    { name },
    {
      metadata: { labels },
      webhooks: [
        {
          name: webhook,
          clientConfig: { service: { namespace: 'platform', name: 'webhook' } },
          rules: [everyRequest],
          failurePolicy: 'Fail',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    },
  );
}

export function kubewardenPolicy(place: Place): PolicyObject {
  const kind = place.namespace === undefined ? 'ClusterAdmissionPolicy' : 'AdmissionPolicy';
  return policy('kubewarden', ['policies.kubewarden.io/v1', kind], place, {
    spec: { module: 'registry://example.com/policies/one:v1', mutating: false, rules: [everyRequest] },
  });
}

/** Isolates the pods in these directions and lets nothing through. @param podLabels Of the pods; all when empty. */
export function networkPolicy(place: Place, directions: readonly string[], podLabels: Fields = {}): PolicyObject {
  return policy('networkpolicy', ['networking.k8s.io/v1', 'NetworkPolicy'], place, {
    spec: { podSelector: { matchLabels: podLabels }, policyTypes: directions },
  });
}

export function ciliumPolicy(place: Place, directions: readonly string[], podLabels: Fields = {}): PolicyObject {
  return policy('cilium', ['cilium.io/v2', 'CiliumNetworkPolicy'], place, {
    spec: {
      endpointSelector: { matchLabels: podLabels },
      ...Object.fromEntries(directions.map((direction) => [direction.toLowerCase(), [{}]])),
    },
  });
}

export function calicoPolicy(place: Place): PolicyObject {
  return policy('calico', ['projectcalico.org/v3', 'NetworkPolicy'], place, {
    spec: { selector: "app == 'other'", types: ['Ingress'], ingress: [{ action: 'Deny' }] },
  });
}

/** @param count Of its rules, all of which deny. */
export function adminNetworkPolicy(name: string, direction: string, count: number): PolicyObject {
  const peer = direction === 'Egress' ? 'to' : 'from';
  const rules = Array.from({ length: count }, () => ({ action: 'Deny', [peer]: [{ namespaces: {} }] }));
  return policy(
    'adminnetworkpolicy',
    ['policy.networking.k8s.io/v1alpha1', 'AdminNetworkPolicy'],
    { name },
    { spec: { priority: 5, subject: { namespaces: {} }, [direction.toLowerCase()]: rules } },
  );
}

/** Of a kind that no adapter is made for. */
export function antreaPolicy(name: string): PolicyObject {
  return policy('generic', ['crd.antrea.io/v1beta1', 'ClusterNetworkPolicy'], { name }, { spec: { priority: 5 } });
}

/** Refuses what it matches. @param rules So many, each for a path of its own. */
export function authorizationPolicy(place: Place, rules: number): PolicyObject {
  const paths = Array.from({ length: rules }, (_, index) => ({
    to: [{ operation: { paths: [`/inner-${index}/*`] } }],
  }));
  return policy('istio', ['security.istio.io/v1', 'AuthorizationPolicy'], place, {
    spec: { action: 'DENY', rules: paths },
  });
}

export function peerAuthentication(place: Place): PolicyObject {
  return policy('istio', ['security.istio.io/v1', 'PeerAuthentication'], place, { spec: { mtls: { mode: 'STRICT' } } });
}

export function linkerdServer(place: Place, port: number): PolicyObject {
  return policy('linkerd', ['policy.linkerd.io/v1beta3', 'Server'], place, {
    spec: { podSelector: {}, port, accessPolicy: 'deny' },
  });
}

export function disruptionBudget(place: Place, bound: Fields, podLabels: Fields): PolicyObject {
  return policy('poddisruptionbudget', ['policy/v1', 'PodDisruptionBudget'], place, {
    spec: { ...bound, selector: { matchLabels: podLabels } },
  });
}

export function securityContextConstraints(name: string): PolicyObject {
  const strategy = { type: 'MustRunAsRange' };
  return policy(
    'securitycontextconstraints',
    ['security.openshift.io/v1', 'SecurityContextConstraints'],
    { name },
    {
      allowPrivilegedContainer: false,
      allowPrivilegeEscalation: false,
      allowHostDirVolumePlugin: false,
      allowHostIPC: false,
      allowHostNetwork: false,
      allowHostPID: false,
      allowHostPorts: false,
      allowedCapabilities: [],
      requiredDropCapabilities: ['ALL'],
      readOnlyRootFilesystem: false,
      runAsUser: strategy,
      seLinuxContext: { type: 'MustRunAs' },
      fsGroup: { type: 'MustRunAs' },
      supplementalGroups: { type: 'RunAsAny' },
      volumes: ['secret', 'configMap', 'emptyDir'],
      users: [],
      groups: ['system:authenticated'],
    },
  );
}

export function clusterQueue(name: string): readonly PolicyObject[] {
  return [
    policy(
      'kueue',
      ['kueue.x-k8s.io/v1beta2', 'ClusterQueue'],
      { name },
      {
        spec: {
          namespaceSelector: {},
          resourceGroups: [
            { coveredResources: ['cpu'], flavors: [{ name: 'spot', resources: [{ name: 'cpu', nominalQuota: 9 }] }] },
          ],
        },
      },
    ),
  ];
}

export function localQueue(place: Place, queue: string): PolicyObject {
  return policy('kueue', ['kueue.x-k8s.io/v1beta2', 'LocalQueue'], place, { spec: { clusterQueue: queue } });
}

/** Its namespaces bear a label with its name. */
export function capsuleTenant(name: string): PolicyObject {
  return policy(
    'capsule',
    ['capsule.clastix.io/v1beta2', 'Tenant'],
    { name },
    {
      spec: {
        owners: [],
        ingressOptions: { allowWildcardHostnames: false, allowedHostnames: { allowed: ['shop.example.com'] } },
      },
    },
  );
}

export function mutatingPolicy(name: string): readonly PolicyObject[] {
  return [
    policy(
      'mutatingadmissionpolicy',
      ['admissionregistration.k8s.io/v1beta1', 'MutatingAdmissionPolicy'],
      { name },
      {
        spec: {
          failurePolicy: 'Fail',
          reinvocationPolicy: 'Never',
          matchConstraints: { resourceRules: [{ ...everyRequest, operations: ['CREATE'] }] },
          mutations: [
            {
              patchType: 'ApplyConfiguration',
              applyConfiguration: { expression: 'Object{metadata: Object.metadata{labels: {"owner": "team"}}}' },
            },
          ],
        },
      },
    ),
    policy(
      'mutatingadmissionpolicy',
      ['admissionregistration.k8s.io/v1beta1', 'MutatingAdmissionPolicyBinding'],
      { name: `${name}-everywhere` },
      { spec: { policyName: name } },
    ),
  ];
}
