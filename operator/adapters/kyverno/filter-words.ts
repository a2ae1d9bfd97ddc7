/**
 * Which objects and requests filters mean, in words.
 */
import type { AdmissionException, AdmissionFilter, KindPattern } from '../../../crds/scope.ts';
import { labelSelectorText } from '../../../kube/label-selector.ts';
import { kindWords } from '../admission-filters.ts';
import { boundedList, boundedListOf, sentence } from '../text.ts';

const textMax = 160;

/** The kinds, safe for every reader. With the controllers of pods that a rule is extended to in a few words. */
export function kindsText(filters: readonly AdmissionFilter[], extendedTo: readonly string[]): string {
  const own = filters.map((filter) =>
    filter.kinds !== undefined && takesPods(filter)
      ? { ...filter, kinds: filter.kinds.filter((kind) => isOwn(kind, extendedTo)) }
      : filter,
  );
  const words = kindWords(own);
  if (extendedTo.length === 0 || !own.some(takesPods)) return words;
  return extendedTo.length === 7
    ? `${words} and their controllers`
    : `${words}, ${extendedTo.map((kind) => `${kind}s`).join(', ')}`;
}

/** Whether each of them goes by more than kinds and places, so that not all objects of a kind are meant. */
export function meansSome(filters: readonly AdmissionFilter[]): boolean {
  return filters.every(
    ({ names, objectSelector, annotations, requester }) =>
      (names ?? objectSelector ?? annotations ?? requester) !== undefined,
  );
}

function takesPods({ kinds = [] }: AdmissionFilter): boolean {
  return kinds.some(({ kind, subresource }) => kind === 'Pod' && subresource === undefined);
}

/** Not what stands in a filter only because pods do. */
function isOwn({ group, kind, subresource }: KindPattern, extendedTo: readonly string[]): boolean {
  if (kind === 'Pod' && subresource === 'ephemeralcontainers') return false;
  return !(extendedTo.includes(kind) && group !== '' && subresource === undefined && /^(\*|apps|batch)$/.test(group));
}

/** Several lists of alternatives of which each must hold, each in words. Kinds that all of them name are said once. */
export function matchesText(
  matches: readonly (readonly AdmissionFilter[])[],
  word: (filters: readonly AdmissionFilter[]) => string,
): string {
  const [first = [], ...more] = matches;
  const kindsOf = (filters: readonly AdmissionFilter[]) => JSON.stringify(filters.map(({ kinds }) => kinds));
  const rest = more.map((filters) =>
    filters.length === 1 && kindsOf(filters) === kindsOf(first)
      ? filters.map(({ kinds: _kinds, ...filter }) => filter)
      : filters,
  );
  return allText([first, ...rest].map(word));
}

/** Those that name kinds first. */
function allText(texts: readonly string[]): string {
  const everything = 'all objects';
  const [first = everything, ...more] = [
    ...texts.filter((text) => !text.startsWith(everything)),
    ...texts.filter((text) => text.startsWith(everything)),
  ];
  const rest = more.map((text) => (text.startsWith(everything) ? text.slice(everything.length) : ` that are ${text}`));
  return `${first}${[...new Set(rest)].join('')}`;
}

/** Kinds and everything else that a filter asks: `Pods in namespaces a, b with labels app=web`. */
export function filtersText(filters: readonly AdmissionFilter[], extendedTo: readonly string[]): string {
  const alike = Map.groupBy(filters, restText);
  return boundedList(
    [...alike].map(([rest, some]) => `${kindsText(some, extendedTo)}${rest}`),
    { separator: ' or ', lengthMax: 300, noun: 'group' },
  );
}

function restText({
  operations = [],
  names,
  namespace,
  objectSelector,
  annotations = {},
  requester,
}: AdmissionFilter): string {
  const { patterns, selector } = namespace ?? {};
  const pairs = Object.entries(annotations).map(([key, value]) => `${key}=${value}`);
  const writes = ['CREATE', 'UPDATE'].every((operation) => operations.includes(operation));
  const parts = [
    ...(names === undefined ? [] : [`named ${list(names)}`]),
    ...(patterns === undefined ? [] : [`in ${patterns.length === 1 ? 'namespace' : 'namespaces'} ${list(patterns)}`]),
    ...(selector === undefined
      ? []
      : [`in namespaces with ${sentence(labelSelectorText(selector) || 'any labels', textMax)}`]),
    ...(objectSelector === undefined ? [] : [`with labels ${sentence(labelSelectorText(objectSelector), textMax)}`]),
    ...(pairs.length === 0 ? [] : [`with annotations ${list(pairs)}`]),
    ...(requester === undefined ? [] : [`asked for by ${requesterText(requester)}`]),
    ...(operations.length === 0 || writes ? [] : [`on ${operations.join(' and ')}`]),
  ];
  return parts.map((part) => ` ${part}`).join('');
}

function list(items: readonly string[]): string {
  return boundedList(items, { separator: ', ', lengthMax: textMax, noun: 'item' });
}

function requesterText({
  subjects = [],
  roles = [],
  clusterRoles = [],
}: NonNullable<AdmissionFilter['requester']>): string {
  const groups = [
    subjects.map(({ kind, name, namespace }) => `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`),
    roles.map((role) => `Role ${role}`),
    clusterRoles.map((role) => `ClusterRole ${role}`),
  ];
  return groups
    .filter((group) => group.length > 0)
    .map((group) => boundedList(group, { separator: ' or ', lengthMax: textMax, noun: 'requester' }))
    .join(' with ');
}

/** `Pods in namespace kube-system`, of one exception after the other. */
export function exceptionsText(exceptions: readonly AdmissionException[], extendedTo: readonly string[]): string {
  const word = ({ by, all, conditional }: AdmissionException) => {
    const what = all.map((filter) => [filter]);
    const whole = matchesText(what, (filters) => filtersText(filters, extendedTo)).replace(/^all objects/, 'what is');
    return by === undefined
      ? whole
      : `${whole} by ${sentence(by, 140)}${conditional === undefined ? '' : ` (${sentence(conditional, 200)})`}`;
  };
  return boundedListOf(exceptions, word, { separator: ', or for ', lengthMax: 420, noun: 'exception' });
}
