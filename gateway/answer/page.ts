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

/** For anything that was not given out as a cursor of the list. */
export const cursorRefusal = refusal(
  'INVALID_CURSOR',
  'cursor: not one that this list gave out; start again without it',
);

/** The position in a cursor of `list`; INVALID_CURSOR for anything that `encodeCursor` did not make. */
export function decodeCursor<T>(list: string, cursor: string, schema: z.ZodType<T>): Answer<T> {
  if (cursor.length > cursorLengthMax || !/^[\w-]+$/.test(cursor)) return cursorRefusal;
  const json = parseJson(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (!Array.isArray(json) || json.length !== 2 || json[0] !== list) return cursorRefusal;
  const decoded = schema.safeParse(json[1]);
  return decoded.success ? { ok: true, value: decoded.data } : cursorRefusal;
}

/** The value of a JSON text, or undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
