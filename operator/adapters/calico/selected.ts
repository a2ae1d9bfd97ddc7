/**
 * Conditions on labels in the forms of the model: scopes of pods and namespaces, pods and address sets as peers.
 */
import { compareText } from '../../../crds/constraint.ts';
import type { LabelExpression, LabelRequirement } from '../../../crds/label-expression.ts';
import { type LabelSelector, LabelSelectorRequirement } from '../../../crds/label-selector.ts';
import type { IpSet, NetworkPods } from '../../../crds/rules/network.ts';
import type { NamespaceScope, WorkloadScope } from '../../../crds/scope.ts';
import { selectsAll } from '../fields.ts';
import { accountNameKey, allOf, type Condition, namespaceNameKey, type Origin } from './selection.ts';

/** What must hold all at once, by what it is about. */
interface Demands {
  /** Names of namespaces and of ServiceAccounts; undefined: any. */
  readonly namespaces: readonly string[] | undefined;
  readonly excluded: readonly string[];
  readonly accounts: readonly string[] | undefined;
  /** On labels of the namespace, of the object itself, and whatever a LabelSelector cannot say of either. */
  readonly ofNamespace: readonly LabelRequirement[];
  readonly own: readonly LabelRequirement[];
  readonly alsoOfNamespace: readonly LabelExpression[];
  readonly also: readonly LabelExpression[];
}

/** Undefined where nothing can be selected. */
function demandsOf(condition: Condition): Demands | undefined {
  if (condition === false) return undefined;
  const parts = condition === true ? [] : 'all' in condition ? condition.all : [condition];
  let namespaces: readonly string[] | undefined;
  let accounts: readonly string[] | undefined;
  const excluded: string[] = [];
  const ofNamespace: LabelRequirement[] = [];
  const own: LabelRequirement[] = [];
  const alsoOfNamespace: LabelExpression[] = [];
  const also: LabelExpression[] = [];
  for (const part of parts) {
    if (isNameOf(part, 'namespace', 'In')) namespaces = intersected(namespaces, part.values);
    else if (isNameOf(part, 'namespace', 'NotIn')) excluded.push(...(part.values ?? []));
    else if (isNameOf(part, 'serviceAccount', 'In')) accounts = intersected(accounts, part.values);
    else if (isPlain(part) && part.of === 'namespace') ofNamespace.push(part);
    else if (isPlain(part) && part.of === undefined) own.push(part);
    else if (isOnlyOf(part, 'namespace')) alsoOfNamespace.push(part);
    else also.push(part);
  }
  if (namespaces?.length === 0 || accounts?.length === 0) return undefined;
  const left = namespaces?.filter((name) => !excluded.includes(name));
  if (left?.length === 0) return undefined;
  const demands = { namespaces: left, excluded: left === undefined ? excluded : [], accounts };
  return { ...demands, ofNamespace, own, alsoOfNamespace, also };
}

type Operator = LabelRequirement['operator'];
const plainOperators: ReadonlySet<Operator> = new Set(LabelSelectorRequirement.shape.operator.options);

/** Whether a LabelSelector has the operator. */
function isPlainOperator(operator: Operator): operator is LabelSelectorRequirement['operator'] {
  return plainOperators.has(operator);
}

function isPlain(part: LabelExpression): part is LabelRequirement {
  return 'key' in part && isPlainOperator(part.operator);
}

function isNameOf(part: LabelExpression, of: Origin, operator: Operator): part is LabelRequirement {
  const key = of === 'namespace' ? namespaceNameKey : accountNameKey;
  return 'key' in part && part.of === of && part.key === key && part.operator === operator;
}

function isOnlyOf(part: LabelExpression, of: Origin): boolean {
  if ('key' in part) return part.of === of;
  if ('not' in part) return isOnlyOf(part.not, of);
  return ('all' in part ? part.all : part.any).every((inner) => isOnlyOf(inner, of));
}

function intersected(known: readonly string[] | undefined, names: readonly string[] = []): readonly string[] {
  const listed = new Set(names);
  return known?.filter((name) => listed.has(name)) ?? names;
}

/** Where a policy binds, and which pods there. */
export interface BoundPods {
  readonly namespaces: NamespaceScope;
  readonly workloads: WorkloadScope;
}

/**
 * Whom a policy binds that asks this of pods; undefined: none.
 *
 * @param home The namespace where it lives and acts.
 */
export function boundPods(condition: Condition, home: string | undefined): BoundPods | undefined {
  const demands = demandsOf(condition);
  if (demands === undefined) return undefined;
  const { namespaces = home === undefined ? undefined : [home], excluded, accounts, also } = demands;
  // What is excluded may be a pattern to a scope, and is a name to Calico.
  const patterns = excluded.filter((name) => /[*?]/.test(name));
  const names = excluded.filter((name) => !patterns.includes(name));
  const selector = selectorOf([...demands.ofNamespace, ...notNamed(patterns)]);
  const expression = allOf(demands.alsoOfNamespace.map(asOwn));
  return {
    namespaces: {
      ...(namespaces === undefined ? {} : { names: [...namespaces] }),
      ...(names.length === 0 ? {} : { excluded: names }),
      ...(selectsAll(selector) ? {} : { selector }),
      ...(typeof expression === 'boolean' ? {} : { expression }),
    },
    workloads: { ...ownPart(demands.own, also), ...(accounts === undefined ? {} : { serviceAccounts: [...accounts] }) },
  };
}

/** The same of labels of objects that are in no namespace. */
export function boundHosts(condition: Condition): Pick<WorkloadScope, 'selector' | 'expression'> | undefined {
  const demands = demandsOf(condition);
  return demands === undefined ? undefined : ownPart(demands.own, demands.also);
}

/** Pods that are peers of a connection; undefined: none. */
export function peerPods(condition: Condition, home: string | undefined): NetworkPods | undefined {
  const demands = demandsOf(condition);
  if (demands === undefined) return undefined;
  const { namespaces = home === undefined ? undefined : [home], excluded, accounts, ofNamespace, own } = demands;
  const [only] = namespaces ?? [];
  const isOne = only !== undefined && namespaces?.length === 1;
  const listed = namespaces === undefined ? notNamed(excluded) : [named('In', namespaces)];
  // Beside the name of a namespace there is no room for a selector on its labels.
  const also = [...(isOne ? ofNamespace : []), ...demands.alsoOfNamespace, ...demands.also];
  const { selector = {}, expression } = ownPart(own, also);
  return {
    ...(isOne ? { namespace: only } : { namespaceSelector: selectorOf([...ofNamespace, ...listed]) }),
    podSelector: selector,
    ...(expression === undefined ? {} : { expression }),
    ...(accounts === undefined ? {} : { serviceAccounts: [...accounts] }),
  };
}

/** Sets of addresses of a kind that are peers; undefined: none. */
export function peerSets(kind: string, condition: Condition, home: string | undefined): IpSet | undefined {
  const demands = demandsOf(condition);
  if (demands === undefined) return undefined;
  const { namespaces = home === undefined ? undefined : [home], excluded, ofNamespace, own } = demands;
  const [only] = namespaces ?? [];
  const isOne = only !== undefined && namespaces?.length === 1;
  const listed = namespaces === undefined ? notNamed(excluded) : isOne ? [] : [named('In', namespaces)];
  const also = [...ofNamespace, ...listed, ...demands.alsoOfNamespace, ...demands.also];
  return { kind, ...(isOne ? { namespace: only } : {}), ...ownPart(own, also) };
}

function ownPart(own: readonly LabelRequirement[], also: readonly LabelExpression[]) {
  const selector = selectorOf(own);
  const expression = allOf(also);
  return {
    ...(selectsAll(selector) ? {} : { selector }),
    ...(typeof expression === 'boolean' ? {} : { expression }),
  };
}

function named(operator: 'In' | 'NotIn', names: readonly string[]): LabelRequirement {
  return { key: namespaceNameKey, operator, values: [...names], of: 'namespace' };
}

function notNamed(names: readonly string[]): LabelRequirement[] {
  return names.length === 0 ? [] : [named('NotIn', names)];
}

/**
 * In the normal form of selectors. One value of a label stands in matchLabels, a second demand on it in an expression; so does
 * the one name that objects made from JSON lose.
 */
function selectorOf(requirements: readonly LabelRequirement[]): LabelSelector {
  const labels = new Map<string, string>();
  const expressions: LabelSelectorRequirement[] = [];
  for (const { key, operator, values = [] } of requirements) {
    const [only] = values;
    const isValue = operator === 'In' && only !== undefined && values.length === 1;
    if (isValue && !labels.has(key) && key !== '__proto__') labels.set(key, only);
    else if (isPlainOperator(operator)) expressions.push({ key, operator, ...(values.length === 0 ? {} : { values }) });
  }
  const sorted = [...labels].toSorted(([one], [other]) => compareText(one, other));
  return {
    ...(sorted.length === 0 ? {} : { matchLabels: Object.fromEntries(sorted) }),
    ...(expressions.length === 0 ? {} : { matchExpressions: expressions }),
  };
}

/** An expression on labels of a namespace, as the namespace itself is asked. */
function asOwn(expression: LabelExpression): LabelExpression {
  if ('not' in expression) return { not: asOwn(expression.not) };
  if ('all' in expression) return { all: expression.all.map(asOwn) };
  if ('any' in expression) return { any: expression.any.map(asOwn) };
  const { key, operator, values } = expression;
  return { key, operator, ...(values === undefined ? {} : { values }) };
}
