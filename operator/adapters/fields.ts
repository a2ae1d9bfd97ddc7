/**
 * Schemas for what the objects of many engines have in common.
 */
import * as z from 'zod';
import { compareText } from '../../crds/constraint.ts';
import { type LabelSelector, LabelSelectorRequirement } from '../../crds/label-selector.ts';

/** A field that may be left out. To the API server `null` is the same as that, and YAML without a value is `null`. */
export function absent<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? undefined);
}

const Requirement = z.strictObject({
  key: z.string(),
  operator: LabelSelectorRequirement.shape.operator,
  values: absent(z.array(z.string())),
});

/**
 * A metav1.LabelSelector, in one normal form: parts that select nothing are left out, labels are sorted. Strict, because
 * a part that is not understood would make the selector select more.
 */
export const SelectorField = z
  .strictObject({
    matchLabels: absent(z.record(z.string(), z.string())),
    matchExpressions: absent(z.array(Requirement)),
  })
  .transform(({ matchLabels = {}, matchExpressions = [] }): LabelSelector => {
    const labels = Object.entries(matchLabels).toSorted(([a], [b]) => compareText(a, b));
    const expressions = matchExpressions.map(({ key, operator, values = [] }) => ({
      key,
      operator,
      ...(values.length === 0 ? {} : { values }),
    }));
    return {
      ...(labels.length === 0 ? {} : { matchLabels: Object.fromEntries(labels) }),
      ...(expressions.length === 0 ? {} : { matchExpressions: expressions }),
    };
  });

/** Whether a selector in normal form leaves nobody out. */
export function selectsAll(selector: LabelSelector): boolean {
  return selector.matchLabels === undefined && selector.matchExpressions === undefined;
}

/** Selects what both select. A label of which both speak goes into an expression: a selector has one value for each. */
export function selectorOfBoth(a: LabelSelector, b: LabelSelector): LabelSelector {
  const { matchLabels: labels = {}, matchExpressions: expressions = [] } = a;
  const added = Object.entries(b.matchLabels ?? {}).filter(
    ([key, value]) => !Object.hasOwn(labels, key) || labels[key] !== value,
  );
  const repeated = added.filter(([key]) => Object.hasOwn(labels, key));
  return SelectorField.parse({
    matchLabels: Object.fromEntries([
      ...added.filter(([key]) => !Object.hasOwn(labels, key)),
      ...Object.entries(labels),
    ]),
    matchExpressions: [
      ...expressions,
      ...(b.matchExpressions ?? []),
      ...repeated.map(([key, value]) => ({ key, operator: 'In' as const, values: [value] })),
    ],
  });
}
