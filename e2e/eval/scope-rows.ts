/**
 * Verdicts of the engines themselves on policies and objects, as questions about scopes: is this object one that the policy
 * means? Where a verdict does not tell, `bound` is undefined.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { asStored } from '../../crds/cases/load-cases.ts';
import type { Constraint } from '../../crds/constraint.ts';
import { adapters } from '../../operator/adapters/all.ts';
import { readTogether } from '../../operator/adapters/join.ts';
import { adapterOf } from '../../operator/discovery/decide-kinds.ts';
import { type Corpus, corpusAt, type JsonObject, sharedCorpus } from './corpus.ts';
import { type ObjectKinds, objectKinds, requestedKind } from './object-kinds.ts';
import type { AdmissionRequest, RequestUser } from './scope-match.ts';

/** One question, with what the answer should be. */
export interface ScopeRow {
  readonly id: string;
  /** Of which one must mean the request. */
  readonly constraints: readonly Constraint[];
  readonly request: AdmissionRequest;
  readonly bound: boolean | undefined;
  /** A condition may be why it was skipped: scopes leave that open. */
  readonly conditional: boolean;
}

export const scopeOracles = ['kyverno', 'gatekeeper', 'vap'] as const;
export type ScopeOracle = (typeof scopeOracles)[number];

const Files = z.array(z.string()).optional();
const Row = z.object({
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
});
type Row = z.infer<typeof Row>;

/**
 * @param index A file with one row a line, as the oracles of the corpus have it.
 * @param root The folder that its paths are relative to.
 * @param every One of so many rows is taken.
 */
export function scopeRows(oracle: ScopeOracle, index: string, root: string, every = 1): readonly ScopeRow[] {
  const corpus = corpusAt(root);
  const definitions = existsSync(sharedCorpus.root)
    ? sharedCorpus.files('crds').flatMap((file) => sharedCorpus.objects(file))
    : [];
  const kinds = objectKinds(definitions);
  return readFileSync(index, 'utf8')
    .split('\n')
    .filter((line, number) => line !== '' && number % every === 0)
    .map((line) => Row.parse(JSON.parse(line)))
    .flatMap((row) => scopeRow(oracle, row, corpus, kinds));
}

/** The oracle of the corpus beside the project. */
export function sharedIndex(oracle: ScopeOracle): { readonly index: string; readonly root: string } {
  const root = join(sharedCorpus.root, 'oracles', oracle);
  return { index: join(root, 'index.jsonl'), root };
}

function scopeRow(oracle: ScopeOracle, row: Row, corpus: Corpus, kinds: ObjectKinds): ScopeRow[] {
  const policies = [
    row.policy_file,
    row.constraint_file,
    row.template_file,
    ...(row.binding_files ?? []),
    ...(row.exception_files ?? []),
  ];
  const objects = [...new Set(policies.flatMap((file) => file ?? []))].flatMap((file) => corpus.objects(file));
  const constraints = constraintsOf(objects, kinds).filter((constraint) => isOfRow(constraint, row));
  const file = row.resource_file ?? row.object_file;
  const object =
    file === undefined ? undefined : objectAt(corpus, file, row.resource_doc_index ?? row.object_doc_index);
  if (object === undefined) return [];
  const context = contextOf(row, corpus);
  const request =
    row.admission_review === true ? reviewed(object, kinds) : requestOf(object, row, corpus, kinds, context);
  return [
    {
      id: row.id,
      constraints,
      request,
      bound: isInForce(objects) ? boundBy(oracle, row) : undefined,
      conditional: hasConditions(constraints),
    },
  ];
}

/** Kyverno's command line judges by a policy that nothing binds; no API server does. */
function isInForce(objects: readonly JsonObject[]): boolean {
  const has = (kind: RegExp) => objects.some((object) => kind.test(String(object['kind'])));
  return !has(/^(Validating|Mutating)AdmissionPolicy$/) || has(/AdmissionPolicyBinding$/);
}

function boundBy(oracle: ScopeOracle, { expected, source, rule }: Row): boolean | undefined {
  switch (expected) {
    case 'fail':
    case 'deny':
    case 'warn':
    case 'bound':
      return true;
    case 'skip':
    case 'not-matched':
    case 'unbound':
      return false;
    default:
      // A policy that was asked about one of its rules answers for it; that a request was admitted says nothing.
      return oracle === 'kyverno' && source === 'kyverno-test' && rule !== undefined ? true : undefined;
  }
}

/** What these objects impose, each read by its adapter, all of them together. */
export function constraintsOf(objects: readonly JsonObject[], kinds: ObjectKinds): readonly Constraint[] {
  const readers = objects.flatMap((object) => {
    const kind = kinds(object);
    const id = kind === undefined ? undefined : adapterOf(kind, adapters);
    const adapter = adapters.find((one) => one.id === id);
    if (adapter === undefined || kind === undefined) return [];
    const { namespace = 'default', uid: _uid, ...metadata } = asStored(object).metadata;
    const placed = { ...metadata, ...(kind.namespaced ? { namespace } : {}) };
    return [{ adapter, object: asStored({ ...object, metadata: placed }) }];
  });
  return [...Map.groupBy(readers, ({ adapter }) => adapter)].flatMap(
    ([adapter, own]) =>
      readTogether(
        adapter,
        own.map(({ object }) => object),
      ).constraints,
  );
}

/** Rules that Kyverno makes of others for controllers have names of their own. */
function isOfRow({ name, key }: Constraint, { policy_name: policy, rule }: Row): boolean {
  if (policy !== undefined && name !== policy) return false;
  if (rule === undefined || rule === null) return true;
  return [rule, rule.replace(/^autogen-(cronjob-)?/, '')].some((one) => key === one || key.startsWith(`${one}/`));
}

/** Anchors, preconditions and exceptions of a rule are conditions, which no scope holds. */
function hasConditions(constraints: readonly Constraint[]): boolean {
  return constraints.some(({ rule, scope }) => {
    const text = JSON.stringify(rule);
    const isConditional = scope.admission?.some(
      ({ matchConditions, exceptions }) =>
        matchConditions !== undefined || exceptions?.some(({ conditional }) => conditional !== undefined),
    );
    return (
      isConditional === true || /[pP]reconditions"|"(<|=|\^|X|\+)?\([^"]*\)":/.test(text) || /"foreach"/.test(text)
    );
  });
}

function objectAt(corpus: Corpus, file: string, index = 0): JsonObject | undefined {
  return corpus.objects(file)[index];
}

interface Context {
  readonly labelsOf: (namespace: string) => Readonly<Record<string, string>>;
  readonly user: RequestUser | undefined;
}

const Labels = z.record(z.string(), z.string()).catch({});
const Metadata = z.object({
  name: z.string().catch(''),
  generateName: z.string().optional().catch(undefined),
  namespace: z.string().optional().catch(undefined),
  labels: Labels,
  annotations: Labels,
});
const Values = z.object({
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

function contextOf(row: Row, corpus: Corpus): Context {
  const known = new Map<string, Readonly<Record<string, string>>>();
  const files = [row.namespace_file, ...(row.prerequisite_files ?? []), ...(row.cluster_resources_files ?? [])];
  const objects = files.flatMap((file) => (file === undefined ? [] : corpus.objects(file)));
  for (const object of objects.filter(({ kind }) => kind === 'Namespace')) {
    const { name, labels } = metadataOf(object);
    known.set(name, labels);
  }
  const values = row.variables_file === undefined ? [] : corpus.objects(row.variables_file);
  for (const { namespaces, namespaceSelector } of values.flatMap((each) => Values.safeParse(each).data ?? [])) {
    for (const { name, labels } of [...namespaces.map(({ metadata }) => metadata), ...namespaceSelector]) {
      known.set(name, labels);
    }
  }
  return {
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

function metadataOf(object: Readonly<Record<string, unknown>>): z.infer<typeof Metadata> {
  return Metadata.catch({ name: '', labels: {}, annotations: {} }).parse(object['metadata']);
}

function requestOf(
  object: JsonObject,
  row: Row,
  corpus: Corpus,
  kinds: ObjectKinds,
  context: Context,
): AdmissionRequest {
  const { group, plural, namespaced } = requestedKind(object, kinds);
  const metadata = metadataOf(object);
  const old =
    row.old_object_file === undefined ? undefined : objectAt(corpus, row.old_object_file, row.old_object_doc_index);
  const namespace = namespaced
    ? (metadata.namespace ?? row.resource_namespace ?? row.namespace ?? 'default')
    : undefined;
  const isNamespace = group === '' && object['kind'] === 'Namespace';
  return {
    operation: row.operation ?? 'CREATE',
    group,
    version: versionOf(object),
    kind: String(object['kind']),
    plural,
    name: metadata.name,
    generateName: metadata.generateName,
    namespace,
    namespaceLabels: isNamespace
      ? { 'kubernetes.io/metadata.name': metadata.name, ...metadata.labels }
      : namespace === undefined
        ? undefined
        : context.labelsOf(namespace),
    labels: [metadata.labels, ...(old === undefined ? [] : [metadataOf(old).labels])],
    annotations: metadata.annotations,
    user: context.user,
  };
}

const Json = z.record(z.string(), z.unknown());
const Review = z.object({
  request: z.object({
    operation: z.string(),
    kind: z.object({ group: z.string().catch(''), version: z.string().catch(''), kind: z.string() }).optional(),
    resource: z.object({ resource: z.string() }).optional(),
    subResource: z.string().optional(),
    name: z.string().catch(''),
    namespace: z.string().optional(),
    object: Json.nullish(),
    oldObject: Json.nullish(),
  }),
});

/** An AdmissionReview as the API server sends it. */
function reviewed(review: JsonObject, kinds: ObjectKinds): AdmissionRequest {
  const { request } = Review.parse(review);
  const objects = [request.object, request.oldObject].filter((object) => object !== null && object !== undefined);
  const kind = request.kind ?? kindOf(objects[0] ?? {});
  const apiVersion = [kind.group, kind.version].filter((part) => part !== '').join('/');
  const { plural } = requestedKind({ apiVersion, kind: kind.kind }, kinds);
  const all = objects.map((object) => metadataOf(object));
  return {
    operation: request.operation,
    ...kind,
    plural: request.resource?.resource ?? plural,
    subresource: request.subResource,
    name: request.name === '' ? (all[0]?.name ?? '') : request.name,
    namespace: request.namespace === '' ? undefined : request.namespace,
    namespaceLabels: request.namespace === undefined ? undefined : { 'kubernetes.io/metadata.name': request.namespace },
    labels: all.map(({ labels }) => labels),
    annotations: all[0]?.annotations ?? {},
  };
}

/** Reviews of tests may leave it to their object. */
function kindOf(object: JsonObject): { readonly group: string; readonly version: string; readonly kind: string } {
  const apiVersion = String(object['apiVersion']);
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return { group, version: versionOf(object), kind: String(object['kind']) };
}

function versionOf({ apiVersion }: JsonObject): string {
  return String(apiVersion).replace(/^.*\//, '');
}
