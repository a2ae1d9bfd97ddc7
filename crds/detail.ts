/**
 * ConstraintDetail and ClusterConstraintDetail: the full form, as JSON text, one string a constraint. A string costs the API
 * server a fraction of an object, and whoever may `get` the object may know all of it: it is the unit of access.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Source } from './constraint.ts';

/** Largest size in bytes of one object as JSON. etcd refuses requests over 1.5 MiB. */
export const detailBytesMax = 524_288;
/** Largest sum of `storedBytes` of its texts; the rest is for its metadata. */
export const detailTextsBytesMax = detailBytesMax - 4_096;

/** What a text takes in an object, in bytes: there it is a JSON string, and each of its quotes two characters. */
export function storedBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) + 1;
}

export const detailSubjects = ['constraints', 'namespace', 'workloads'] as const;
export const DetailSubject = z.enum(detailSubjects);
export type DetailSubject = z.infer<typeof DetailSubject>;

/** Not called `items`: the API server takes an object with such a field for a list, and refuses it from then on. */
const Texts = z.array(z.string()).meta({ 'x-kubernetes-list-type': 'atomic' });

const Part = z.int().min(0).describe('Number of this part of the subject, from 0.');

export const ConstraintDetail = z
  .object({
    subject: DetailSubject.describe(
      'What the texts are: constraints of the policies that live here, and then parameters that policies find here, facts of ' +
        'the namespace, or workloads.',
    ),
    part: Part,
    texts: Texts.describe('One JSON text each.'),
  })
  .describe(
    "The full form of what the namespace's own policies impose, and of what selectors there may meet, as JSON text.",
  );
export type ConstraintDetail = z.infer<typeof ConstraintDetail>;

export const clusterDetailSubjects = ['cluster', 'policy'] as const;

export const ClusterConstraintDetail = z
  .object({
    subject: z
      .enum(clusterDetailSubjects)
      .describe('What the texts are: constraints of one policy, and then their parameters, or facts of the cluster.'),
    part: Part,
    source: z
      .object({ apiVersion: z.string(), kind: z.string(), name: z.string() })
      .optional()
      .describe('The cluster-scoped policy object, of the subject policy.'),
    texts: Texts.describe('One JSON text each.'),
  })
  .describe('The full form of what one cluster-scoped policy imposes, or facts of the whole cluster, as JSON text.');
export type ClusterConstraintDetail = z.infer<typeof ClusterConstraintDetail>;

/** `constraints`, `constraints-1`, …: the name of a part of a subject in its namespace. */
export function detailName(subject: DetailSubject, part: number): string {
  return part === 0 ? subject : `${subject}-${part}`;
}

/** The name of the ClusterConstraintDetail with facts of the cluster, and so of no policy. */
export const clusterFactsName = 'cluster';

/** Leaves room for the digest and the number of a part within the 253 characters of an object name. */
const readableNameMax = 200;

/**
 * The name of the ClusterConstraintDetail of a cluster-scoped policy: kind and name to be read by people, and a digest of
 * group, kind and name, which keeps apart what looks alike. Names of policies may hold what names of ours may not (`:`), and
 * two groups may have the same kind. Not the version: the API server may come to prefer another.
 */
export function clusterDetailName({ apiVersion, kind, name }: Omit<Source, 'namespace'>): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const digest = createHash('sha256').update(`${group}\n${kind}\n${name}`).digest('hex').slice(0, 16);
  const readable = `${kind}-${name}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, readableNameMax)
    .replace(/^-/, '');
  return [...(readable === '' ? [] : [readable.replace(/-$/, '')]), digest].join('-');
}

/** The name of a part: the first has no number. */
export function clusterDetailPartName(name: string, part: number): string {
  return part === 0 ? name : `${name}-${part}`;
}

const partOfClusterDetail = /^(cluster|(?:.*-)?[0-9a-f]{16})-[0-9]{1,9}$/;

/** Of a part's name, the name without its number. A name that this program does not give stands for itself. */
export function clusterDetailNameOfPart(partName: string): string {
  return partOfClusterDetail.exec(partName)?.[1] ?? partName;
}

/** A kind of class of which names are known: what a pod, a claim or an Ingress may refer to. */
export const classKinds = ['IngressClass', 'PriorityClass', 'RuntimeClass', 'StorageClass'] as const;
export const ClassKind = z.enum(classKinds);
export type ClassKind = z.infer<typeof ClassKind>;

/** A text of the subject `cluster`. */
export const ClusterFact = z.union([
  z.object({
    kind: z.literal('APIResource').describe('A kind of object that the API server serves.'),
    group: z.string(),
    version: z.string().describe('The one that its group prefers.'),
    plural: z.string(),
    objectKind: z.string().describe('The kind of its objects.'),
    namespaced: z.boolean(),
  }),
  z.object({
    kind: ClassKind,
    name: z.string(),
    default: z.literal(true).optional().describe('What names no class gets it.'),
  }),
]);
export type ClusterFact = z.infer<typeof ClusterFact>;

/** A text of the subject `namespace`. */
export const StoredNamespaceFact = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('Namespace'), labels: z.record(z.string(), z.string()) }),
  z.object({
    kind: z.literal('Service'),
    name: z.string(),
    type: z.string(),
    selector: z.record(z.string(), z.string()).optional().describe('Absent: somebody else keeps its endpoints.'),
    headless: z.literal(true).optional().describe('It has no address of its own.'),
    ports: z.array(
      z.object({
        name: z.string().optional(),
        protocol: z.string(),
        port: z.int(),
        targetPort: z.union([z.int(), z.string()]).optional().describe('Absent: the same as port.'),
        nodePort: z.int().optional(),
      }),
    ),
  }),
  z.object({ kind: z.literal('ServiceAccount'), name: z.string() }),
  z.object({ kind: z.literal('PersistentVolumeClaim'), name: z.string() }),
]);
export type StoredNamespaceFact = z.infer<typeof StoredNamespaceFact>;

/** A text of the subject `workloads`: what selectors and explanations need to know of a workload, nothing else. */
export const StoredWorkload = z.object({
  kind: z.string(),
  name: z.string(),
  labels: z.record(z.string(), z.string()).describe('Of its pods.'),
  serviceAccount: z.string().optional().describe('Absent when it is not known (a pod of a kind that is not read).'),
  ports: z
    .array(z.object({ name: z.string(), protocol: z.string(), port: z.int() }))
    .optional()
    .describe('Named container ports.'),
  hostNetwork: z
    .literal(true)
    .optional()
    .describe('Its pods use the network of their node. Absent also when that is not known.'),
});
export type StoredWorkload = z.infer<typeof StoredWorkload>;

const parameterFields = {
  apiVersion: z.string(),
  objectKind: z.string().describe('The kind of the object.'),
};

/** The first field of these texts, which stand after those of the constraints, tells them from one of a constraint. */
const parameterStart = '{"kind":"Parameter';

/** Whether a text of the subject `constraints` or `policy` is a StoredParameter, and not a constraint. */
export function isParameterText(text: string): boolean {
  return text.startsWith(parameterStart);
}

/** Largest length in bytes of one parameter object, and of all of one namespace or policy. */
export const parameterBytesMax = 65_536;
export const parametersBytesMax = detailBytesMax;
/** Most parameter objects of one namespace or policy that are named. */
export const parametersMax = 1_000;

/** An object that a rule takes parameters from: a text of the subject `constraints` or `policy`, after those of the constraints. */
export const StoredParameter = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('Parameter'),
    ...parameterFields,
    name: z.string(),
    namespace: z.string().optional(),
    object: z
      .record(z.string(), z.unknown())
      .optional()
      .describe(
        'Without status, metadata.managedFields and metadata.resourceVersion, which change too often. Absent: it is too ' +
          'large, and what depends on it is not known.',
      ),
  }),
  z.object({
    kind: z.literal('ParametersLeftOut').describe('There are more objects than can be stored, and which is not told.'),
    count: z.int().min(1),
  }),
]);
export type StoredParameter = z.infer<typeof StoredParameter>;
