import * as z from 'zod';
import { ConstraintType, Severity } from '../../crds/constraint.ts';
import { type Binding, comparePositions, type Position } from '../catalog/binding.ts';
import type { Answer } from '../errors.ts';
import { decodeCursor, encodeCursor } from './page.ts';

const text = z.string().max(1_024);
const BindingPosition = z
  .tuple([Severity, ConstraintType, text, text, text, text])
  .transform(([severity, type, kind, name, key, id]): Position => ({ severity, type, kind, name, key, id }));

export interface BindingPage {
  readonly items: readonly Binding[];
  /** Where the next page begins; absent after the last one. */
  readonly next: string | undefined;
}

/** @param bindings In order. @param limit All that are left when absent. */
export function pageOfBindings(
  bindings: readonly Binding[],
  list: string,
  { limit, cursor }: { readonly limit?: number | undefined; readonly cursor?: string | undefined },
): Answer<BindingPage> {
  let rest = bindings;
  if (cursor !== undefined) {
    const after = decodeCursor(list, cursor, BindingPosition);
    if (!after.ok) return after;
    rest = bindings.filter((binding) => comparePositions(binding, after.value) > 0);
  }
  const items = limit === undefined ? rest : rest.slice(0, limit);
  const last = items.at(-1);
  const next = last !== undefined && items.length < rest.length ? encodeCursor(list, positionOf(last)) : undefined;
  return { ok: true, value: { items, next } };
}

function positionOf({ severity, type, kind, name, key, id }: Binding): string[] {
  return [severity, type, kind, name, key ?? '', id];
}
