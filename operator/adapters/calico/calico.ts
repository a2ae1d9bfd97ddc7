/**
 * Policies of Calico: NetworkPolicy and GlobalNetworkPolicy, what they have staged, and the tiers in which they stand.
 *
 * - The same objects may be seen twice, in the API of Calico (projectcalico.org) and as what stores them
 *   (crd.projectcalico.org). Only the first then counts.
 * - Up to Calico 3.31 names of stored objects begin with the name of their tier, and the API leaves that out for the tier
 *   `default`. It is left out here for every tier: what is before the first dot is part of the name unless spec.tier says it.
 * - The API also lists every NetworkPolicy of Kubernetes, and AdminNetworkPolicies, under names of its own. They are no objects
 *   of Calico, and are read where they come from.
 *
 * NetworkSets, GlobalNetworkSets and HostEndpoints impose nothing: rules refer to them by labels.
 *
 * @see https://docs.tigera.io/calico/latest/reference/resources/networkpolicy
 * @see https://github.com/projectcalico/calico/blob/v3.31.2/libcalico-go/lib/names/policy.go
 */
import * as z from 'zod';
import { compareText } from '../../../crds/constraint.ts';
import { Metadata, type Fault, type ObjectHead, type Part } from '../define.ts';
import { absent } from '../fields.ts';
import { defineJoinedKind, defineJoiningAdapter, headOf, type ImposedBy, type JoinedKind } from '../join.ts';
import { networkDraft } from '../network-draft.ts';
import { type ReadPolicy, readPolicy } from './policy.ts';
import { readStagedKubernetesPolicy } from './staged-kubernetes.ts';
import { placeIn, readTier, type Tier } from './tier.ts';

interface Policy extends ReadPolicy {
  readonly is: 'policy';
  readonly head: ObjectHead;
  readonly isServed: boolean;
}

type Value = Policy | Tier;

const Spec = z.record(z.string(), z.unknown());
const served = 'projectcalico.org/';
/** Names under which the API lists what is none of its own. */
const foreign = /^(?:knp\.default|kanp\.adminnetworkpolicy|kbanp\.baselineadminnetworkpolicy)\./;

function definePolicy(
  kind: string,
  { isNamespaced }: { readonly isNamespaced: boolean },
  read: (spec: Readonly<Record<string, unknown>>, namespace: string | undefined) => ReadPolicy,
): JoinedKind<Value> {
  const metadata = isNamespaced ? Metadata.extend({ namespace: z.string() }) : Metadata;
  return defineJoinedKind({
    kind,
    fields: { metadata, spec: absent(Spec) },
    parts(object): { parts: Part<Value>[]; faults?: readonly Fault[] } {
      const { name } = object.metadata;
      if (foreign.test(name)) return { parts: [] };
      const namespace = isNamespaced ? object.metadata.namespace : undefined;
      const policy = read(object.spec ?? {}, namespace);
      const head = headOf(object);
      const value: Policy = { is: 'policy', head, isServed: object.apiVersion.startsWith(served), ...policy };
      return { parts: [{ key: `${kind}/${namespace ?? ''}/${nameIn(policy.tier, name)}`, value }] };
    },
  });
}

/** The name of a policy without that of its tier. */
function nameIn(tier: string, name: string): string {
  const prefix = `${tier}.`;
  return name.startsWith(prefix) && name.length > prefix.length ? name.slice(prefix.length) : name;
}

const tiers: JoinedKind<Value> = defineJoinedKind({
  kind: 'Tier',
  fields: { spec: absent(Spec) },
  parts({ apiVersion, metadata: { name }, spec = {} }) {
    const { tier, faults } = readTier(name, spec, apiVersion.startsWith(served));
    return { parts: [], shared: [tier], faults };
  },
});

const namespaced = { isNamespaced: true };
const clusterWide = { isNamespaced: false };

export const calico = defineJoiningAdapter<Value>({
  id: 'calico',
  resources: ['crd.projectcalico.org', 'projectcalico.org'].flatMap((group) =>
    [
      'globalnetworkpolicies',
      'networkpolicies',
      'stagedglobalnetworkpolicies',
      'stagedkubernetesnetworkpolicies',
      'stagednetworkpolicies',
      'tiers',
    ].map((plural) => ({ group, plural })),
  ),
  kinds: [
    definePolicy('GlobalNetworkPolicy', clusterWide, (spec) => readPolicy(spec, false, undefined)),
    definePolicy('NetworkPolicy', namespaced, (spec, namespace) => readPolicy(spec, false, namespace)),
    definePolicy('StagedGlobalNetworkPolicy', clusterWide, (spec) => readPolicy(spec, true, undefined)),
    definePolicy('StagedKubernetesNetworkPolicy', namespaced, (spec, namespace = '') =>
      readStagedKubernetesPolicy(spec, namespace),
    ),
    definePolicy('StagedNetworkPolicy', namespaced, (spec, namespace) => readPolicy(spec, true, namespace)),
    tiers,
  ],
  join(values) {
    const policies = values.filter((value) => value.is === 'policy');
    const known = values.filter((value) => value.is === 'tier');
    const isServed = policies.some((policy) => policy.isServed);
    return policies
      .filter((policy) => policy.isServed === isServed)
      .toSorted((a, b) => compareText(a.head.metadata.name, b.head.metadata.name))
      .map((policy) => imposedBy(policy, known));
  },
});

function imposedBy({ head, tier, order, imposes, faults }: Policy, tiersRead: readonly Tier[]): ImposedBy {
  const { place, otherwise } = placeIn(tier, order, tiersRead);
  return {
    source: head,
    drafts: imposes.map(({ rule, ...subject }) => {
      const { form, direction, clauses, ...rest } = rule;
      // At these hooks the end of a tier drops nothing.
      const end = rule.hook === 'preDnat' || rule.hook === 'untracked' ? 'next' : otherwise;
      const draft = networkDraft({ ...subject, rule: { form, direction, clauses, otherwise: end, place, ...rest } });
      return { ...draft, name: nameIn(tier, head.metadata.name) };
    }),
    faults,
  };
}
