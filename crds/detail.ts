/**
 * ConstraintDetail and ClusterConstraintDetail: the full form, as JSON text, one string a constraint. A string costs the API
 * server a fraction of an object, and whoever may `get` the object may know all of it: it is the unit of access.
 */
import * as z from 'zod';

/** Largest sum of the lengths in bytes of the texts of one object. etcd refuses requests over 1.5 MiB. */
export const detailBytesMax = 524_288;

export const detailSubjects = ['constraints', 'workloads'] as const;
export const DetailSubject = z.enum(detailSubjects);
export type DetailSubject = z.infer<typeof DetailSubject>;

/** Not called `items`: the API server takes an object with such a field for a list, and refuses it from then on. */
const Texts = z.array(z.string()).meta({ 'x-kubernetes-list-type': 'atomic' });

export const ConstraintDetail = z
  .object({
    subject: DetailSubject.describe('What the texts are: constraints of the policies that live here, or workloads.'),
    part: z.int().min(0).describe('Number of this part of the subject, from 0.'),
    texts: Texts.describe('One JSON text each.'),
  })
  .describe("The full form of what the namespace's own policies impose, and of the workloads they bind, as JSON text.");
export type ConstraintDetail = z.infer<typeof ConstraintDetail>;

export const ClusterConstraintDetail = z
  .object({
    source: z
      .object({ apiVersion: z.string(), kind: z.string(), name: z.string() })
      .describe('The cluster-scoped policy object.'),
    texts: Texts.describe('Its constraints, one JSON text each.'),
  })
  .describe('The full form of what one cluster-scoped policy imposes, as JSON text.');
export type ClusterConstraintDetail = z.infer<typeof ClusterConstraintDetail>;

/** `constraints`, `constraints-1`, …: the name of a part of a subject in its namespace. */
export function detailName(subject: DetailSubject, part: number): string {
  return part === 0 ? subject : `${subject}-${part}`;
}

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
