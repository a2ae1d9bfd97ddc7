/**
 * Whether an object holds a LabelExpression.
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
