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
import { type Context, contextOf, metadataOf, Row } from './scope-context.ts';
import type { AdmissionRequest } from './scope-match.ts';

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

/**
 * @param index A file with one row a line, as the oracles of the corpus have it.
 * @param root The folder that its paths are relative to.
 * @param every One of so many rows is taken.
 */
export function scopeRows(oracle: ScopeOracle, index: string, root: string, every = 1): readonly ScopeRow[] {
  const corpus = parsedOnce(corpusAt(root));
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

/** A file is behind hundreds of rows. */
function parsedOnce(corpus: Corpus): Corpus {
  const known = new Map<string, readonly JsonObject[]>();
  return {
    ...corpus,
    objects(file) {
      const objects = known.get(file) ?? corpus.objects(file);
      known.set(file, objects);
      return objects;
    },
  };
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
  const context = contextOf(row, corpus, metadataOf(object).name);
  const request =
    row.admission_review === true ? reviewed(object, kinds) : requestOf(object, row, corpus, kinds, context);
  return [
    {
      id: row.id,
      constraints,
      request,
      bound: isInForce(objects) && !context.changesObject ? boundBy(oracle, row) : undefined,
      // A mutation that changes nothing is skipped, too.
      conditional: hasConditions(constraints) || row.patched_resource_file !== undefined,
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
      return oracle === 'kyverno' && source === 'kyverno-test' && typeof rule === 'string' ? true : undefined;
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

/** What is sent to a Pod to be connected with it, and by which subresource. */
const connections: Readonly<Record<string, string>> = {
  PodAttachOptions: 'attach',
  PodExecOptions: 'exec',
  PodPortForwardOptions: 'portforward',
};

function requestOf(
  object: JsonObject,
  row: Row,
  corpus: Corpus,
  kinds: ObjectKinds,
  context: Context,
): AdmissionRequest {
  const connected = connections[String(object['kind'])];
  if (connected !== undefined) {
    const pod = requestOf({ ...object, apiVersion: 'v1', kind: 'Pod' }, row, corpus, kinds, context);
    return { ...pod, operation: 'CONNECT', subresource: connected };
  }
  const { group, plural, namespaced } = requestedKind(object, kinds);
  const metadata = metadataOf(object);
  const old =
    row.old_object_file === undefined ? undefined : objectAt(corpus, row.old_object_file, row.old_object_doc_index);
  const namespace = namespaced
    ? (metadata.namespace ?? row.resource_namespace ?? row.namespace ?? 'default')
    : undefined;
  const isNamespace = group === '' && object['kind'] === 'Namespace';
  return {
    operation: context.operation ?? 'CREATE',
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
