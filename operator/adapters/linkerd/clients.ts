/**
 * Which clients policies of Linkerd name: identities, which only a client with a proxy has, and networks.
 *
 * - One identity must hold: as text (`*` for any, `*.suffix`), or of a ServiceAccount or of all in a Namespace. The text of
 *   such an identity depends on the trust domain, which is set at installation: the objects are kept instead.
 * - One network must hold, without its exceptions. Where both are asked for, both must hold.
 *
 * @see https://linkerd.io/2-edge/reference/authorization-policy/
 * @see https://github.com/linkerd/linkerd2/blob/edge-25.8.1/policy-controller/k8s/index/src/inbound/meshtls_authentication.rs
 */
import * as z from 'zod';
import type { MeshClause, MeshMatch } from '../../../crds/rules/mesh.ts';
import type { IpBlock } from '../../../crds/rules/network.ts';
import { absent, listOf } from '../fields.ts';
import { Texts } from '../mesh-fields.ts';

/** An object of any kind, by group and kind. Linkerd takes kinds in any case, and `core` for the empty group. */
export const Reference = z
  .strictObject({
    group: absent(z.string()),
    kind: z.string(),
    name: absent(z.string()),
    namespace: absent(z.string()),
  })
  .transform(({ group = '', kind, name = '', namespace = '' }) => {
    const lower = group.toLowerCase();
    return {
      group: lower === 'core' ? '' : lower,
      kind,
      type: `${kind.toLowerCase()}.${lower === 'core' ? '' : lower}`,
      name,
      ...(namespace === '' ? {} : { namespace }),
    };
  });
export type Reference = z.infer<typeof Reference>;

const Network = z.strictObject({ cidr: z.string(), except: absent(Texts) });
/** Providers of clouds publish thousands of networks. */
export const Networks = z
  .array(z.unknown())
  .max(10_000)
  .pipe(listOf(Network))
  .transform((networks): IpBlock[] => networks.map(({ cidr, except = [] }) => ({ cidr, except })));

/** One of them must hold. */
export type Identities = NonNullable<MeshClause['from']>;

interface NamedIdentities {
  readonly texts?: readonly string[] | undefined;
  /** `namespace/name`. */
  readonly serviceAccounts?: readonly string[] | undefined;
  readonly namespaces?: readonly string[] | undefined;
}

/** A client with any of these; one of a namespace is any of its ServiceAccounts. */
export function identitiesOf({ texts = [], serviceAccounts = [], namespaces = [] }: NamedIdentities): Identities {
  const matches: readonly MeshMatch[] = [
    { attribute: 'source.identity', by: 'identity', values: [...texts] },
    { attribute: 'source.serviceAccount', by: 'serviceAccount', values: [...serviceAccounts] },
    { attribute: 'source.namespace', by: 'text', values: [...namespaces] },
  ];
  return matches.filter(({ values = [] }) => values.length > 0).map((match) => [match]);
}

/** Networks of any address are no demand. */
export function networksOf(blocks: readonly IpBlock[]): Pick<MeshClause, 'when'> {
  const isEverywhere = ['0.0.0.0/0', '::/0'].every((all) =>
    blocks.some(({ cidr, except }) => cidr === all && except.length === 0),
  );
  return isEverywhere ? {} : { when: [{ attribute: 'source.ip', by: 'address', blocks: [...blocks] }] };
}

/** With a certificate of the mesh. */
const anyIdentity: Identities = identitiesOf({ texts: ['*'] });
const inCluster: MeshClause['when'] = [{ attribute: 'source.ip', by: 'clusterNetworks' }];

/** Whom a default of Linkerd lets through. */
export const accessPolicies = {
  deny: { otherwise: 'deny', clause: undefined },
  audit: { otherwise: 'audit', clause: undefined },
  'all-unauthenticated': { otherwise: 'allow', clause: undefined },
  'all-authenticated': { otherwise: 'deny', clause: { from: anyIdentity } },
  'cluster-unauthenticated': { otherwise: 'deny', clause: { when: inCluster } },
  'cluster-authenticated': { otherwise: 'deny', clause: { from: anyIdentity, when: inCluster } },
} as const satisfies Record<string, { otherwise: string; clause: Pick<MeshClause, 'from' | 'when'> | undefined }>;
export const AccessPolicy = z.enum([
  'deny',
  'audit',
  'all-unauthenticated',
  'all-authenticated',
  'cluster-unauthenticated',
  'cluster-authenticated',
]);
