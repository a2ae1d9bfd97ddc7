/**
 * Whom a scope binds, in words for people. As long as the scope is: whoever asks cuts it.
 */
import type { LabelExpression } from '../crds/label-expression.ts';
import type { LabelSelector } from '../crds/label-selector.ts';
import type { NamespaceFilter, NamespaceScope, WorkloadScope } from '../crds/scope.ts';
import { labelExpressionText } from './label-expression.ts';
import { labelSelectorText } from './label-selector.ts';

/** `a, b and 3 more`: as many as are worth to be read. */
export function several(items: readonly string[], separator = ', ', itemsMax = 8): string {
  const named = items.slice(0, itemsMax).join(separator);
  const more = items.length - itemsMax;
  return more > 0 ? `${named} and ${more} more` : named;
}

/** What a selector, an expression and a list of ServiceAccounts ask of pods: ` with app=web that run as db`, or nothing. */
export function podsText(pods: {
  readonly selector?: LabelSelector | undefined;
  readonly expression?: LabelExpression | undefined;
  readonly serviceAccounts?: readonly string[] | undefined;
}): string {
  const { selector = {}, expression, serviceAccounts } = pods;
  const labels = labelsText(selector, expression);
  return `${labels}${serviceAccounts === undefined ? '' : ` that run as ${oneOf(serviceAccounts)}`}`;
}

/** Of a policy that selects them so: `All pods`, `Pods with app=web`. */
export function boundPodsText({ selector, expression, serviceAccounts }: WorkloadScope = {}): string {
  const which = podsText({ selector, expression, serviceAccounts });
  return which === '' ? 'All pods' : `Pods${which}`;
}

/**
 * ` in namespaces with team=shop`. Nothing for a policy that binds all of its own namespace, `home`, and no other.
 */
export function namespacesText(scope: NamespaceScope, home?: string): string {
  const { anyOf, noneOf = [], ...own } = scope;
  if (anyOf === undefined && noneOf.length === 0 && isOnly(own, home)) return '';
  const alternatives = anyOf === undefined ? '' : several(anyOf.map(filterText), ' or');
  const first = filterText(own);
  const parts = [
    ...(first === anywhere && alternatives !== '' ? [] : [first]),
    ...(alternatives === '' ? [] : [alternatives]),
    ...noneOf.map((filter) => ` but not${filterText(filter)}`),
  ];
  return anyOf?.length === 0 ? nowhere : parts.join('');
}

const anywhere = ' in any namespace';
const nowhere = ' in no namespace';

function isOnly({ names = [], globs, excluded, selector, expression }: NamespaceFilter, home: string | undefined) {
  const parts = [globs, excluded, selector, expression];
  return home !== undefined && names.length === 1 && names[0] === home && parts.every((part) => part === undefined);
}

function filterText({ names, globs, excluded = [], selector = {}, expression }: NamespaceFilter): string {
  const but = excluded.length === 0 ? '' : ` other than ${several(excluded)}`;
  const listed = names === undefined && globs === undefined ? undefined : [...(names ?? []), ...(globs ?? [])];
  if (listed?.length === 0) return nowhere;
  if (listed === undefined && expression === undefined) return `${selectedNamespacesText(selector)}${but}`;
  const noun = listed?.length === 1 ? ' in namespace' : ' in namespaces';
  return `${noun}${listed === undefined ? '' : ` ${several(listed)}`}${labelsText(selector, expression)}${but}`;
}

/** Every namespace has it, with its own name. */
const nameLabel = 'kubernetes.io/metadata.name';

/** ` in any namespace`, ` in namespaces with team=shop`, and ` in namespace shop` where a selector goes by the name. */
export function selectedNamespacesText(selector: LabelSelector): string {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const labels = Object.entries(matchLabels);
  const [[key, name] = [], ...others] = labels;
  if (key === nameLabel && name !== undefined && others.length === 0 && matchExpressions.length === 0) {
    return ` in namespace ${name}`;
  }
  const [only, ...more] = matchExpressions;
  if (labels.length === 0 && only?.key === nameLabel && only.operator === 'In' && more.length === 0) {
    const { values = [] } = only;
    return `${values.length === 1 ? ' in namespace' : ' in namespaces'} ${several(values)}`;
  }
  const text = labelsText(selector);
  return text === '' ? anywhere : ` in namespaces${text}`;
}

/** ` with app=web`, or nothing where any labels will do. */
export function labelsText(selector: LabelSelector, expression?: LabelExpression): string {
  const texts = [labelSelectorText(selector), expression === undefined ? '' : labelExpressionText(expression)];
  const demanded = texts.filter((text) => text !== '');
  return demanded.length === 0 ? '' : ` with ${demanded.join(',')}`;
}

function oneOf(names: readonly string[]): string {
  return names.length === 0 ? 'nobody' : several(names, ' or ');
}
