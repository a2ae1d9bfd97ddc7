/**
 * Policies of which a narrower one takes the place of a wider one: for the whole mesh (in the root namespace, without a
 * selector), for a namespace, for workloads by labels.
 *
 * What narrower policies take out stands in the scope of the wider one: namespaces in `excluded`, workloads as an expression on
 * their labels. In a namespace where only workloads are taken out the wider one is a constraint of its own. Where policies
 * of one level meet, the oldest comes first, then by name.
 *
 * Cost: a change is joined with the policies of its namespace, and once with a list of namespaces; only what is said for
 * the whole mesh is joined with every namespace.
 */
import { compareText } from '../../../crds/constraint.ts';
import type { LabelExpression } from '../../../crds/label-expression.ts';
import type { LabelSelector } from '../../../crds/label-selector.ts';
import type { Scope } from '../../../crds/scope.ts';
import type { ObjectHead, Part } from '../define.ts';
import { selectsAll } from '../fields.ts';
import type { MeshSubject } from '../mesh-text.ts';
import { rootNamespace } from './binding.ts';

/** What every such policy has, whatever it is about. */
export interface Levelled {
  readonly is: LevelledKind;
  readonly head: ObjectHead;
  readonly namespace: string;
  readonly createdAt: string;
  /** Undefined: all workloads of the namespace, or of the mesh. */
  readonly selector: LabelSelector | undefined;
  /** Pointers of what decides whom it binds and is not understood. It then takes nobody out of a wider one. */
  readonly scopeUnread: readonly string[];
  /** Whether it takes its workloads out of a wider policy. */
  readonly takesOut: boolean;
}

export type LevelValue<Policy> =
  | { readonly is: 'own'; readonly policy: Policy }
  | { readonly is: 'mesh'; readonly policy: Policy }
  /** A narrower policy in this namespace takes something out. */
  | { readonly is: 'narrower'; readonly of: LevelledKind; readonly namespace: string }
  /** The join is that of the whole mesh. */
  | { readonly is: 'meshJoin'; readonly of: LevelledKind };

type LevelledKind = 'peer' | 'sidecar';

/** What a policy contributes to the joins of its kind. */
export function levelParts<Policy extends Levelled>(policy: Policy) {
  const { is: of, namespace, selector, scopeUnread, takesOut } = policy;
  const meshKey = `${of} mesh`;
  if (namespace === rootNamespace && selector === undefined && scopeUnread.length === 0) {
    const parts: Part<LevelValue<Policy>>[] = [{ key: meshKey, value: { is: 'meshJoin', of } }];
    return { parts, shared: [{ is: 'mesh', policy } satisfies LevelValue<Policy>] };
  }
  const parts: Part<LevelValue<Policy>>[] = [{ key: `${of} namespace ${namespace}`, value: { is: 'own', policy } }];
  if (takesOut) parts.push({ key: meshKey, value: { is: 'narrower', of, namespace } });
  return { parts, shared: [] };
}

/** Policies by level, each level oldest first. */
export interface Levels<Policy> {
  /** For the whole mesh. */
  readonly mesh: readonly Policy[];
  /** Without a selector, or with one that is not understood. */
  readonly wide: readonly Policy[];
  readonly workloads: readonly Policy[];
  /** Where this is joined; undefined for the mesh. */
  readonly namespace: string | undefined;
  /** Namespaces in which narrower policies take something out. */
  readonly narrowed: readonly string[];
}

/** What one join is given, by level. */
export function levelsOf<Policy extends Levelled>(values: readonly LevelValue<Policy>[]): Levels<Policy> {
  const own = values.flatMap((value) => (value.is === 'own' ? [value.policy] : [])).toSorted(compareAge);
  const mesh = values.flatMap((value) => (value.is === 'mesh' ? [value.policy] : [])).toSorted(compareAge);
  const narrowed = values.flatMap((value) => (value.is === 'narrower' ? [value.namespace] : []));
  return {
    mesh,
    wide: own.filter(({ selector }) => selector === undefined),
    workloads: own.filter(({ selector }) => selector !== undefined),
    namespace: own[0]?.namespace,
    narrowed: [...new Set(narrowed)].toSorted(compareText),
  };
}

function compareAge(a: Levelled, b: Levelled): number {
  return (
    compareText(a.createdAt, b.createdAt) ||
    compareText(a.head.metadata.name, b.head.metadata.name) ||
    compareText(a.head.metadata.uid, b.head.metadata.uid)
  );
}

/**
 * Where a policy for the mesh is a constraint: in the join of the mesh for all namespaces in which nothing is taken out, in
 * that of a namespace for what is left of it. Undefined where it is none.
 */
export function meshScope(levels: Levels<Levelled>, leftOf: readonly LabelExpression[]) {
  const { namespace, narrowed, wide, workloads } = levels;
  if (namespace === undefined) {
    const namespaces = narrowed.length === 0 ? {} : { excluded: [...narrowed] };
    return {
      key: '',
      scope: { namespaces, workloads: { hostNetwork: false as const } } satisfies Scope,
      others: narrowed.length > 0,
    };
  }
  if (![...wide, ...workloads].some(({ takesOut }) => takesOut)) return undefined;
  return { key: ` in ${namespace}`, scope: scopeIn(namespace, undefined, leftOf), others: leftOf.length > 0 };
}

/** Whether it is for the whole mesh if what is not understood of it means nothing. */
export function isPerhapsForMesh({
  namespace,
  selector,
  scopeUnread,
}: Pick<Levelled, 'namespace' | 'selector' | 'scopeUnread'>): boolean {
  return namespace === rootNamespace && selector === undefined && scopeUnread.length > 0;
}

/** Workloads of a namespace with the labels, but for those that one of the expressions takes out. */
export function scopeIn(
  namespace: string,
  selector: LabelSelector | undefined,
  takenOut: readonly LabelExpression[],
  unread: readonly string[] = [],
): Scope {
  const [first] = takenOut;
  return {
    namespaces: isPerhapsForMesh({ namespace, selector, scopeUnread: unread }) ? {} : { names: [namespace] },
    workloads: {
      ...(selector === undefined || selectsAll(selector) ? {} : { selector }),
      ...(first === undefined ? {} : { expression: { not: takenOut.length === 1 ? first : { any: [...takenOut] } } }),
      hostNetwork: false,
    },
    ...(unread.length === 0 ? {} : { unread: [...unread] }),
  };
}

/** Of a policy for the whole mesh, as far as it is not about one namespace of it. */
export function subjectOf(selector: LabelSelector | undefined, others: boolean, everywhere = false): MeshSubject {
  return { selector: selector ?? {}, targets: [], others, everywhere };
}

type LabelEntries = readonly (readonly [key: string, value: string])[];

/** Labels that must all be there, as an expression. */
export function expressionOf(labels: LabelEntries): LabelExpression {
  const all = labels.map(([key, value]) => ({ key, operator: 'In' as const, values: [value] }));
  const [first] = all;
  return first !== undefined && all.length === 1 ? first : { all };
}

/** Whether whatever has all of `narrow` has all of `wide`. */
export function covers(wide: LabelEntries, narrow: ReadonlyMap<string, string>): boolean {
  return wide.every(([key, value]) => narrow.get(key) === value);
}

/** Whether anything can have all of both. */
export function meet(a: LabelEntries, b: ReadonlyMap<string, string>): boolean {
  return a.every(([key, value]) => (b.get(key) ?? value) === value);
}
