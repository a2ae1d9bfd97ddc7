/**
 * Whom a scope binds, in the plainest way: no order of comparisons, no index.
 */
import type { LabelExpression, LabelRequirement } from '../../crds/label-expression.ts';
import type { LabelSelector } from '../../crds/label-selector.ts';
import type { QuotaScope } from '../../crds/rules/quota.ts';
import type { NamespaceFilter, NamespaceScope, WorkloadScope } from '../../crds/scope.ts';
import type { PodTraits, Workload } from '../scope/workload.ts';

type Labels = Readonly<Record<string, string>>;

interface NamedLabels {
  readonly name: string;
  readonly labels: Labels;
}

/** Whether the namespace is bound, or may be. */
export function bindsNamespace(scope: NamespaceScope, namespace: NamedLabels): boolean {
  const { anyOf = [{}], noneOf = [] } = scope;
  const passes = (filter: NamespaceFilter) => passesFilter(filter, namespace);
  return passes(scope) && anyOf.some(passes) && !noneOf.some(passes);
}

function passesFilter(filter: NamespaceFilter, { name, labels }: NamedLabels): boolean {
  const { names, globs, excluded = [], selector = {}, expression = { all: [] } } = filter;
  const included = names === undefined && globs === undefined ? ['*'] : [...(names ?? []), ...(globs ?? [])];
  const matches = (glob: string) => globPattern(glob).test(name);
  return (
    included.some(matches) &&
    !excluded.some(matches) &&
    selects(selector, labels) &&
    possible(expression, labels).includes(true)
  );
}

function globPattern(glob: string): RegExp {
  const text = glob
    .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${text}$`, 's');
}

function selects({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  const held = new Map(Object.entries(labels));
  const isIn = (key: string, values: readonly string[]) => values.includes(held.get(key) ?? '') && held.has(key);
  return (
    Object.entries(matchLabels).every(([key, value]) => isIn(key, [value])) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      if (operator === 'Exists') return held.has(key);
      if (operator === 'DoesNotExist') return !held.has(key);
      return isIn(key, values) === (operator === 'In');
    })
  );
}

/** Both answers where labels of something else decide. */
function possible(expression: LabelExpression, labels: Labels): readonly boolean[] {
  if ('key' in expression) return expression.of === undefined ? [holds(expression, labels)] : [true, false];
  if ('not' in expression) return possible(expression.not, labels).map((answer) => !answer);
  const isAll = 'all' in expression;
  const parts = (isAll ? expression.all : expression.any).map((part) => possible(part, labels));
  const answers = [true, false].filter((answer) =>
    answer === isAll ? parts.every((part) => part.includes(answer)) : parts.some((part) => part.includes(answer)),
  );
  return answers;
}

function holds({ key, operator, values = [] }: LabelRequirement, labels: Labels): boolean {
  const value = new Map(Object.entries(labels)).get(key);
  if (operator === 'DoesNotExist') return value === undefined;
  if (operator === 'NotIn') return value === undefined || !values.includes(value);
  if (value === undefined) return false;
  return values.length === 0 && operator === 'Exists'
    ? true
    : values.some(
        (one) =>
          (operator === 'In' && one === value) ||
          (operator === 'Contains' && value.indexOf(one) >= 0) ||
          (operator === 'StartsWith' && value.slice(0, one.length) === one) ||
          (operator === 'EndsWith' && value.slice(value.length - one.length) === one && one.length <= value.length),
      );
}

/** Whether every workload is meant, whatever it is. */
export function meansEveryWorkload(scope: WorkloadScope): boolean {
  const { selector = {}, quotaScopes = [], expression, serviceAccounts, nodes } = scope;
  const demands =
    Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length + quotaScopes.length;
  return demands === 0 && expression === undefined && serviceAccounts === undefined && nodes === undefined;
}

/** What only the cluster's other settings decide counts as bound: what is not known is not hidden. */
export function mayBindWorkload(scope: WorkloadScope, { labels, traits, serviceAccount }: Workload): boolean {
  const { selector = {}, expression = { all: [] }, serviceAccounts, quotaScopes = [], hostNetwork, nodes } = scope;
  if (!selects(selector, labels) || !possible(expression, labels).includes(true)) return false;
  if (traits === undefined && serviceAccount === undefined) return true;
  if (serviceAccounts !== undefined && !serviceAccounts.includes(serviceAccount ?? 'default')) return false;
  if (traits === undefined) return true;
  if (hostNetwork === false && traits.hostNetwork) return false;
  if (nodes !== undefined && !traits.hostNetwork) return false;
  return quotaScopes.every((quotaScope) => mayMatch(quotaScope, traits));
}

function mayMatch({ scopeName, operator, values = [] }: QuotaScope, traits: PodTraits): boolean {
  const { terminating, bestEffort, priorityClass, crossNamespaceAffinity } = traits;
  const excluded: Readonly<Record<string, boolean>> = {
    Terminating: !terminating,
    NotTerminating: terminating,
    BestEffort: bestEffort === false,
    PriorityClass:
      priorityClass !== undefined &&
      ((operator === 'Exists' && priorityClass === '') ||
        (operator === 'DoesNotExist' && priorityClass !== '') ||
        (operator === 'In' && !values.includes(priorityClass)) ||
        (operator === 'NotIn' && values.includes(priorityClass))),
    CrossNamespacePodAffinity: !crossNamespaceAffinity,
    VolumeAttributesClass: true,
  };
  return excluded[scopeName] !== true;
}
