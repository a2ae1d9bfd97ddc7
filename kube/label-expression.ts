/**
 * Whether an object holds a LabelExpression, and how one is put into words.
 */
import type { LabelExpression, LabelRequirement } from '../crds/label-expression.ts';

type Labels = Readonly<Record<string, string>>;

/** Of the object, and of its namespace and ServiceAccount; undefined where they are not known. */
export interface LabelsOf {
  readonly own: Labels;
  readonly namespace?: Labels | undefined;
  readonly serviceAccount?: Labels | undefined;
}

/** Undefined when it depends on labels that are not known. As deep as the expression is: adapters bound that. */
export function holdsExpression(expression: LabelExpression, labels: LabelsOf): boolean | undefined {
  if ('key' in expression) return holdsRequirement(expression, labels);
  if ('not' in expression) return negated(holdsExpression(expression.not, labels));
  if ('all' in expression) return allOf(expression.all.map((part) => holdsExpression(part, labels)));
  return negated(allOf(expression.any.map((part) => negated(holdsExpression(part, labels)))));
}

/** One `false` decides, then one that is not known leaves it open. */
export function allOf(answers: readonly (boolean | undefined)[]): boolean | undefined {
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

function negated(answer: boolean | undefined): boolean | undefined {
  return answer === undefined ? undefined : !answer;
}

function holdsRequirement({ key, operator, values = [], of }: LabelRequirement, labels: LabelsOf): boolean | undefined {
  const known = of === undefined ? labels.own : labels[of];
  if (known === undefined) return undefined;
  const value = Object.hasOwn(known, key) ? known[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Contains':
      return value !== undefined && values.some((part) => value.includes(part));
    case 'StartsWith':
      return value !== undefined && values.some((part) => value.startsWith(part));
    case 'EndsWith':
      return value !== undefined && values.some((part) => value.endsWith(part));
    default:
      return operator satisfies never;
  }
}

/**
 * The expression for people: `app=web,!canary,(tier=front or tier=edge)`. Parts stand in the order of the expression.
 */
export function labelExpressionText(expression: LabelExpression): string {
  if ('key' in expression) return requirementText(expression);
  if ('not' in expression) return `not (${labelExpressionText(expression.not)})`;
  if ('all' in expression) return expression.all.length === 0 ? 'any labels' : joined(expression.all, ',');
  return expression.any.length === 0 ? 'labels that nothing has' : `(${joined(expression.any, ' or ')})`;
}

function joined(expressions: readonly LabelExpression[], separator: string): string {
  return expressions.map(labelExpressionText).join(separator);
}

function requirementText({ key, operator, values = [], of }: LabelRequirement): string {
  const [value = ''] = values;
  const list = values.length === 1 ? value : `(${values.join(',')})`;
  const label = of === undefined ? key : `${key} of the ${of === 'namespace' ? 'namespace' : 'ServiceAccount'}`;
  switch (operator) {
    case 'In':
      return values.length === 1 ? `${label}=${value}` : `${label} in ${list}`;
    case 'NotIn':
      return values.length === 1 ? `${label}!=${value}` : `${label} notin ${list}`;
    case 'Exists':
      return label;
    case 'DoesNotExist':
      return `!${label}`;
    case 'Contains':
      return `${label} contains ${list}`;
    case 'StartsWith':
      return `${label} starts with ${list}`;
    case 'EndsWith':
      return `${label} ends with ${list}`;
    default:
      return operator satisfies never;
  }
}
