/**
 * What a name that a caller gives stands for, among all that binds a namespace.
 */
import * as z from 'zod';
import { handleOf } from '../../crds/report-line.ts';
import type { Binding } from '../catalog/binding.ts';
import type { NamespaceView } from '../catalog/store.ts';
import { type Answer, refusal } from '../errors.ts';
import { visible } from './constraint.ts';
import { type DetailLevel, levelsOf, type Rights } from './levels.ts';
import type { Pace } from './pace.ts';

export const ConstraintName = z
  .string()
  .min(1)
  .max(640)
  .describe('An id, the name of a policy, a handle, or name/rule.');

export const Also = z
  .array(z.string())
  .optional()
  .describe('Ids of the others that the name stands for, gravest first.');

export interface FoundConstraint {
  /** The gravest. */
  readonly binding: Binding;
  readonly level: DetailLevel;
  /** For the answer: nothing, or the ids of the others. */
  readonly also: { readonly also?: string[] };
}

/**
 * A name that the caller may not see does not work either: it would tell that the name was guessed right.
 *
 * @param view Undefined for a namespace without a report, which gets the same words: clients match on them.
 */
export async function findConstraint(
  view: NamespaceView | undefined,
  wanted: string,
  { namespace, caller, pace }: { readonly namespace: string; readonly caller: Rights; readonly pace: Pace },
): Promise<Answer<FoundConstraint>> {
  const bindings = view?.bindings ?? [];
  const level = await levelsOf(bindings, namespace, caller);
  const meant: Binding[] = [];
  await pace.each(bindings, (each) => {
    if (isMeant(each, level(each), namespace, wanted)) meant.push(each);
  });
  const [binding, ...others] = meant;
  if (binding === undefined) return refusal('CONSTRAINT_NOT_FOUND', 'Constraint not found');
  const also = others.length === 0 ? {} : { also: others.map(({ id }) => id) };
  return { ok: true, value: { binding, level: level(binding), also } };
}

/** Whether a name stands for this constraint, to a caller who sees it at this level. */
export function isMeant(binding: Binding, level: DetailLevel, namespace: string, wanted: string): boolean {
  // The name of an own policy is the same at every level, so its full form need not be read.
  const { name, rule } = binding.own ? { name: binding.name, rule: binding.key } : visible(binding, level, namespace);
  return (
    wanted === binding.id ||
    wanted === handleOf(binding.id) ||
    wanted === name ||
    (rule !== undefined && wanted === `${name}/${rule}`)
  );
}
