/**
 * The circumstances of a request as the tests of an oracle give them: labels of namespaces, who asks, and which operation it is.
 */
import * as z from 'zod';
import type { Corpus } from './corpus.ts';
import type { RequestUser } from './scope-match.ts';

const Files = z.array(z.string()).optional();
/** A row of an oracle of the corpus. */
export const Row = z.object({
  id: z.string(),
  expected: z.string(),
  source: z.string().optional(),
  policy_file: z.string().optional(),
  policy_name: z.string().optional(),
  rule: z.string().nullish(),
  binding_files: Files,
  exception_files: Files,
  template_file: z.string().optional(),
  constraint_file: z.string().optional(),
  resource_file: z.string().optional(),
  resource_doc_index: z.int().optional(),
  resource_namespace: z.string().optional(),
  object_file: z.string().optional(),
  object_doc_index: z.int().optional(),
  old_object_file: z.string().optional(),
  old_object_doc_index: z.int().optional(),
  admission_review: z.boolean().optional(),
  namespace: z.string().nullish(),
  namespace_file: z.string().optional(),
  variables_file: z.string().optional(),
  userinfo_file: z.string().optional(),
  prerequisite_files: Files,
  cluster_resources_files: Files,
  operation: z.string().optional(),
  patched_resource_file: z.string().optional(),
});
export type Row = z.infer<typeof Row>;

/** What a test says of the circumstances of a request, beside its object. */
export interface Context {
  readonly labelsOf: (namespace: string) => Readonly<Record<string, string>>;
  readonly user: RequestUser | undefined;
  /** In place of creation. */
  readonly operation: string | undefined;
  /** Fields of the object are others than those that it has. */
  readonly changesObject: boolean;
}

const Labels = z.record(z.string(), z.string()).catch({});
const Metadata = z.object({
  name: z.string().catch(''),
  generateName: z.string().optional().catch(undefined),
  namespace: z.string().optional().catch(undefined),
  labels: Labels,
  annotations: Labels,
});
const Given = z.record(z.string(), z.unknown()).catch({});
const Values = z.object({
  globalValues: Given,
  policies: z
    .array(
      z.object({
        name: z.string(),
        resources: z.array(z.object({ name: z.string(), values: Given })).catch([]),
      }),
    )
    .catch([]),
  namespaces: z.array(z.object({ metadata: Metadata })).catch([]),
  namespaceSelector: z.array(z.object({ name: z.string(), labels: Labels })).catch([]),
});
const UserInfo = z.object({
  userInfo: z.object({ username: z.string().catch(''), groups: z.array(z.string()).catch([]) }).optional(),
  roles: z.array(z.string()).catch([]),
  clusterRoles: z.array(z.string()).catch([]),
});

/** Who ran the tests that spoke to a cluster. */
const administrator: RequestUser = {
  name: 'kubernetes-admin',
  groups: ['system:masters', 'system:authenticated'],
  roles: [],
  clusterRoles: ['cluster-admin'],
};

/** @param name Of the object that is asked about. */
export function contextOf(row: Row, corpus: Corpus, name: string): Context {
  const known = new Map<string, Readonly<Record<string, string>>>();
  const files = [
    row.resource_file,
    row.namespace_file,
    ...(row.prerequisite_files ?? []),
    ...(row.cluster_resources_files ?? []),
  ];
  const objects = files.flatMap((file) => (file === undefined ? [] : corpus.objects(file)));
  for (const object of objects.filter(({ kind }) => kind === 'Namespace')) {
    const { name: namespace, labels } = metadataOf(object);
    known.set(namespace, labels);
  }
  const variables = row.variables_file === undefined ? [] : corpus.objects(row.variables_file);
  const values = variables.flatMap((each) => Values.safeParse(each).data ?? []);
  for (const { namespaces, namespaceSelector } of values) {
    for (const { name: namespace, labels } of [...namespaces.map(({ metadata }) => metadata), ...namespaceSelector]) {
      known.set(namespace, labels);
    }
  }
  const given = values.flatMap(({ globalValues, policies }) => [
    globalValues,
    ...policies
      .filter((policy) => policy.name === row.policy_name)
      .flatMap(({ resources }) =>
        resources.filter((resource) => resource.name === name).map((resource) => resource.values),
      ),
  ]);
  const operation = given.map((each) => each['request.operation']).find((each) => typeof each === 'string');
  return {
    operation: row.operation ?? operation,
    changesObject: given.some((each) => Object.keys(each).some((key) => key.startsWith('request.object'))),
    labelsOf: (namespace) => ({ 'kubernetes.io/metadata.name': namespace, ...known.get(namespace) }),
    user: row.source === 'chainsaw' ? administrator : userOf(row, corpus),
  };
}

function userOf({ userinfo_file: file }: Row, corpus: Corpus): RequestUser | undefined {
  const [object] = file === undefined ? [] : corpus.objects(file);
  const info = UserInfo.safeParse(object).data;
  if (info === undefined) return undefined;
  const { userInfo = { username: '', groups: [] }, roles, clusterRoles } = info;
  return { name: userInfo.username, groups: userInfo.groups, roles, clusterRoles };
}

/** Without what no object should have there. */
export function metadataOf(object: Readonly<Record<string, unknown>>): z.infer<typeof Metadata> {
  return Metadata.catch({ name: '', labels: {}, annotations: {} }).parse(object['metadata']);
}
