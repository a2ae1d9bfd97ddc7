/**
 * Label selectors for kubectl and for people.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
 */
import type { LabelSelector } from '../../crds/label-selector.ts';
import { isDnsSubdomain } from '../../kube/names.ts';
import { shown } from '../words.ts';

const argumentLengthMax = 512;

/** For `--selector`; '' selects everything. Undefined when it holds what no label can: a comma would be another condition. */
export function selectorArgument({ matchLabels, matchExpressions }: LabelSelector): string | undefined {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(matchLabels ?? {})) {
    if (!isLabelKey(key) || !isLabelValue(value)) return undefined;
    parts.push(`${key}=${value}`);
  }
  for (const { key, operator, values = [] } of matchExpressions ?? []) {
    if (!isLabelKey(key) || !values.every(isLabelValue)) return undefined;
    parts.push(expression(key, operator, values));
  }
  const argument = parts.join(',');
  return argument.length <= argumentLengthMax ? argument : undefined;
}

/** The same for people, whatever it holds. */
export function selectorWords({ matchLabels, matchExpressions }: LabelSelector): string {
  const parts = Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values = [] } of matchExpressions ?? []) parts.push(expression(key, operator, values));
  return parts.length === 0 ? 'any labels' : shown(parts.join(','), 200);
}

type Operator = NonNullable<LabelSelector['matchExpressions']>[number]['operator'];

function expression(key: string, operator: Operator, values: readonly string[]): string {
  switch (operator) {
    case 'In':
      return `${key} in (${values.join(',')})`;
    case 'NotIn':
      return `${key} notin (${values.join(',')})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return operator satisfies never;
  }
}

function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/');
  if (slash >= 0 && !isDnsSubdomain(key.slice(0, slash))) return false;
  const name = key.slice(slash + 1);
  return name !== '' && isLabelValue(name);
}

function isLabelValue(value: string): boolean {
  return value === '' || /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/.test(value);
}
