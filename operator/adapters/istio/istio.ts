/**
 * Istio: AuthorizationPolicy and RequestAuthentication, which add up and are read one by one; PeerAuthentication and Sidecar, of
 * which narrower ones take the place of wider ones. All bind workloads with a proxy of the mesh; whether one has it, and which
 * revision of Istio reads a policy, is not read.
 *
 * What each does stands in the file of its kind, whom they bind in binding.ts and levels.ts.
 *
 * @see https://istio.io/latest/docs/reference/config/security/
 */
import * as z from 'zod';
import { compareText } from '../../../crds/constraint.ts';
import type { Adapter } from '../define.ts';
import { defineJoiningAdapter } from '../join.ts';
import { authorizationPolicies } from './authorization-policy.ts';
import type { LevelValue } from './levels.ts';
import { peerAuthentications, peerDrafts, type PeerPolicy } from './peer-authentication.ts';
import { requestAuthentications } from './request-authentication.ts';
import { sidecarDrafts, sidecars, type SidecarPolicy } from './sidecar.ts';

type Value = LevelValue<PeerPolicy | SidecarPolicy>;

const levelled = defineJoiningAdapter<Value>({
  id: 'istio',
  resources: [
    { group: 'networking.istio.io', plural: 'sidecars' },
    { group: 'security.istio.io', plural: 'peerauthentications' },
  ],
  kinds: [peerAuthentications, sidecars],
  join(values) {
    const [kind] = values.flatMap(kindOfJoin);
    if (kind === 'peer') return peerDrafts(values.flatMap(ofPeers));
    return kind === 'sidecar' ? sidecarDrafts(values.flatMap(ofSidecars)) : [];
  },
});

/** What is said for the whole mesh is in every join, of either kind. */
function kindOfJoin(value: Value): ('peer' | 'sidecar')[] {
  if (value.is === 'mesh') return [];
  return [value.is === 'own' ? value.policy.is : value.of];
}

function ofPeers(value: Value): LevelValue<PeerPolicy>[] {
  if (value.is !== 'own' && value.is !== 'mesh') return [value];
  const { is, policy } = value;
  return policy.is === 'peer' ? [{ is, policy }] : [];
}

function ofSidecars(value: Value): LevelValue<SidecarPolicy>[] {
  if (value.is !== 'own' && value.is !== 'mesh') return [value];
  const { is, policy } = value;
  return policy.is === 'sidecar' ? [{ is, policy }] : [];
}

const Kind = z.object({ kind: z.string() });

export const istio: Adapter = {
  ...levelled,
  resources: [...authorizationPolicies.resources, ...levelled.resources, ...requestAuthentications.resources].toSorted(
    (a, b) => compareText(a.group, b.group) || compareText(a.plural, b.plural),
  ),
  read(object) {
    switch (Kind.safeParse(object).data?.kind) {
      case 'AuthorizationPolicy':
        return authorizationPolicies.read(object);
      case 'RequestAuthentication':
        return requestAuthentications.read(object);
      default:
        return levelled.read(object);
    }
  },
};
