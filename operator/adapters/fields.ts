/**
 * Schemas for what the objects of many engines have in common.
 */
import * as z from 'zod';
import { compareText } from '../../crds/constraint.ts';
import { type LabelSelector, LabelSelectorRequirement } from '../../crds/label-selector.ts';
import { faultsMax, restUnread } from './define.ts';

/** A field that may be left out. To the API server `null` is the same as that, and YAML without a value is `null`. */
export function absent<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? undefined);
}

/**
 * An array of which no more is read once so much of it cannot be: zod would find, and put into words, what is wrong with each
 * of thousands of items. That the rest is not read is a fault of its own.
 *
 * @param options.form Of a list of texts in this form, where the schema asks for no more: it is told without the schema, which
 *   takes long for a hundred thousand.
 */
export function listOf<Schema extends z.ZodType>(
  item: Schema,
  { min = 0, form }: { readonly min?: number; readonly form?: RegExp } = {},
) {
  const isText = item instanceof z.ZodString && (form !== undefined || (item.def.checks ?? []).length === 0);
  const isSurelyRight = (value: unknown): value is z.infer<Schema> =>
    isText && typeof value === 'string' && form?.test(value) !== false;
  return z
    .array(z.unknown())
    .min(min)
    .transform((values, context): z.infer<Schema>[] => {
      const items: z.infer<Schema>[] = [];
      for (const [index, value] of values.entries()) {
        if (context.issues.length >= faultsMax) {
          const { message } = restUnread([], index);
          context.issues.push({ code: 'custom', path: [], message, input: values });
          break;
        }
        if (isSurelyRight(value)) {
          items.push(value);
          continue;
        }
        const read = item.safeParse(value);
        if (read.success) items.push(read.data);
        else context.issues.push(...read.error.issues.map((issue) => issueAt(index, issue, value)));
      }
      return items;
    });
}

/** Only what `faultsOf` reads of an issue: its place, its words and the fields that are not known. */
function issueAt(index: number, issue: z.core.$ZodIssue, input: unknown): z.core.$ZodRawIssue {
  const { message } = issue;
  const path = [index, ...issue.path];
  if (issue.code !== 'unrecognized_keys') return { code: 'custom', path, message, input };
  return { code: issue.code, keys: issue.keys, path, message, input: Object(input) };
}

const Requirement = z.strictObject({
  key: z.string(),
  operator: LabelSelectorRequirement.shape.operator,
  values: absent(listOf(z.string())),
});

/**
 * A metav1.LabelSelector, in one normal form: parts that select nothing are left out, labels are sorted. Strict, because
 * a part that is not understood would make the selector select more.
 */
export const SelectorField = z
  .strictObject({
    matchLabels: absent(z.record(z.string(), z.string())),
    matchExpressions: absent(listOf(Requirement)),
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
