/**
 * Reports and details as an operator writes them, without an operator: what the gateway is measured on. Pure.
 */
import { constraintId, severities, type Severity, type StoredConstraint } from '../../crds/constraint.ts';
import { clusterDetailName, type StoredWorkload } from '../../crds/detail.ts';
import { type ReportEntry, reportEntriesMax } from '../../crds/report.ts';
import { clusterDetailObject, detailObject, entryOf, lineOf, reportObject } from '../../gateway/testing/objects.ts';
import type { KubeObject } from '../../kube/resource.ts';

const workloadNames = ['api', 'cache', 'checkout', 'worker'] as const;

/** A webhook that binds every namespace. */
export function clusterPolicy(index: number): StoredConstraint {
  const name = `guard-${String(index).padStart(3, '0')}.platform.example.com`;
  return {
    id: constraintId(`webhook-${index}`, name),
    name,
    key: name,
    type: 'Admission',
    severity: index % 5 === 0 ? 'Critical' : 'Info',
    effect: 'deny',
    summary: `Creating and updating Deployments and Pods is judged by the webhook ${name}, and refused while it does not answer`,
    message:
      `CREATE, UPDATE of deployments.apps/v1 and pods/v1 is judged by the webhook ${name} (Service platform/guard-${index}), ` +
      'which has 10 s to answer; without an answer the request is refused',
    source: { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', name },
    scope: {
      namespaces: { selector: { matchExpressions: [{ key: 'guard', operator: 'NotIn', values: ['off'] }] } },
      admission: [
        {
          rules: [
            { operations: ['CREATE', 'UPDATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] },
            { operations: ['CREATE', 'UPDATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] },
          ],
          matchPolicy: 'Equivalent',
        },
      ],
    },
    rule: {
      form: 'webhook',
      mutating: false,
      failurePolicy: 'Fail',
      timeoutSeconds: 10,
      sideEffects: 'None',
      service: { namespace: 'platform', name: `guard-${index}` },
    },
  };
}

/** A NetworkPolicy's direction, or the one quota. */
function ownConstraint(namespace: string, index: number): StoredConstraint {
  if (index === 0) return quota(namespace);
  const direction = index % 2 === 0 ? 'Egress' : 'Ingress';
  const app = workloadNames[index % workloadNames.length] ?? 'api';
  const name = `allow-${app}-${String(Math.floor(index / 2)).padStart(2, '0')}`;
  const what = direction === 'Ingress' ? 'Incoming' : 'Outgoing';
  return {
    id: constraintId(`${namespace}/${name}`, direction),
    name,
    key: direction,
    type: `Network${direction}`,
    severity: index % 3 === 0 ? 'Critical' : 'Warning',
    effect: 'restrict',
    summary: `${what} connections of some pods in ${namespace} are limited to listed peers and ports by NetworkPolicy ${name}`,
    message:
      `${what} connections of pods with app=${app} in ${namespace} are limited to TCP 8080 and TCP 9090 with pods with tier=inner, ` +
      `and TCP 443 with 203.0.113.0/24 except 203.0.113.7/32 (NetworkPolicy ${name})`,
    source: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', name, namespace },
    scope: { namespaces: { names: [namespace] }, workloads: { selector: { matchLabels: { app } } } },
    rule: {
      form: 'network',
      direction,
      clauses: [
        {
          path: `/spec/${direction.toLowerCase()}/0`,
          peers: [{ pods: { namespace, podSelector: { matchLabels: { tier: 'inner' } } } }],
          ports: [
            { protocol: 'TCP', port: 8_080 },
            { protocol: 'TCP', port: 9_090 },
          ],
        },
        {
          path: `/spec/${direction.toLowerCase()}/1`,
          peers: [{ ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.7/32'] } }],
          ports: [{ protocol: 'TCP', port: 443 }],
        },
      ],
    },
  };
}

function quota(namespace: string): StoredConstraint {
  const name = 'budget';
  return {
    id: constraintId(`${namespace}/${name}`, 'quota'),
    name,
    key: 'quota',
    type: 'ResourceLimit',
    severity: 'Warning',
    effect: 'limit',
    summary: 'Pods, processors and memory of the namespace are limited by ResourceQuota budget',
    message: 'Pods to 40, requests.cpu to 20, requests.memory to 64Gi by ResourceQuota budget',
    source: { apiVersion: 'v1', kind: 'ResourceQuota', name, namespace },
    scope: { namespaces: { names: [namespace] }, workloads: {} },
    rule: {
      form: 'quota',
      hard: { pods: '40', 'requests.cpu': '20', 'requests.memory': '64Gi' },
      enforced: true,
      scopes: [],
    },
  };
}

const metrics = {
  pods: { hard: '40', used: '31' },
  'requests.cpu': { hard: '20', used: '15500m' },
  'requests.memory': { hard: '64Gi', used: '41Gi' },
};

function ownEntry(constraint: StoredConstraint): ReportEntry {
  if (constraint.type === 'ResourceLimit') {
    return entryOf(constraint, { affectedWorkloads: { total: workloadNames.length, all: true }, metrics });
  }
  const app = workloadNames.find((name) => constraint.name.includes(name)) ?? 'api';
  return entryOf(constraint, { affectedWorkloads: { total: 1, items: [`Deployment/${app}`] } });
}

const bySeverity = (a: { readonly severity: Severity }, b: { readonly severity: Severity }) =>
  severities.indexOf(a.severity) - severities.indexOf(b.severity);

/** The full forms of cluster-wide policies, one object each. */
export function clusterObjects(policies: readonly StoredConstraint[]): KubeObject[] {
  return policies.map((policy) => clusterDetailObject(clusterDetailName(policy.source), [policy]));
}

/** Report, full forms and workloads of a namespace with so many policies of its own under these cluster-wide ones. */
export function namespaceObjects(namespace: string, own: number, policies: readonly StoredConstraint[]): KubeObject[] {
  const forms = Array.from({ length: own }, (_, index) => ownConstraint(namespace, index)).toSorted(bySeverity);
  const all = [...forms, ...policies];
  const count = (severity: Severity) => all.filter((each) => each.severity === severity).length;
  const workloads = workloadNames.map((name): StoredWorkload => {
    const labels = { app: name, tier: 'inner', 'app.kubernetes.io/part-of': namespace };
    return { kind: 'Deployment', name, labels, serviceAccount: 'default' };
  });
  // As an operator does where there are more than a report holds.
  const [listed, more] = [forms.slice(0, reportEntriesMax), forms.slice(reportEntriesMax)];
  return [
    reportObject(namespace, listed.map(ownEntry), {
      total: all.length,
      critical: count('Critical'),
      warning: count('Warning'),
      info: count('Info'),
      inherited: policies.toSorted(bySeverity).map(lineOf),
      ...(more.length === 0 ? {} : { more: more.map(({ id }) => id) }),
    }),
    detailObject(namespace, 'constraints', forms),
    detailObject(namespace, 'workloads', workloads),
  ];
}
