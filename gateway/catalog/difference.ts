import type { AffectedWorkloads } from '../../crds/report.ts';
import type { Metrics } from '../../crds/constraint.ts';
import type { Binding } from './binding.ts';

/** One constraint of one namespace at two moments; undefined while it does not bind there. */
export interface BindingChange {
  readonly id: string;
  readonly before: Binding | undefined;
  readonly after: Binding | undefined;
}

/** Whether anybody could tell the two moments apart. */
export function isChange({ before, after }: BindingChange): boolean {
  if (before === undefined || after === undefined) return before !== after;
  return entryDiffers(before, after) || formDiffers(before, after);
}

/**
 * Whether what every reader of the namespace may know differs. Not by its times: a report that is written again says
 * nothing new. Not by the API version of the policy either, which is read from the full form: that it came a moment after
 * the entry is no change of the rule.
 */
export function entryDiffers(before: Binding, after: Binding): boolean {
  return (
    before.name !== after.name ||
    before.key !== after.key ||
    before.type !== after.type ||
    before.severity !== after.severity ||
    before.effect !== after.effect ||
    before.summary !== after.summary ||
    before.kind !== after.kind ||
    before.own !== after.own ||
    before.listsAffected !== after.listsAffected ||
    affectedDiffers(before.affected, after.affected) ||
    metricsDiffer(before.metrics, after.metrics)
  );
}

/** Whether what stands behind a further right differs: the text, or who may read it. Which part stores it does not matter. */
export function formDiffers(before: Binding, after: Binding): boolean {
  return before.form?.home !== after.form?.home || before.form?.text !== after.form?.text;
}

function affectedDiffers(before: AffectedWorkloads | undefined, after: AffectedWorkloads | undefined): boolean {
  if (before === undefined || after === undefined) return before !== after;
  const [was, is] = [before.items ?? [], after.items ?? []];
  return (
    before.total !== after.total ||
    before.all !== after.all ||
    was.length !== is.length ||
    was.some((item, index) => item !== is[index])
  );
}

/** The order of the resources is that of the object that was read, and means nothing. */
function metricsDiffer(before: Metrics | undefined, after: Metrics | undefined): boolean {
  if (before === undefined || after === undefined) return before !== after;
  const names = Object.keys(before);
  return (
    names.length !== Object.keys(after).length ||
    names.some((name) => {
      const [was, is] = [before[name], after[name]];
      return was?.hard !== is?.hard || was?.used !== is?.used;
    })
  );
}
