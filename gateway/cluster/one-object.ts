/** Answers that are one object. */
import { stringify } from 'yaml';
import * as z from 'zod';
import { dataText } from '../answer/fence.ts';
import type { Call } from '../call.ts';
import { type Answer, refusal } from '../errors.ts';
import { fitted } from './fit.ts';
import type { Target } from './gate.ts';
import { shownObject } from './listing.ts';
import type { Reader } from './reader.ts';

export const ObjectOutput = z.object({
  object: z.record(z.string(), z.unknown()).describe('The object, without managedFields and without credentials.'),
  truncated: z.boolean().describe('Whether texts, lists or depths of it are shortened, each where it says so.'),
});
export type ObjectAnswer = z.infer<typeof ObjectOutput>;

const aroundBytes = 200;

/** Reads one object and makes the answer. */
export async function objectAnswer(
  reader: Reader,
  call: Call,
  target: Target,
  below?: '/stats/summary',
): Promise<Answer<ObjectAnswer>> {
  const read = await reader.get(call, target, below);
  if (!read.ok) return read;
  const object = fitted(shownObject(read.value), call.bytesMax - aroundBytes);
  if (object === undefined) return refusal('INVALID_REQUEST', 'This object is too large to be shown; use kubectl.');
  return { ok: true, value: { object: { ...object.value }, truncated: object.cut } };
}

/** The object as YAML. */
export function objectText({ object, truncated }: ObjectAnswer): string {
  return dataText({
    before: [truncated ? 'The object, shortened where it says so:' : 'The object:'],
    data: stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd().split('\n'),
  });
}
