/**
 * Classes that objects may name or get by default: PriorityClass, RuntimeClass, StorageClass, IngressClass.
 *
 * Of several StorageClasses that are default, the newest is taken, of several PriorityClasses the one with the least value;
 * of several IngressClasses none is, and an Ingress without a class is refused.
 *
 * @see https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass
 * @see https://kubernetes.io/docs/concepts/services-networking/ingress/#default-ingress-class
 * @see https://github.com/kubernetes/kubernetes/blob/release-1.36/plugin/pkg/admission/priority/admission.go
 */
import * as z from 'zod';
import { compareText } from '../../crds/constraint.ts';
import type { ClassKind, ClusterFact } from '../../crds/detail.ts';
import type { KubeObject } from '../../kube/resource.ts';

/** A class as it is kept. */
export interface NamedClass {
  readonly name: string;
  readonly isDefault: boolean;
  /** Of a PriorityClass. */
  readonly value?: number | undefined;
}

export interface ClassResource {
  readonly group: string;
  readonly plural: string;
  readonly kind: ClassKind;
  readonly metadataOnly: boolean;
  readonly read: (object: KubeObject) => NamedClass;
}

export const classResources: readonly ClassResource[] = [
  {
    group: 'networking.k8s.io',
    plural: 'ingressclasses',
    kind: 'IngressClass',
    metadataOnly: true,
    read: byAnnotation('ingressclass.kubernetes.io/is-default-class'),
  },
  {
    group: 'node.k8s.io',
    plural: 'runtimeclasses',
    kind: 'RuntimeClass',
    metadataOnly: true,
    read: ({ metadata }) => ({ name: metadata.name, isDefault: false }),
  },
  {
    group: 'scheduling.k8s.io',
    plural: 'priorityclasses',
    kind: 'PriorityClass',
    metadataOnly: false,
    read: priorityClass,
  },
  {
    group: 'storage.k8s.io',
    plural: 'storageclasses',
    kind: 'StorageClass',
    metadataOnly: true,
    read: byAnnotation('storageclass.kubernetes.io/is-default-class'),
  },
];

/** Its fields are not under spec. */
const PriorityClassFields = z.object({ globalDefault: z.boolean().default(false), value: z.int() });

function priorityClass(object: KubeObject): NamedClass {
  const fields = PriorityClassFields.safeParse(object).data;
  return { name: object.metadata.name, isDefault: fields?.globalDefault ?? false, value: fields?.value };
}

function byAnnotation(annotation: string): ClassResource['read'] {
  return ({ metadata }) => ({ name: metadata.name, isDefault: metadata.annotations?.[annotation] === 'true' });
}

/** What a pod gets that names no PriorityClass; `none` when it stays without. */
export type DefaultPriorityClass = { readonly name: string } | 'none';

export interface ClassIndex {
  /** Returns whether that is news. */
  set(kind: ClassKind, value: NamedClass): boolean;
  /** Returns whether it was there. */
  remove(kind: ClassKind, name: string): boolean;
  /** All classes of the kind were seen. Returns whether that is news. */
  setComplete(kind: ClassKind): boolean;
  /** Undefined while not all PriorityClasses are known. */
  readonly defaultPriorityClass: DefaultPriorityClass | undefined;
  /** Ordered by kind and name. */
  facts(): readonly ClusterFact[];
}

/** An empty index. */
export function createClassIndex(): ClassIndex {
  const byKind = new Map<ClassKind, Map<string, NamedClass>>();
  const complete = new Set<ClassKind>();
  return {
    set(kind, value) {
      const classes = byKind.get(kind) ?? new Map<string, NamedClass>();
      byKind.set(kind, classes);
      const before = classes.get(value.name);
      if (before?.isDefault === value.isDefault && before.value === value.value) return false;
      classes.set(value.name, value);
      return true;
    },
    remove: (kind, name) => byKind.get(kind)?.delete(name) ?? false,
    setComplete(kind) {
      if (complete.has(kind)) return false;
      complete.add(kind);
      return true;
    },
    get defaultPriorityClass() {
      if (!complete.has('PriorityClass')) return undefined;
      const [first] = [...(byKind.get('PriorityClass')?.values() ?? [])]
        .filter(({ isDefault }) => isDefault)
        .toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0) || compareText(a.name, b.name));
      return first === undefined ? 'none' : { name: first.name };
    },
    facts: () =>
      [...byKind]
        .toSorted(([a], [b]) => compareText(a, b))
        .flatMap(([kind, classes]) =>
          [...classes.values()]
            .toSorted((a, b) => compareText(a.name, b.name))
            .map(({ name, isDefault }) => ({ kind, name, ...(isDefault ? { default: true as const } : {}) })),
        ),
  };
}
