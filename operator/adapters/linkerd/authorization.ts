/**
 * AuthorizationPolicy and ServerAuthorization of Linkerd: whom they let through, and to what.
 *
 * - An AuthorizationPolicy names a Server, a route (HTTPRoute of either group, GRPCRoute) or its own Namespace, which stands for
 *   every Server of it. Every authentication that it names must hold; without any, everybody is let through. One that is not
 *   there, or more than one that is about identities, or about networks, and the whole policy is ignored.
 * - The older ServerAuthorization names a Server, or selects Servers by labels; it asks for identities and networks itself.
 *   Without networks it is about all. One that asks for no client at all is not accepted.
 *
 * @see https://linkerd.io/2-edge/reference/authorization-policy/
 * @see https://github.com/linkerd/linkerd2/blob/edge-25.8.1/policy-controller/k8s/index/src/inbound/index.rs
 * @see https://github.com/linkerd/linkerd2/blob/edge-25.8.1/policy-controller/k8s/index/src/inbound/server_authorization.rs
 */
import * as z from 'zod';
import type { LabelSelector } from '../../../crds/label-selector.ts';
import type { MeshClause, MeshTarget } from '../../../crds/rules/mesh.ts';
import type { IpBlock } from '../../../crds/rules/network.ts';
import { type Fault, NamespacedMetadata, type ObjectHead } from '../define.ts';
import { absent, SelectorField } from '../fields.ts';
import { defineJoinedKind, headOf } from '../join.ts';
import { LooseSpec, Texts } from '../mesh-fields.ts';
import { shortListOf } from '../bounded-fields.ts';
import { pointersOf } from '../fault-pointers.ts';
import { unknownFields } from '../unknown-fields.ts';
import { readSpec } from '../spec-reader.ts';
import { type Identities, identitiesOf, Networks, networksOf, Reference } from './clients.ts';

export interface Authorization {
  readonly is: 'authorization';
  readonly head: ObjectHead;
  readonly namespace: string;
  readonly to: AuthorizationTarget;
  /** What it asks for itself; undefined when it is ignored. */
  readonly clause: Pick<MeshClause, 'from' | 'when'> | undefined;
  readonly references: readonly Reference[];
  readonly unread: readonly string[];
}

export type AuthorizationTarget =
  | { readonly of: 'server'; readonly name: string }
  | { readonly of: 'servers'; readonly selector: LabelSelector }
  | { readonly of: 'namespace' }
  | { readonly of: 'route'; readonly target: MeshTarget }
  | { readonly of: 'unknown' };

/** Identities or networks with a name; undefined when it is not valid, which is as if it were not there. */
export interface Authentication {
  readonly is: 'authentication';
  readonly kind: 'MeshTLSAuthentication' | 'NetworkAuthentication';
  readonly name: string;
  readonly identities: Identities;
  readonly networks: readonly IpBlock[];
  readonly unread: boolean;
}

type Target = AuthorizationTarget;

const References = shortListOf(Reference);
const knownPolicyFields: ReadonlySet<string> = new Set(['targetRef', 'requiredAuthenticationRefs']);
const authenticationTypes: ReadonlySet<string> = new Set([
  'meshtlsauthentication.policy.linkerd.io',
  'networkauthentication.policy.linkerd.io',
  'serviceaccount.',
]);

export const authorizationPolicies = defineJoinedKind({
  kind: 'AuthorizationPolicy',
  fields: { metadata: NamespacedMetadata, spec: LooseSpec },
  parts(object): { parts: { key: string; value: Authorization }[]; faults: readonly Fault[] } {
    const { namespace } = object.metadata;
    const reader = readSpec(object.spec);
    const target = reader.readRequired('targetRef', Reference);
    const references = reader.readRequired('requiredAuthenticationRefs', References) ?? [];
    const faults = [
      ...reader.faults,
      ...unknownFields(object.spec, knownPolicyFields, ['spec']),
      ...(target === undefined || targetOf(target, namespace).of !== 'unknown'
        ? []
        : [
            {
              path: ['spec', 'targetRef', 'kind'],
              message: 'Must be Server, HTTPRoute, GRPCRoute or the own Namespace',
            },
          ]),
      ...references.flatMap(({ type }, index) =>
        authenticationTypes.has(type)
          ? []
          : [
              {
                path: ['spec', 'requiredAuthenticationRefs', index, 'kind'],
                message: 'Must be MeshTLSAuthentication, NetworkAuthentication or ServiceAccount',
              },
            ],
      ),
    ];
    const value: Authorization = {
      is: 'authorization',
      head: headOf(object),
      namespace,
      to: target === undefined ? { of: 'unknown' } : targetOf(target, namespace),
      clause: {},
      references,
      unread: pointersOf(faults),
    };
    return { parts: [{ key: namespace, value }], faults };
  },
});

function targetOf({ type, group, kind, name }: Reference, namespace: string): Target {
  switch (type) {
    case 'server.policy.linkerd.io':
      return { of: 'server', name };
    case 'namespace.':
      return name === namespace ? { of: 'namespace' } : { of: 'unknown' };
    case 'httproute.policy.linkerd.io':
    case 'httproute.gateway.networking.k8s.io':
    case 'grpcroute.gateway.networking.k8s.io':
      return { of: 'route', target: { group, kind, namespace, name } };
    default:
      return { of: 'unknown' };
  }
}

const ServerSelector = z.strictObject({ name: absent(z.string()), selector: absent(SelectorField) });
const MeshTls = z.strictObject({
  unauthenticatedTLS: absent(z.boolean()),
  identities: absent(Texts),
  serviceAccounts: absent(shortListOf(z.strictObject({ name: z.string(), namespace: absent(z.string()) }))),
});
const Client = z.strictObject({
  networks: absent(Networks),
  unauthenticated: absent(z.boolean()),
  meshTLS: absent(MeshTls),
});
const knownServerAuthorizationFields: ReadonlySet<string> = new Set(['server', 'client']);

export const serverAuthorizations = defineJoinedKind({
  kind: 'ServerAuthorization',
  fields: { metadata: NamespacedMetadata, spec: LooseSpec },
  parts(object): { parts: { key: string; value: Authorization }[]; faults: readonly Fault[] } {
    const { namespace } = object.metadata;
    const reader = readSpec(object.spec);
    const server = reader.readRequired('server', ServerSelector);
    const client = reader.readRequired('client', Client);
    const faults = [...reader.faults, ...unknownFields(object.spec, knownServerAuthorizationFields, ['spec'])];
    const value: Authorization = {
      is: 'authorization',
      head: headOf(object),
      namespace,
      to: serversOf(server),
      clause: client === undefined ? undefined : clauseOf(client, namespace),
      references: [],
      unread: pointersOf(faults),
    };
    return { parts: [{ key: namespace, value }], faults };
  },
});

function serversOf(server: z.infer<typeof ServerSelector> | undefined): Target {
  if (server === undefined) return { of: 'unknown' };
  return server.name === undefined
    ? { of: 'servers', selector: server.selector ?? {} }
    : { of: 'server', name: server.name };
}

function clauseOf(
  { networks = [], unauthenticated = false, meshTLS }: z.infer<typeof Client>,
  namespace: string,
): Authorization['clause'] {
  const when = networks.length === 0 ? {} : networksOf(networks);
  if (unauthenticated) return when;
  if (meshTLS === undefined) return undefined;
  const { unauthenticatedTLS = false, identities = [], serviceAccounts = [] } = meshTLS;
  if (unauthenticatedTLS) return { from: [[{ attribute: 'connection.tls', by: 'text', values: ['*'] }]], ...when };
  const from = identitiesOf({
    texts: identities,
    serviceAccounts: serviceAccounts.map(({ name, namespace: own = namespace }) => `${own}/${name}`),
  });
  return from.length === 0 ? undefined : { from, ...when };
}
