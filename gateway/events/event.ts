/** What a stream tells of a change, at the level of its reader. */
import * as z from 'zod';
import { ConstraintType, Severity } from '../../crds/constraint.ts';
import { visible } from '../answer/constraint.ts';
import type { DetailLevel } from '../answer/levels.ts';
import type { Binding } from '../catalog/binding.ts';
import { type BindingChange, entryDiffers, formDiffers } from '../catalog/difference.ts';

export const ConstraintChange = z.object({
  type: z.literal('constraint_change'),
  data: z.object({
    type: z.enum(['added', 'updated', 'removed']).describe('What became of the constraint in this namespace.'),
    constraintUID: z.string().describe('Its id.'),
    constraintName: z.string().describe('Its name as the caller may see it; of what was removed, as it was.'),
    namespace: z.string().describe('The namespace that it binds.'),
    constraintType: ConstraintType,
    severity: Severity,
  }),
});
export type ConstraintChange = z.infer<typeof ConstraintChange>;

/** The event of a change, or undefined where this reader cannot see any: that a hidden part changed is hidden, too. */
export function eventOf(
  change: BindingChange,
  namespace: string,
  level: (binding: Binding) => DetailLevel,
): ConstraintChange | undefined {
  const { id, before, after } = change;
  const shown = after ?? before;
  if (shown === undefined) return undefined;
  if (before !== undefined && after !== undefined) {
    const seesForm = level(before) !== 'summary' || level(after) !== 'summary';
    if (!entryDiffers(before, after) && !(seesForm && formDiffers(before, after))) return undefined;
  }
  return {
    type: 'constraint_change',
    data: {
      type: before === undefined ? 'added' : after === undefined ? 'removed' : 'updated',
      constraintUID: id,
      constraintName: visible(shown, level(shown), namespace).name,
      namespace,
      constraintType: shown.type,
      severity: shown.severity,
    },
  };
}

/** One event on the wire: a single `data:` line, since JSON escapes every line break. */
export function textOf(event: ConstraintChange): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

/** A comment on the wire: readers of events skip it. @param words Of ours, in one line. */
export function commentOf(words: string): string {
  return `: ${words}\n\n`;
}
