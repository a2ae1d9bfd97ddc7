/**
 * How ClusterQueues, LocalQueues and Cohorts of Kueue are read, each by itself.
 *
 * v1beta1 says `cohort` and a list `admissionChecks`, v1beta2 `cohortName` and admissionChecksStrategy alone. A Cohort of
 * v1alpha1 says `parent` for parentName.
 *
 * A namespaceSelector that is absent or null takes no namespace, an empty one takes all.
 *
 * @see https://github.com/kubernetes-sigs/kueue/blob/v0.19.0/apis/kueue/v1beta2/clusterqueue_types.go
 */
import * as z from 'zod';
import type { LabelSelector } from '../../../crds/label-selector.ts';
import type { CapacityGroup, CapacityRule } from '../../../crds/rules/capacity.ts';
import { parseQuantity } from '../../../kube/quantity.ts';
import { faultsOf, NamespacedMetadata, type ObjectHead } from '../define.ts';
import { FieldsOfObject, shortListOf } from '../bounded-fields.ts';
import { pointersOf } from '../fault-pointers.ts';
import { absent, listOf, SelectorField } from '../fields.ts';
import { defineJoinedKind, headOf } from '../join.ts';
import { readSpec } from '../spec-reader.ts';
import { sentence } from '../text.ts';
import { unknownFields } from '../unknown-fields.ts';

type StopPolicy = 'None' | 'Hold' | 'HoldAndDrain';

/** What a ClusterQueue says, in the terms of its rule. */
export interface ClusterQueuePart {
  readonly is: 'clusterQueue';
  readonly head: ObjectHead;
  /** Undefined when no namespace is admitted. */
  readonly namespaces: LabelSelector | undefined;
  /** Parts that decide which namespaces it takes and are not understood. */
  readonly scopeUnread: readonly string[];
  readonly cohort: string | undefined;
  readonly stopPolicy: StopPolicy;
  readonly rule: Omit<CapacityRule, 'form' | 'queues' | 'cohorts' | 'blocked' | 'drains'>;
}

export interface LocalQueuePart {
  readonly is: 'localQueue';
  readonly head: ObjectHead;
  readonly namespace: string;
  readonly name: string;
  readonly clusterQueue: string;
  readonly stopPolicy: StopPolicy;
  readonly weight: string | undefined;
  readonly unread: readonly string[];
}

export interface CohortPart {
  readonly is: 'cohort';
  readonly name: string;
  readonly parent: string | undefined;
  readonly groups: readonly CapacityGroup[];
  readonly unread: readonly string[];
}

export type KueuePart = ClusterQueuePart | LocalQueuePart | CohortPart;

const amountError = { error: 'Must be a quantity, like 500m or 2Gi' };
const Amount = z
  .union([z.string(), z.number()], amountError)
  .refine((amount) => parseQuantity(amount) !== undefined, amountError)
  .transform((amount) => sentence(String(amount), 64));
const Resource = z.strictObject({
  name: z.string(),
  nominalQuota: Amount,
  borrowingLimit: absent(Amount),
  lendingLimit: absent(Amount),
});
const Flavor = z.strictObject({ name: z.string(), resources: absent(shortListOf(Resource, 256)) });
const Group = z
  .strictObject({ coveredResources: listOf(z.string()), flavors: absent(shortListOf(Flavor, 256)) })
  .transform(
    ({ coveredResources, flavors = [] }): CapacityGroup => ({
      resources: coveredResources,
      flavors: flavors.map(({ name, resources = [] }) => ({
        name,
        amounts: resources.map(({ name: resource, nominalQuota, borrowingLimit, lendingLimit }) => ({
          resource,
          nominal: nominalQuota,
          ...(borrowingLimit === undefined ? {} : { borrow: borrowingLimit }),
          ...(lendingLimit === undefined ? {} : { lend: lendingLimit }),
        })),
      })),
    }),
  );
/** An API server takes 16 groups, and 256 flavors in all. */
const amountsMax = 5_000;

/** Of all flavors of all groups, whatever else stands there. */
function amountsOf(groups: readonly unknown[]): number {
  const listsOf = (parent: unknown, field: string): readonly unknown[] => {
    const fields = FieldsOfObject.safeParse(parent);
    const list: unknown = fields.success ? fields.data[field] : undefined;
    return Array.isArray(list) ? list : [];
  };
  return groups
    .flatMap((group) => listsOf(group, 'flavors'))
    .reduce<number>((sum, flavor) => sum + 1 + listsOf(flavor, 'resources').length, 0);
}

const Groups = z
  .array(z.unknown(), 'Must be a list')
  .max(64, 'Must have at most 64 entries to be read')
  .refine((groups) => amountsOf(groups) <= amountsMax, `Must have at most ${amountsMax} amounts to be read`)
  .pipe(listOf(Group));
const Stop = z.enum(['None', 'Hold', 'HoldAndDrain']);
const FairSharing = z.strictObject({ weight: absent(Amount) });
const Preemption = z.strictObject({
  reclaimWithinCohort: absent(z.enum(['Never', 'LowerPriority', 'Any'])),
  borrowWithinCohort: absent(
    z.strictObject({ policy: absent(z.enum(['Never', 'LowerPriority'])), maxPriorityThreshold: absent(z.int()) }),
  ),
  withinClusterQueue: absent(z.enum(['Never', 'LowerPriority', 'LowerOrNewerEqualPriority'])),
});
const Fungibility = z.strictObject({
  whenCanBorrow: absent(z.string()),
  whenCanPreempt: absent(z.string()),
  preference: absent(z.string()),
});
const Checks = z.strictObject({
  admissionChecks: absent(listOf(z.strictObject({ name: z.string(), onFlavors: absent(listOf(z.string())) }))),
});
const Json = z.record(z.string(), z.unknown());

const clusterQueueFields = new Set([
  'admissionChecks',
  'admissionChecksStrategy',
  'admissionScope',
  'cohort',
  'cohortName',
  'concurrentAdmissionPolicy',
  'fairSharing',
  'flavorFungibility',
  'namespaceSelector',
  'preemption',
  'queueingStrategy',
  'resourceGroups',
  'stopPolicy',
]);

export const clusterQueues = defineJoinedKind({
  kind: 'ClusterQueue',
  fields: { spec: absent(FieldsOfObject) },
  parts({ spec: written = {}, ...head }) {
    const spec = readSpec(written);
    const selector = absent(SelectorField).safeParse(written['namespaceSelector']);
    const scopeFaults = selector.success ? [] : faultsOf(selector.error, ['spec', 'namespaceSelector']);
    const groups = spec.read('resourceGroups', Groups) ?? [];
    const cohort = spec.read('cohortName', z.string()) ?? spec.read('cohort', z.string());
    const stopPolicy = spec.read('stopPolicy', Stop) ?? ('None' as const);
    const strategy = spec.read('queueingStrategy', z.enum(['StrictFIFO', 'BestEffortFIFO']));
    const preemption = preemptionOf(spec.read('preemption', Preemption));
    const fungibility = fungibilityOf(spec.read('flavorFungibility', Fungibility));
    const named = spec.read('admissionChecks', listOf(z.string())) ?? [];
    const listed = spec.read('admissionChecksStrategy', Checks)?.admissionChecks ?? [];
    const checks = [
      ...named.map((name) => ({ name })),
      ...listed.map(({ name, onFlavors = [] }) => ({
        name,
        ...(onFlavors.length === 0 ? {} : { flavors: onFlavors }),
      })),
    ];
    const weight = spec.read('fairSharing', FairSharing)?.weight;
    const admission = {
      ...fieldOf('scope', spec.read('admissionScope', Json)),
      ...fieldOf('concurrent', spec.read('concurrentAdmissionPolicy', Json)),
    };
    const faults = [...spec.faults, ...unknownFields(written, clusterQueueFields, ['spec'])];
    const unread = pointersOf(faults);
    const part: KueuePart = {
      is: 'clusterQueue',
      head: headOf(head),
      // What it takes is not known where the selector is not understood: any namespace is then possible.
      namespaces: selector.success ? selector.data : {},
      scopeUnread: pointersOf(scopeFaults),
      cohort: cohort === '' ? undefined : cohort,
      stopPolicy,
      rule: {
        groups,
        ...fieldOf('strategy', strategy),
        ...fieldOf('preemption', preemption),
        ...fieldOf('fungibility', fungibility),
        ...(checks.length === 0 ? {} : { checks }),
        ...fieldOf('weight', weight),
        ...(Object.keys(admission).length === 0 ? {} : { admission }),
        ...(unread.length === 0 ? {} : { unread }),
      },
    };
    return { parts: [{ key: head.metadata.name, value: part }], faults: [...scopeFaults, ...faults] };
  },
});

/** A field that is there, or nothing to spread. */
function fieldOf<Name extends string, Value>(name: Name, value: Value | undefined): { readonly [Key in Name]?: Value } {
  const field: { [Key in Name]?: Value } = {};
  if (value !== undefined) field[name] = value;
  return field;
}

function preemptionOf(preemption: Partial<z.infer<typeof Preemption>> = {}): CapacityRule['preemption'] {
  const { reclaimWithinCohort = 'Never', withinClusterQueue = 'Never', borrowWithinCohort } = preemption;
  const policy = borrowWithinCohort?.policy ?? 'Never';
  if (reclaimWithinCohort === 'Never' && withinClusterQueue === 'Never' && policy === 'Never') return undefined;
  return {
    withinQueue: withinClusterQueue,
    reclaim: reclaimWithinCohort,
    whileBorrowing: policy,
    ...(policy === 'Never' ? {} : fieldOf('whileBorrowingMaxPriority', borrowWithinCohort?.maxPriorityThreshold)),
  };
}

/** Undefined when it is what Kueue does by default. */
function fungibilityOf(fungibility: Partial<z.infer<typeof Fungibility>> = {}): CapacityRule['fungibility'] {
  const { whenCanBorrow = 'MayStopSearch', whenCanPreempt = 'TryNextFlavor', preference } = fungibility;
  // v1beta1 had a word of its own for each of the two.
  const stops = (word: string) => (word === 'Borrow' || word === 'Preempt' ? 'MayStopSearch' : word);
  const words = { whenCanBorrow: stops(whenCanBorrow), whenCanPreempt: stops(whenCanPreempt) };
  const isDefault = words.whenCanBorrow === 'MayStopSearch' && words.whenCanPreempt === 'TryNextFlavor';
  return isDefault && preference === undefined ? undefined : { ...words, ...fieldOf('preference', preference) };
}

const localQueueFields = new Set(['clusterQueue', 'fairSharing', 'stopPolicy']);

export const localQueues = defineJoinedKind({
  kind: 'LocalQueue',
  fields: { metadata: NamespacedMetadata, spec: Json.and(z.object({ clusterQueue: z.string() })) },
  parts({ spec: written, metadata, ...head }) {
    const spec = readSpec(written);
    const stopPolicy = spec.read('stopPolicy', Stop) ?? ('None' as const);
    const weight = spec.read('fairSharing', FairSharing)?.weight;
    const faults = [...spec.faults, ...unknownFields(written, localQueueFields, ['spec'])];
    const part: KueuePart = {
      is: 'localQueue',
      head: headOf({ ...head, metadata }),
      namespace: metadata.namespace,
      name: metadata.name,
      clusterQueue: written.clusterQueue,
      stopPolicy,
      weight,
      unread: pointersOf(faults),
    };
    return { parts: [{ key: written.clusterQueue, value: part }], faults };
  },
});

const cohortFields = new Set(['fairSharing', 'parent', 'parentName', 'resourceGroups']);

/** A cohort need not have an object: those that ClusterQueues name are there by that. */
export const cohorts = defineJoinedKind({
  kind: 'Cohort',
  fields: { spec: absent(FieldsOfObject) },
  parts({ spec: written = {}, metadata }) {
    const spec = readSpec(written);
    const groups = spec.read('resourceGroups', Groups) ?? [];
    const parent = spec.read('parentName', z.string()) ?? spec.read('parent', z.string());
    spec.read('fairSharing', FairSharing);
    const faults = [...spec.faults, ...unknownFields(written, cohortFields, ['spec'])];
    const part: KueuePart = {
      is: 'cohort',
      name: metadata.name,
      parent: parent === '' ? undefined : parent,
      groups,
      unread: pointersOf(faults),
    };
    return { parts: [], shared: [part], faults };
  },
});
