/**
 * What a selector of Calico means for the objects that it can select, in the terms of labels that these really have.
 *
 * Calico gives every pod labels beside its own, which selectors ask for like for any other:
 * - `projectcalico.org/namespace`, `projectcalico.org/serviceaccount`: names, and `projectcalico.org/orchestrator`, which is `k8s`;
 * - `pcns.x`: the label x of the namespace, and `pcns.projectcalico.org/name`, its name;
 * - `pcsa.x`: the label x of the ServiceAccount, and `pcsa.projectcalico.org/name`, its name.
 *
 * A NetworkSet has those of its namespace; a GlobalNetworkSet and a HostEndpoint have none of them. What therefore holds or
 * fails by itself is left out. What is left is a LabelSelector as far as that can say it, and a LabelExpression beyond.
 *
 * @see https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#selectors
 * @see https://github.com/projectcalico/calico/blob/v3.32.1/libcalico-go/lib/backend/k8s/conversion/conversion.go
 */
import { compareText } from '../../../crds/constraint.ts';
import type { LabelExpression, LabelRequirement } from '../../../crds/label-expression.ts';
import type { Comparison, Selector } from './selector.ts';

export type Origin = NonNullable<LabelRequirement['of']>;

/** Of a namespace: the label that every one has, with its name. */
export const namespaceNameKey = 'kubernetes.io/metadata.name';
/** Of a ServiceAccount: no label, but Calico takes its name for one. */
export const accountNameKey = 'projectcalico.org/name';

/** Which objects are asked. */
export interface World {
  readonly objects: 'pods' | 'networkSets' | 'global';
  /** The one namespace where they are. Absent: they are in any. */
  readonly namespace?: string | undefined;
}

/** Whose labels a selector is about, when it stands in a field of its own. */
export type Field = 'own' | Origin;

/** Always, never, or as the labels are. */
export type Condition = boolean | LabelExpression;

const prefixes: Readonly<Record<Field, string>> = { own: '', namespace: 'pcns.', serviceAccount: 'pcsa.' };
const namespaceLabel = 'projectcalico.org/namespace';
const accountLabel = 'projectcalico.org/serviceaccount';

/** What the selector asks of objects of the world. */
export function conditionOf(selector: Selector, field: Field, world: World, negated = false): Condition {
  switch (selector.is) {
    // In a field about namespaces, all() is whatever is in one, and global() whatever is not.
    case 'all':
      return field === 'own' ? !negated : (world.objects === 'global') === negated;
    case 'global':
      return (world.objects === 'global') !== negated;
    case 'label': {
      const { comparison, values } = selector;
      const label = labelOf(`${prefixes[field]}${selector.key}`);
      const value = valueIn(world, label);
      if (value !== 'any') return holds(comparison, values, value) !== negated;
      return requirementOf(label, comparison, values, negated);
    }
    case 'not':
      return conditionOf(selector.of, field, world, !negated);
    case 'and':
    case 'or': {
      const parts = selector.parts.map((part) => conditionOf(part, field, world, negated));
      return (selector.is === 'and') === negated ? anyOf(parts) : allOf(parts);
    }
    default:
      return selector satisfies never;
  }
}

/** That objects of the world are in one of these namespaces, or pods run as one of these ServiceAccounts. */
export function isNamed(origin: Origin, names: readonly string[], world: World): Condition {
  const key = origin === 'namespace' ? namespaceLabel : accountLabel;
  return conditionOf({ is: 'label', key, comparison: 'In', values: names }, 'own', world);
}

/** That all of them hold. */
export function allOf(conditions: readonly Condition[]): Condition {
  if (conditions.includes(false)) return false;
  const parts = conditions.filter((condition) => condition !== true && condition !== false);
  const all = parts.flatMap((part) => ('all' in part ? part.all : [part]));
  const [only] = all;
  if (only === undefined) return true;
  return all.length === 1 ? only : { all };
}

/** That one of them holds. */
export function anyOf(conditions: readonly Condition[]): Condition {
  if (conditions.includes(true)) return true;
  const parts = conditions.filter((condition) => condition !== true && condition !== false);
  const any = unitedValues(parts.flatMap((part) => ('any' in part ? part.any : [part])));
  const [only] = any;
  if (only === undefined) return false;
  return any.length === 1 ? only : { any };
}

/** `a == 'x' || a == 'y'` is `a in {'x', 'y'}`, which a LabelSelector can say. */
function unitedValues(parts: readonly LabelExpression[]): LabelExpression[] {
  const united = new Map<string, LabelRequirement>();
  const others: LabelExpression[] = [];
  const listed = new Map<string, Set<string>>();
  for (const part of parts) {
    if (!('key' in part) || part.operator !== 'In') {
      others.push(part);
      continue;
    }
    const place = `${part.of ?? ''} ${part.key}`;
    const values = listed.get(place) ?? new Set();
    for (const value of part.values ?? []) values.add(value);
    listed.set(place, values);
    united.set(place, part);
  }
  const lists = [...united].map(([place, part]) => ({ ...part, values: sorted(listed.get(place) ?? []) }));
  return [...lists, ...others];
}

interface Label {
  readonly key: string;
  readonly of?: Origin;
  /** What every pod has in it. */
  readonly constant?: string;
}

function labelOf(key: string): Label {
  if (key === namespaceLabel || key === 'pcns.projectcalico.org/name')
    return { key: namespaceNameKey, of: 'namespace' };
  if (key === accountLabel || key === 'pcsa.projectcalico.org/name')
    return { key: accountNameKey, of: 'serviceAccount' };
  if (key === 'projectcalico.org/orchestrator') return { key, constant: 'k8s' };
  if (key.startsWith(prefixes.namespace)) return { key: key.slice(prefixes.namespace.length), of: 'namespace' };
  if (key.startsWith(prefixes.serviceAccount)) {
    return { key: key.slice(prefixes.serviceAccount.length), of: 'serviceAccount' };
  }
  return { key };
}

/** The value that the label has in all objects of the world, undefined where none has it, or `any`. */
function valueIn(world: World, { key, of, constant }: Label): { readonly is: string | undefined } | 'any' {
  if (constant !== undefined) return { is: world.objects === 'pods' ? constant : undefined };
  if (of === undefined) return 'any';
  if (world.objects === 'global') return { is: undefined };
  if (of === 'serviceAccount') return world.objects === 'pods' ? 'any' : { is: undefined };
  return key === namespaceNameKey && world.namespace !== undefined ? { is: world.namespace } : 'any';
}

function holds(
  comparison: Comparison,
  values: readonly string[],
  { is: value }: { readonly is: string | undefined },
): boolean {
  if (value === undefined) return comparison === 'NotIn';
  switch (comparison) {
    case 'In':
      return values.includes(value);
    case 'NotIn':
      return !values.includes(value);
    case 'Exists':
      return true;
    case 'Contains':
      return values.some((part) => value.includes(part));
    case 'StartsWith':
      return values.some((part) => value.startsWith(part));
    case 'EndsWith':
      return values.some((part) => value.endsWith(part));
    default:
      return comparison satisfies never;
  }
}

/** With as few kinds of demands as will do: negation goes into the operator where there is one for it. */
function requirementOf(
  { key, of }: Label,
  comparison: Comparison,
  values: readonly string[],
  negated: boolean,
): Condition {
  const label = { key, ...(of === undefined ? {} : { of }) };
  const always = of !== undefined && (key === namespaceNameKey || key === accountNameKey);
  // Every text contains the empty one.
  if (comparison === 'Exists' || (comparison !== 'In' && comparison !== 'NotIn' && values.includes(''))) {
    return always ? !negated : withKey(label, negated ? 'DoesNotExist' : 'Exists');
  }
  if (comparison === 'In' || comparison === 'NotIn') {
    const isIn = (comparison === 'In') !== negated;
    return values.length === 0 ? !isIn : withKey(label, isIn ? 'In' : 'NotIn', sorted(values));
  }
  const requirement = withKey(label, comparison, sorted(values));
  return negated ? { not: requirement } : requirement;
}

/** Fields in the order of the schema. */
function withKey(
  { key, of }: Label,
  operator: LabelRequirement['operator'],
  values?: readonly string[],
): LabelRequirement {
  return {
    key,
    operator,
    ...(values === undefined ? {} : { values: [...values] }),
    ...(of === undefined ? {} : { of }),
  };
}

function sorted(values: Iterable<string>): string[] {
  const distinct = [...new Set(values)];
  return distinct.length < 2 ? distinct : distinct.toSorted(compareText);
}
