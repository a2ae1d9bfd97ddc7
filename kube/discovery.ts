import * as z from 'zod';
import { KubeError } from './errors.ts';
import type { Resource } from './resource.ts';
import type { Transport } from './transport.ts';

export interface ServedResource extends Resource {
  readonly verbs: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly string[];
}

export interface ServedResources {
  /** Every resource once, in the version its group prefers, sorted by group and plural. */
  readonly all: readonly ServedResource[];
  /** `group/version` of aggregated APIs whose server did not answer: what is listed for them may be old. Sorted. */
  readonly stale: readonly string[];
  find(wanted: { readonly group: string; readonly plural: string }): ServedResource | undefined;
  /** The same in one version, which its group need not prefer. */
  findIn(version: string, wanted: { readonly group: string; readonly plural: string }): ServedResource | undefined;
}

/** Go writes an empty list as null. */
const texts = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);

const DiscoveredResource = z.object({
  resource: z.string().min(1),
  // Absent when the kind of the resource is not known to the server that serves it.
  responseKind: z.object({ kind: z.string() }).nullish(),
  scope: z.string(),
  verbs: texts,
  categories: texts,
  subresources: z
    .array(z.object({ subresource: z.string() }))
    .nullish()
    .transform((list) => list ?? []),
});

const DiscoveredVersion = z.object({
  version: z.string().min(1),
  freshness: z.string().optional(),
  resources: z
    .array(DiscoveredResource)
    .nullish()
    .transform((list) => list ?? []),
});

const DiscoveryList = z.object({
  kind: z.literal('APIGroupDiscoveryList'),
  items: z.array(
    z.object({
      // The core group has no name.
      metadata: z.object({ name: z.string().default('') }),
      versions: z.array(DiscoveredVersion),
    }),
  ),
});

const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/**
 * Everything the API server serves, by two requests (aggregated discovery, stable since Kubernetes 1.30). Versions come in
 * the order their group prefers, so the first that has a resource is the one to ask for.
 *
 * @see https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery
 */
export async function discoverResources(transport: Transport, signal?: AbortSignal): Promise<ServedResources> {
  const lists = await Promise.all(['/api', '/apis'].map((path) => discover(transport, path, signal)));
  const resources = new Map<string, ServedResource>();
  const inVersions = new Map<string, ServedResource>();
  const stale = new Set<string>();
  for (const { metadata, versions } of lists.flatMap(({ items }) => items)) {
    const group = metadata.name;
    for (const version of versions) {
      if (version.freshness === 'Stale') stale.add(`${group}/${version.version}`);
      for (const discovered of version.resources) {
        const key = `${group}/${discovered.resource}`;
        const served = servedOf(group, version.version, discovered);
        if (served === undefined) continue;
        if (!resources.has(key)) resources.set(key, served);
        inVersions.set(`${key}/${version.version}`, served);
      }
    }
  }
  return {
    all: [...resources].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, resource]) => resource),
    stale: [...stale].toSorted(),
    find: ({ group, plural }) => resources.get(`${group}/${plural}`),
    findIn: (version, { group, plural }) => inVersions.get(`${group}/${plural}/${version}`),
  };
}

async function discover(transport: Transport, path: string, signal: AbortSignal | undefined) {
  const answer = await transport.request({ method: 'GET', path, accept, signal });
  const read = DiscoveryList.safeParse(answer);
  if (read.success) return read.data;
  const said = 'the answer is no APIGroupDiscoveryList: aggregated discovery needs Kubernetes 1.30 or newer';
  throw new KubeError('KUBE_UNREADABLE', { status: 200, request: `GET ${path}`, said, cause: read.error });
}

function servedOf(
  group: string,
  version: string,
  discovered: z.infer<typeof DiscoveredResource>,
): ServedResource | undefined {
  if (!discovered.responseKind) return undefined;
  return {
    group,
    version,
    plural: discovered.resource,
    kind: discovered.responseKind.kind,
    namespaced: discovered.scope === 'Namespaced',
    verbs: discovered.verbs,
    categories: discovered.categories,
    subresources: discovered.subresources.map(({ subresource }) => subresource),
  };
}
