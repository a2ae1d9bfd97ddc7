import { compareText } from '../crds/constraint.ts';
import type { LabelSelector } from '../crds/label-selector.ts';

type Labels = Readonly<Record<string, string>>;

/**
 * Whether an object with these labels is selected: every entry of matchLabels and every expression must hold.
 *
 * An empty selector selects everything. What an absent one means differs from field to field, so the caller decides.
 * NotIn holds for an object that does not carry the label at all.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/release-1.34/staging/src/k8s.io/apimachinery/pkg/labels/selector.go (Requirement.Matches)
 */
export function matchesLabels(selector: LabelSelector, labels: Labels): boolean {
  const index = indexes.get(selector) ?? (isLarge(selector) ? createIndex(selector) : undefined);
  if (index !== undefined) return index.matches(labels);
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (valueOf(labels, key) !== value) return false;
  }
  return (selector.matchExpressions ?? []).every((expression) => {
    const value = valueOf(labels, expression.key);
    const listed = value !== undefined && (expression.values ?? []).includes(value);
    switch (expression.operator) {
      case 'In':
        return listed;
      case 'NotIn':
        return !listed;
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      default:
        return expression.operator satisfies never;
    }
  });
}

/** Whether comparing one part after the other takes long: somebody may have put a megabyte of them into a selector. */
function isLarge({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return (
    matchExpressions.length > partsMax ||
    Object.keys(matchLabels).length > partsMax ||
    matchExpressions.some(({ values }) => (values?.length ?? 0) > partsMax)
  );
}

const partsMax = 16;

/** What a selector asks of one label. */
interface Demand {
  /** Undefined: any value, where the label is there. */
  allowed: ReadonlySet<string> | undefined;
  readonly refused: Set<string>;
  needed: boolean;
  unwanted: boolean;
}

/** A selector by label. An object costs no more than its own labels, however large the selector is. */
interface SelectorIndex {
  matches(labels: Labels): boolean;
}

/** Of large selectors, which are compared with thousands of objects. */
const indexes = new WeakMap<LabelSelector, SelectorIndex>();

function createIndex(selector: LabelSelector): SelectorIndex {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const demands = new Map<string, Demand>();
  const demandOn = (key: string): Demand => {
    const demand = demands.get(key) ?? { allowed: undefined, refused: new Set(), needed: false, unwanted: false };
    demands.set(key, demand);
    return demand;
  };
  const allow = (demand: Demand, values: ReadonlySet<string>) => {
    demand.needed = true;
    demand.allowed = demand.allowed === undefined ? values : values.intersection(demand.allowed);
  };
  for (const [key, value] of Object.entries(matchLabels)) allow(demandOn(key), new Set([value]));
  for (const { key, operator, values = [] } of matchExpressions) {
    const demand = demandOn(key);
    if (operator === 'In') allow(demand, new Set(values));
    else if (operator === 'NotIn') for (const value of values) demand.refused.add(value);
    else if (operator === 'Exists') demand.needed = true;
    else demand.unwanted = true;
  }
  const needed = [...demands].flatMap(([key, demand]) => (demand.needed ? [key] : []));
  const holds = ({ allowed, refused, unwanted }: Demand, value: string) =>
    !unwanted && allowed?.has(value) !== false && !refused.has(value);
  const index: SelectorIndex = {
    matches(labels) {
      // Ends at the first label that is missing, so after no more than the object has.
      if (!needed.every((key) => Object.hasOwn(labels, key))) return false;
      return Object.entries(labels).every(([key, value]) => {
        const demand = demands.get(key);
        return demand === undefined || holds(demand, value);
      });
    },
  };
  indexes.set(selector, index);
  return index;
}

/** Only own properties: a selector may ask for a label called `constructor`. */
function valueOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/**
 * The selector as kubectl writes and reads it: `app=web,tier in (a,b),!canary`. Sorted, so that equal selectors give
 * equal texts. Empty for a selector that selects everything, which is also what the API's labelSelector parameter expects.
 */
export function labelSelectorText(selector: LabelSelector): string {
  const requirements = [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({ key, text: `${key}=${value}` })),
    ...(selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
      const list = `(${values.toSorted().join(',')})`;
      switch (operator) {
        case 'In':
          return { key, text: `${key} in ${list}` };
        case 'NotIn':
          return { key, text: `${key} notin ${list}` };
        case 'Exists':
          return { key, text: key };
        case 'DoesNotExist':
          return { key, text: `!${key}` };
        default:
          return operator satisfies never;
      }
    }),
  ];
  return requirements
    .toSorted((a, b) => compareText(a.key, b.key) || compareText(a.text, b.text))
    .map(({ text }) => text)
    .join(',');
}
