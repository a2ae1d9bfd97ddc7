/**
 * Releases of Helm, told from what they made: labels and annotations of the objects. Revision and status of a release are only
 * in Secrets, which Potoo never reads.
 *
 * @see https://helm.sh/docs/chart_best_practices/labels/
 */
import * as z from 'zod';
import type { JsonObject } from '../../kube/object.ts';
import { isJsonObject } from '../../kube/object.ts';
import type { Resource } from '../../kube/resource.ts';
import { dataText } from '../answer/fence.ts';
import { refuse } from '../answer/levels.ts';
import type { Call } from '../call.ts';
import { shown } from '../words.ts';
import { type Cluster, clusterTool } from './define.ts';
import { OptionalNamespace } from './fields.ts';
import { scrubText } from './scrub.ts';
import { tableText } from './table.ts';

const served = (group: string, version: string, plural: string, kind: string): Resource => ({
  group,
  version,
  plural,
  kind,
  namespaced: true,
});

/** One of these is in nearly every chart. All are in the ClusterRole of the toolset. */
const looked: readonly Resource[] = [
  served('apps', 'v1', 'deployments', 'Deployment'),
  served('apps', 'v1', 'statefulsets', 'StatefulSet'),
  served('apps', 'v1', 'daemonsets', 'DaemonSet'),
  served('', 'v1', 'services', 'Service'),
  served('batch', 'v1', 'cronjobs', 'CronJob'),
  served('batch', 'v1', 'jobs', 'Job'),
];

const releasesMax = 200;
const note = 'Revision and status of a release are kept in Secrets, which Potoo never reads: use helm list for them.';

const Release = z.object({
  name: z.string(),
  namespace: z.string(),
  chart: z.string().optional().describe('Name and version of the chart, as its label says.'),
  app_version: z.string().optional(),
  objects: z.record(z.string(), z.int().min(1)).describe('How many objects of each kind were found.'),
});
type Release = z.output<typeof Release>;

export const helmList = clusterTool({
  name: 'helm_list',
  title: 'List Helm releases',
  description: 'Lists Helm releases by the labels and annotations of what they made. Revision and status are not told.',
  input: z.object({
    namespace: OptionalNamespace.describe('Only releases of this namespace.'),
    all_namespaces: z.boolean().optional().describe('Of all namespaces; so it is without a namespace, too.'),
  }),
  output: z.object({
    releases: z.array(Release).max(releasesMax),
    returned: z.int().min(0),
    truncated: z.boolean().describe('Whether there may be more than these.'),
    not_read: z.array(z.string()).max(20).describe('Kinds that were left out, and why.'),
    note: z.string(),
  }),
  text: ({ releases, truncated, not_read: left }) =>
    dataText({
      before: [
        `${releases.length} ${releases.length === 1 ? 'release' : 'releases'}${truncated ? '; there may be more' : ''}. ${note}`,
      ],
      data: [...releaseTable(releases).split('\n'), ...left.map((line) => `not read: ${line}`)],
    }),
  async run({ namespace, all_namespaces: all = false }, call, cluster) {
    const at = all ? undefined : namespace;
    const found = await Promise.all(
      [looked.slice(0, 3), looked.slice(3)].map((kinds) => readKinds(kinds, at, call, cluster)),
    );
    const answers = found.flat();
    const denied = answers.filter(
      ({ refused }) => refused?.code === 'FORBIDDEN' || refused?.code === 'UNAUTHENTICATED',
    );
    const failed = answers.find(
      ({ refused }) => refused !== undefined && !denied.some((each) => each.refused === refused),
    );
    if (failed?.refused !== undefined) return failed.refused;
    const where = at === undefined ? 'in all namespaces' : 'in the namespace';
    if (denied.length === looked.length) return refuse(call.caller, `list deployments.apps and the like ${where}`);
    const releases = releasesOf(answers.flatMap(({ kind, objects }) => objects.map((object) => ({ kind, object }))));
    const kept = fitting(releases, call.bytesMax);
    return {
      ok: true,
      value: {
        releases: [...kept],
        returned: kept.length,
        truncated: kept.length < releases.length || answers.some(({ more }) => more),
        not_read: denied.map(({ kind, refused }) => `${kind}: ${refused?.error ?? ''}`.slice(0, 300)),
        note,
      },
    };
  },
});

/** One after the other: a caller has few reads under way at a time. */
async function readKinds(kinds: readonly Resource[], namespace: string | undefined, call: Call, { reader }: Cluster) {
  const answers = [];
  for (const resource of kinds) {
    const labelSelector = 'app.kubernetes.io/managed-by=Helm';
    const listed = await reader.list(call, { resource, namespace }, { labelSelector });
    answers.push({
      kind: resource.kind,
      objects: listed.ok ? listed.value.rows.map(({ object }) => object) : [],
      more: listed.ok && listed.value.more,
      refused: listed.ok ? undefined : listed,
    });
  }
  return answers;
}

function releasesOf(objects: readonly { readonly kind: string; readonly object: JsonObject }[]): Release[] {
  const releases = new Map<string, Release>();
  for (const { kind, object } of objects) {
    const { metadata } = object;
    if (!isJsonObject(metadata)) continue;
    const [labels, annotations] = [textsOf(metadata.labels), textsOf(metadata.annotations)];
    const name = annotations('meta.helm.sh/release-name');
    const namespace = annotations('meta.helm.sh/release-namespace');
    // The label alone is a habit of people, too; both annotations Helm writes.
    if (name === undefined || namespace === undefined) continue;
    const key = `${namespace}/${name}`;
    const {
      chart = labels('helm.sh/chart'),
      app_version: version = labels('app.kubernetes.io/version'),
      ...known
    } = releases.get(key) ?? { name, namespace, objects: {} };
    releases.set(key, {
      ...known,
      ...(chart === undefined ? {} : { chart }),
      ...(version === undefined ? {} : { app_version: version }),
      objects: { ...known.objects, [kind]: (known.objects[kind] ?? 0) + 1 },
    });
  }
  return [...releases].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, release]) => release);
}

function textsOf(value: unknown): (name: string) => string | undefined {
  return (name) => {
    const text = isJsonObject(value) ? value[name] : undefined;
    return typeof text === 'string' && text !== '' ? shown(scrubText(text.slice(0, 8_000)), 253) : undefined;
  };
}

function fitting(releases: readonly Release[], bytesMax: number): readonly Release[] {
  let bytes = 3_000;
  const kept = releases.slice(0, releasesMax).findIndex((release) => {
    bytes += Buffer.byteLength(JSON.stringify(release)) + 1;
    return bytes > bytesMax;
  });
  return releases.slice(0, kept === -1 ? releasesMax : kept);
}

function releaseTable(releases: readonly Release[]): string {
  const rows = releases.map(({ name, namespace, chart = '', app_version: version = '', objects }) => ({
    cells: [
      name,
      namespace,
      chart,
      version,
      Object.entries(objects)
        .map(([kind, count]) => `${count} ${kind}`)
        .join(', '),
    ],
    object: {},
  }));
  return tableText({ columns: ['NAME', 'NAMESPACE', 'CHART', 'APP VERSION', 'FOUND'], rows }, 8_000).text;
}
