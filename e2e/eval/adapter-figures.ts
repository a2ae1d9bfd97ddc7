/**
 * What the adapters make of the policies of a corpus, as figures. Pure.
 *
 * Policies of one kind, namespace and name cannot stand in one cluster. Each of them is read beside the first of all others, so
 * that what puts a policy into force, or takes from it, is found wherever it lies in the corpus.
 */
import { compareText, type Constraint } from '../../crds/constraint.ts';
import type { Adapter, Problem } from '../../operator/adapters/define.ts';
import { readTogether } from '../../operator/adapters/join.ts';
import type { PolicyManifest } from './policy-manifests.ts';

/** An object without a constraint, or a part that could not be read, and why. */
export interface Remark {
  readonly file: string;
  readonly object: string;
  readonly text: string;
}

export interface AdapterFigures {
  readonly adapter: string;
  readonly objects: number;
  readonly constraints: number;
  readonly errors: readonly Remark[];
  /** Objects that are read without errors and impose nothing by themselves or together with others. */
  readonly boundToNobody: readonly Remark[];
  /** Constraints whose rule is not opaque and understood in all parts. */
  readonly realForm: number;
  /** Constraints whose scope has no part that is not understood. */
  readonly fullScope: number;
}

interface Policy extends PolicyManifest {
  readonly name: string;
  readonly layer: number;
}

/** Ordered by adapter; of adapters that something was found for. */
export function adapterFigures(manifests: readonly PolicyManifest[]): readonly AdapterFigures[] {
  const times = new Map<string, number>();
  const policies = manifests.map((manifest): Policy => {
    const { kind, metadata } = manifest.stored;
    const layer = times.get(metadata.uid) ?? 0;
    times.set(metadata.uid, layer + 1);
    const stored = { ...manifest.stored, metadata: { ...metadata, uid: `${metadata.uid}/${layer}` } };
    return { ...manifest, stored, name: nameOf(kind, metadata['namespace'], metadata['name']), layer };
  });
  return [...Map.groupBy(policies, ({ adapter }) => adapter)]
    .toSorted(([a], [b]) => compareText(a.id, b.id))
    .map(([adapter, own]) => figuresOf(adapter, own));
}

function figuresOf(adapter: Adapter, policies: readonly Policy[]): AdapterFigures {
  const read = layersOf(policies).flatMap((layer) => readLayer(adapter, policies, layer));
  const sources = new Set(read.flatMap(({ constraints }) => constraints.map(({ source }) => source.kind)));
  const constraints = read.flatMap((each) => each.constraints);
  return {
    adapter: adapter.id,
    objects: policies.length,
    constraints: constraints.length,
    errors: read.flatMap(({ policy, problems }) =>
      problems.map(({ object, path, message }) => ({ file: policy.file, object, text: `${path}: ${message}` })),
    ),
    boundToNobody: read
      .filter((each) => each.constraints.length === 0 && each.problems.length === 0 && isPolicy(each, sources))
      .map(({ policy, contributes }) => ({
        file: policy.file,
        object: policy.name,
        text: contributes ? 'nothing puts it into force' : 'imposes nothing',
      })),
    realForm: constraints.filter(hasRealForm).length,
    fullScope: constraints.filter(({ scope }) => scope.unread === undefined).length,
  };
}

/** Not a binding, a template or an exception, which say something of policies only. */
function isPolicy({ policy, contributes }: ReadPolicy, sources: ReadonlySet<string>): boolean {
  return !contributes || sources.has(String(policy.stored['kind']));
}

interface ReadPolicy {
  readonly policy: Policy;
  readonly constraints: readonly Constraint[];
  readonly problems: readonly Problem[];
  readonly contributes: boolean;
}

function layersOf(policies: readonly Policy[]): readonly number[] {
  return [...new Set(policies.map(({ layer }) => layer))].toSorted((a, b) => a - b);
}

/** What the policies of a layer impose. Those of the first layer that none of them replaces are read beside them. */
function readLayer(adapter: Adapter, policies: readonly Policy[], layer: number): readonly ReadPolicy[] {
  const own = policies.filter((policy) => policy.layer === layer);
  const replaced = new Set(own.map(({ name }) => name));
  const others = policies.filter((policy) => policy.layer === 0 && !replaced.has(policy.name));
  const beside = layer === 0 || adapter.join === undefined ? [] : others;
  const { constraints, problems } = readTogether(
    adapter,
    [...own, ...beside].map(({ stored }) => stored),
  );
  const bySource = Map.groupBy(constraints, ({ source }) => nameOf(source.kind, source.namespace, source.name));
  const byObject = Map.groupBy(problems, ({ object }) => object);
  return own.map((policy) => {
    const { parts = [], shared = [] } = adapter.read(policy.stored);
    return {
      policy,
      constraints: bySource.get(policy.name) ?? [],
      problems: byObject.get(policy.name) ?? [],
      contributes: parts.length + shared.length > 0,
    };
  });
}

/** As problems name objects. */
function nameOf(kind: unknown, namespace: unknown, name: unknown): string {
  return `${String(kind)} ${typeof namespace === 'string' ? `${namespace}/` : ''}${String(name)}`;
}

function hasRealForm({ rule }: Constraint): boolean {
  if (rule.form === 'opaque') return false;
  if (rule.form === 'network') return rule.clauses.every(({ unread }) => unread === undefined);
  return !('unread' in rule) || rule.unread === undefined;
}
