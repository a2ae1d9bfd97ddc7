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
