/**
 * Pages of what binds a namespace. A cursor holds a position as every reader of the report knows it, the same at every level, and
 * each page asks for the right to the report and for levels anew. So a cursor of somebody else, or one that is made up, is worth
 * no more than one's own: it chooses where to look among what the caller may see anyway, and it need not be sealed.
 */
import { Buffer } from 'node:buffer';
import * as z from 'zod';
import { ConstraintType, Severity } from '../../crds/constraint.ts';
import { type Binding, comparePositions, type Position } from '../catalog/binding.ts';
import type { Answer } from '../errors.ts';
import { type DetailLevel, type LevelOf, mostDetailed } from './levels.ts';
import type { Pace } from './pace.ts';
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

/** Of the bytes of an answer, what is left for all that stands around the items, a cursor above all. */
export const aroundItemsBytes = 4_096;

/** Bindings whose levels are asked for at once: a page of MCP has about as many. */
const readAtOnce = 32;

/**
 * The first answers of a page that fit into so many bytes and into the time there is, and where the page after them begins.
 * One is always there, or pages would not come to an end. What does not fit is not made either, except for the one that is too
 * much.
 */
export async function answersThatFit<T extends object>(
  page: BindingPage,
  list: string,
  { levelsOf, make, pace, bytesMax }: AnswersOptions<T>,
): Promise<AnswersThatFit<T>> {
  let bytes = 0;
  let hurried = false;
  const answers: T[] = [];
  const levels: DetailLevel[] = [];
  for (let read = 0; read === answers.length && read < page.items.length; ) {
    // As many again as there are: those of which none would fit are not read.
    const some = page.items.slice(read, read + Math.max(readAtOnce, read));
    read += some.length;
    const levelOf = await levelsOf(some);
    await pace.each(some, (binding) => {
      hurried = answers.length > 0 && pace.late;
      if (hurried) return false;
      const level = levelOf(binding);
      const answer = make(binding, level);
      bytes += Buffer.byteLength(JSON.stringify(answer)) + 1;
      if (bytes > bytesMax && answers.length > 0) return false;
      levels.push(level);
      return answers.push(answer);
    });
  }
  const last = page.items[answers.length - 1];
  const level = mostDetailed(levels);
  if (last === undefined || answers.length === page.items.length) return { answers, level, next: page.next, hurried };
  return { answers, level, next: encodeCursor(list, positionOf(last)), hurried };
}

export interface AnswersThatFit<T> {
  readonly answers: T[];
  /** Of these answers the one that tells most. */
  readonly level: DetailLevel;
  readonly next: string | undefined;
  /** Whether time was what made an end. */
  readonly hurried: boolean;
}

export interface AnswersOptions<T> {
  readonly levelsOf: (bindings: readonly Binding[]) => Promise<LevelOf>;
  readonly make: (binding: Binding, level: DetailLevel) => T;
  readonly pace: Pace;
  /** Of the items: limit is a ceiling, and what does not fit is for the next page. */
  readonly bytesMax: number;
}

function positionOf({ severity, type, kind, name, key, id }: Binding): string[] {
  return [severity, type, kind, name, key ?? '', id];
}
