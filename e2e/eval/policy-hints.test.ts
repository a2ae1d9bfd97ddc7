import { expect, test } from 'vitest';
import * as z from 'zod';
import { adapters } from '../../operator/adapters/all.ts';
import { isPolicyByName } from '../../operator/adapters/policy-hints.ts';
import { adapterOf } from '../../operator/discovery/decide-kinds.ts';
import { corpusMissing, corpusRows } from './corpus.ts';

const Row = z.object({ file: z.string(), group: z.string(), kind: z.string(), plural: z.string() });

/** Kinds of the corpus that deny, limit or change what others do, as their documentation says. */
const policies = new Set([
  ...['CustomQuota', 'GlobalCustomQuota', 'GlobalResourceQuota', 'ResourcePool', 'Tenant'].map(
    of('capsule.clastix.io'),
  ),
  ...['CiliumClusterwideNetworkPolicy', 'CiliumNetworkPolicy'].map(of('cilium.io')),
  ...['GlobalNetworkPolicy', 'NetworkPolicy'].map(of('crd.projectcalico.org')),
  ...['GlobalNetworkPolicy', 'NetworkPolicy'].map(of('projectcalico.org')),
  ...['ClusterQueue'].map(of('kueue.x-k8s.io')),
  ...['CleanupPolicy', 'ClusterCleanupPolicy', 'ClusterPolicy', 'Policy'].map(of('kyverno.io')),
  ...['Assign', 'AssignImage', 'AssignMetadata', 'ModifySet'].map(of('mutations.gatekeeper.sh')),
  ...['AdmissionPolicy', 'AdmissionPolicyGroup', 'ClusterAdmissionPolicy', 'ClusterAdmissionPolicyGroup'].map(
    of('policies.kubewarden.io'),
  ),
  ...['Deleting', 'Generating', 'ImageValidating', 'Mutating', 'Validating']
    .flatMap((what) => [`${what}Policy`, `Namespaced${what}Policy`])
    .map(of('policies.kyverno.io')),
  ...['AuthorizationPolicy', 'HTTPLocalRateLimitPolicy', 'MeshTLSAuthentication', 'Server', 'ServerAuthorization'].map(
    of('policy.linkerd.io'),
  ),
  ...['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy'].map(of('policy.networking.k8s.io')),
  ...['ClusterUsage', 'Usage'].map(of('protection.crossplane.io')),
  ...['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication'].map(of('security.istio.io')),
]);

function of(group: string) {
  return (kind: string) => `${kind}.${group}`;
}

test('few kinds are taken for policies by their names that are none', ({ skip }) => {
  if (corpusMissing !== undefined) skip(corpusMissing);
  // Constraints of Gatekeeper are known by their group: each template makes a kind with any name. Of a kind with an adapter
  // nobody asks what its name says.
  const rows = corpusRows('crds/index.jsonl', Row).filter(
    (row) => row.group !== 'constraints.gatekeeper.sh' && adapterOf(row, adapters) === undefined,
  );
  const names = new Map(rows.map((row) => [of(row.group)(row.kind), row]));
  const taken = [...names].filter(([, row]) => isPolicyByName(row)).map(([name]) => name);
  const wrong = taken.filter((name) => !policies.has(name));
  const missed = [...names.keys()].filter((name) => policies.has(name) && !taken.includes(name));
  console.log(JSON.stringify({ corpus: 'crds', kinds: names.size, taken, wrong, missed }, undefined, 1));
  expect(wrong.length / taken.length).toBeLessThan(0.15);
  const asked = [...policies].filter((name) => names.has(name));
  // Three of seven since an egress gateway counts as no policy: the same three were missed of eight before.
  expect(missed.length / asked.length).toBeLessThan(0.45);
});
