/**
 * MeshTLSAuthentication and NetworkAuthentication of Linkerd: names for clients. By themselves they impose nothing.
 *
 * A MeshTLSAuthentication without any identity is not accepted, and what names it is ignored.
 *
 * @see https://linkerd.io/2-edge/reference/authorization-policy/#meshtlsauthentication
 * @see https://linkerd.io/2-edge/reference/authorization-policy/#networkauthentication
 */
import { type Fault, NamespacedMetadata } from '../define.ts';
import { defineJoinedKind } from '../join.ts';
import { LooseSpec, Texts } from '../mesh-fields.ts';
import { shortListOf } from '../bounded-fields.ts';
import { unknownFields } from '../unknown-fields.ts';
import { readSpec } from '../spec-reader.ts';
import type { Authentication } from './authorization.ts';
import { identitiesOf, Networks, Reference } from './clients.ts';

interface Parts {
  readonly parts: { key: string; value: Authentication }[];
  readonly faults: readonly Fault[];
}

const References = shortListOf(Reference);
const knownTlsFields: ReadonlySet<string> = new Set(['identities', 'identityRefs']);

export const meshTlsAuthentications = defineJoinedKind({
  kind: 'MeshTLSAuthentication',
  fields: { metadata: NamespacedMetadata, spec: LooseSpec },
  parts({ metadata: { name, namespace }, spec }): Parts {
    const reader = readSpec(spec);
    const texts = reader.read('identities', Texts) ?? [];
    const references = reader.read('identityRefs', References) ?? [];
    const isKnown = ({ type }: Reference) => type === 'serviceaccount.' || type === 'namespace.';
    const faults = [
      ...reader.faults,
      ...unknownFields(spec, knownTlsFields, ['spec']),
      ...references.flatMap((reference, index) =>
        isKnown(reference)
          ? []
          : [{ path: ['spec', 'identityRefs', index, 'kind'], message: 'Must be ServiceAccount or Namespace' }],
      ),
    ];
    const identities = identitiesOf({
      texts,
      serviceAccounts: references
        .filter(({ type }) => type === 'serviceaccount.')
        .map((reference) => `${reference.namespace ?? namespace}/${reference.name}`),
      namespaces: references.filter(({ type }) => type === 'namespace.').map((reference) => reference.name),
    });
    const value: Authentication = {
      is: 'authentication',
      kind: 'MeshTLSAuthentication',
      name,
      identities,
      networks: [],
      unread: faults.length > 0,
    };
    return { parts: faults.length === 0 && identities.length === 0 ? [] : [{ key: namespace, value }], faults };
  },
});

const knownNetworkFields: ReadonlySet<string> = new Set(['networks']);

export const networkAuthentications = defineJoinedKind({
  kind: 'NetworkAuthentication',
  fields: { metadata: NamespacedMetadata, spec: LooseSpec },
  parts({ metadata: { name, namespace }, spec }): Parts {
    const reader = readSpec(spec);
    const networks = reader.readRequired('networks', Networks) ?? [];
    const faults = [...reader.faults, ...unknownFields(spec, knownNetworkFields, ['spec'])];
    const value: Authentication = {
      is: 'authentication',
      kind: 'NetworkAuthentication',
      name,
      identities: [],
      networks,
      unread: faults.length > 0,
    };
    return { parts: [{ key: namespace, value }], faults };
  },
});
