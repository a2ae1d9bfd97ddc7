/**
 * What is known of a namespace beside its policies and workloads: its Services, and the names of its ServiceAccounts and
 * PersistentVolumeClaims. Kept as the JSON texts that are published: the smallest form, and the one that is compared.
 *
 * @see https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/
 */
import * as z from 'zod';
import { compareText } from '../../crds/constraint.ts';
import type { StoredNamespaceFact } from '../../crds/detail.ts';
import type { KubeObject } from '../../kube/resource.ts';

/** A kind whose objects are facts of their namespace. */
export interface NamespaceFactKind {
  readonly group: string;
  readonly plural: string;
  /** Names are all that is read. */
  readonly metadataOnly: boolean;
  /** Undefined for an object that cannot be read. */
  readonly read: (object: KubeObject) => StoredNamespaceFact | undefined;
}

const ServiceSpec = z.object({
  type: z.string().default('ClusterIP'),
  selector: z.record(z.string(), z.string()).nullish(),
  clusterIP: z.string().optional(),
  ports: z
    .array(
      z.object({
        name: z.string().optional(),
        protocol: z.string().default('TCP'),
        port: z.int(),
        targetPort: z.union([z.int(), z.string()]).optional(),
        nodePort: z.int().optional(),
      }),
    )
    .default([]),
});

export const namespaceFactKinds: readonly NamespaceFactKind[] = [
  {
    group: '',
    plural: 'persistentvolumeclaims',
    metadataOnly: true,
    read: ({ metadata }) => ({ kind: 'PersistentVolumeClaim', name: metadata.name }),
  },
  {
    group: '',
    plural: 'serviceaccounts',
    metadataOnly: true,
    read: ({ metadata }) => ({ kind: 'ServiceAccount', name: metadata.name }),
  },
  { group: '', plural: 'services', metadataOnly: false, read: serviceFact },
];

function serviceFact({ metadata, spec }: KubeObject): StoredNamespaceFact | undefined {
  const parsed = ServiceSpec.safeParse(spec);
  if (!parsed.success) return undefined;
  const { type, selector, clusterIP, ports } = parsed.data;
  return {
    kind: 'Service',
    name: metadata.name,
    type,
    // An empty selector selects nothing, as none does.
    ...(selector && Object.keys(selector).length > 0 ? { selector: sortedLabels(selector) } : {}),
    ...(clusterIP === 'None' ? { headless: true as const } : {}),
    ports,
  };
}

/** The fact that every namespace has. */
export function labelsFact(labels: Readonly<Record<string, string>>): StoredNamespaceFact {
  return { kind: 'Namespace', labels: sortedLabels(labels) };
}

function sortedLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).toSorted(([a], [b]) => compareText(a, b)));
}

export interface NamespaceFacts {
  /** `object` names the object among all kinds. Returns whether the fact is news. */
  set(namespace: string, object: string, fact: StoredNamespaceFact): boolean;
  /** Returns whether it was there. */
  remove(namespace: string, object: string): boolean;
  /** JSON texts, ordered by kind and name. */
  of(namespace: string): readonly string[];
}

/** An empty index. */
export function createNamespaceFacts(): NamespaceFacts {
  const byNamespace = new Map<string, Map<string, string>>();
  return {
    set(namespace, object, fact) {
      const texts = byNamespace.get(namespace) ?? new Map<string, string>();
      byNamespace.set(namespace, texts);
      const text = JSON.stringify(fact);
      if (texts.get(object) === text) return false;
      texts.set(object, text);
      return true;
    },
    remove(namespace, object) {
      const texts = byNamespace.get(namespace);
      if (texts === undefined || !texts.delete(object)) return false;
      if (texts.size === 0) byNamespace.delete(namespace);
      return true;
    },
    of: (namespace) => [...(byNamespace.get(namespace)?.values() ?? [])].toSorted(compareText),
  };
}
