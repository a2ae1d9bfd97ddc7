/**
 * Pages of an ordered list. A cursor holds the position of the last item that was returned, so a page goes on there
 * whatever came or went meanwhile, and any replica can serve it. It carries no authority: rights are asked for on each page.
 */
import { Buffer } from 'node:buffer';
import * as z from 'zod';
import { type Answer, refusal } from '../errors.ts';

/** Longest cursor that is taken; those that are given out are far shorter. */
export const cursorLengthMax = 4_096;

export const Limit = z.int().min(1).max(1_000);
export const Cursor = z.string().min(1).max(cursorLengthMax);

/** @param list What is paged, with what it is about: a cursor of one list is refused by another. */
export function encodeCursor(list: string, position: unknown): string {
  return Buffer.from(JSON.stringify([list, position]), 'utf8').toString('base64url');
}

/** The position in a cursor of `list`; INVALID_CURSOR for anything that `encodeCursor` did not make. */
export function decodeCursor<T>(list: string, cursor: string, schema: z.ZodType<T>): Answer<T> {
  const decoded = z.tuple([z.literal(list), schema]).safeParse(readJson(cursor));
  return decoded.success
    ? { ok: true, value: decoded.data[1] }
    : refusal('INVALID_CURSOR', 'cursor: not one that this list gave out; start again without it');
}

function readJson(cursor: string): unknown {
  if (cursor.length > cursorLengthMax || !/^[\w-]+$/.test(cursor)) return undefined;
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
