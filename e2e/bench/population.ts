/**
 * What the cluster of the bench holds: namespaces, each with NetworkPolicies of the usual shapes, a ResourceQuota and
 * Deployments; and what its reports must say. Pure.
 */

export type Direction = 'Ingress' | 'Egress';

/** One namespace: its policies with the directions that each isolates. The reports have one constraint a direction. */
export interface Population {
  readonly namespace: string;
  readonly policies: ReadonlyMap<string, readonly Direction[]>;
}

const deploymentNames = ['web', 'api', 'worker', 'cache'] as const;
export const quotaName = 'budget';

export function populationOf(namespaces: number): Population[] {
  return Array.from({ length: namespaces }, (_, index) => ({
    namespace: `team-${String(index).padStart(4, '0')}`,
    policies: new Map<string, readonly Direction[]>([
      ['default-deny', ['Ingress', 'Egress']],
      ['allow-dns', ['Egress']],
      ...deploymentNames.map((name): [string, readonly Direction[]] => [`allow-to-${name}`, ['Ingress']]),
      ...deploymentNames.map((name): [string, readonly Direction[]] => [`allow-from-${name}`, ['Egress']]),
    ]),
  }));
}

/** An object and the collection that takes it. */
export interface Creation {
  readonly path: string;
  readonly body: object;
}

export function namespaceCreation({ namespace }: Population): Creation {
  return {
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: { team: namespace } } },
  };
}

/** All that is in a namespace. */
export function contentCreations({ namespace, policies }: Population): Creation[] {
  const inNamespace = (group: string, plural: string) => `${group}/namespaces/${namespace}/${plural}`;
  return [
    { path: inNamespace('/api/v1', 'resourcequotas'), body: quota(namespace) },
    ...[...policies].map(([name, directions]) => ({
      path: policiesPath(namespace),
      body: networkPolicy(namespace, name, directions),
    })),
    ...deploymentNames.map((name) => ({
      path: inNamespace('/apis/apps/v1', 'deployments'),
      body: deployment(namespace, name),
    })),
  ];
}

export function policiesPath(namespace: string): string {
  return `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;
}

/** A policy named after one of the Deployments selects its pods, any other selects all. */
export function networkPolicy(namespace: string, name: string, directions: readonly Direction[]): object {
  const app = deploymentNames.find((each) => name.endsWith(each));
  const peer = { podSelector: { matchLabels: { tier: 'inner' } } };
  const ports = [{ protocol: 'TCP', port: 8_080 }];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: {
      podSelector: app === undefined ? {} : { matchLabels: { app } },
      policyTypes: directions,
      ...(directions.length === 1 && directions[0] === 'Ingress' ? { ingress: [{ from: [peer], ports }] } : {}),
      ...(directions.length === 1 && directions[0] === 'Egress' ? { egress: [{ to: [peer], ports }] } : {}),
    },
  };
}

function quota(namespace: string): object {
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: quotaName, namespace },
    spec: { hard: { pods: '40', 'requests.cpu': '20', 'requests.memory': '64Gi', 'limits.memory': '96Gi' } },
  };
}

/**
 * Without replicas: the operator reads pod templates, and pods that stay Pending for want of nodes would only burden the
 * API server whose CPU is measured.
 */
function deployment(namespace: string, name: string): object {
  const labels = { app: name, tier: 'inner' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: 'main',
              image: `registry.example.com/${name}:1`,
              ports: [{ name: 'http', containerPort: 8_080 }],
              resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
            },
          ],
        },
      },
    },
  };
}

/** What of a constraint a change shows in: the policy that imposes it and its type. */
export type EntryName = `${string} ${string}`;

export function entryName(policy: string, type: string): EntryName {
  return `${policy} ${type}`;
}

/** The entries that the report of a namespace must have, no more and no fewer. */
export function expectedEntries(policies: Population['policies']): ReadonlySet<EntryName> {
  const ofPolicies = [...policies].flatMap(([name, directions]) =>
    directions.map((direction) => entryName(name, `Network${direction}`)),
  );
  return new Set([...ofPolicies, entryName(quotaName, 'ResourceLimit')]);
}

export function isExpected(found: ReadonlySet<EntryName> | undefined, expected: ReadonlySet<EntryName>): boolean {
  return found?.size === expected.size && found.isSubsetOf(expected);
}
