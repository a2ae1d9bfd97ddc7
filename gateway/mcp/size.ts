/**
 * How large answers of MCP are: 48 kB at most with all that stands around them, since a model reads every byte. What an answer
 * takes as a message is measured, because it depends on what is in it: JSON inside of JSON has two characters for each
 * quotation mark and up to seven for a control character.
 */
import { Buffer } from 'node:buffer';
import { encodedOf } from '../answer/encoded.ts';
import type { Outcome } from '../definition.ts';
import { type Answer, refusal } from '../errors.ts';
import { shortened, shorteningsMax } from './shorten.ts';

/** Of a whole message. */
export const messageBytesMax = 48_000;
/** What a message has around its answer, beside its id: frame of the event stream, server info, hints for caches. */
const envelopeBytes = 800;

/** Of the JSON of an answer beside its short text, or alone as the text of a resource; as a rule it fits then. */
export const structuredBytesMax = 36_000;
/** Of the JSON of an answer that is sent as text a second time. */
export const structuredBytesMaxWithText = 18_000;

/** Tries with less and less, before the last with a single item. */
const triesMax = 4;
/** Bytes that no item fits into: there is one all the same. */
const single = 1;

/** The first revision with `structuredContent`; before, the JSON is the text. */
const structuredSince = '2025-06-18';

/** Whether a client of this revision reads the JSON of an answer beside its text; who names none is taken for an old one. */
export function readsStructured(revision: string | undefined): boolean {
  return revision !== undefined && revision >= structuredSince;
}

/** What is left of a message for its answer. @param id Of the request, which comes back. */
export function answerBytesMax(id: string | number): number {
  return messageBytesMax - envelopeBytes - jsonBytes(id);
}

/** Of a value as it stands in a message. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/**
 * The answer in a size that fits into its message: asks for less until it does. An answer has one item at least, so one of a
 * single item that is still too large is shortened.
 *
 * @param options.ask Answers with JSON of so many bytes, where it has pages.
 * @param options.size Of the answer as it stands in the message.
 */
export async function fitting(options: {
  readonly bytesMax: number;
  readonly firstBytesMax: number;
  ask(bytesMax: number): Promise<Outcome>;
  size(answer: object): number;
}): Promise<Outcome> {
  const { bytesMax } = options;
  let budget = options.firstBytesMax;
  for (let tries = 1; ; tries += 1) {
    const outcome = await options.ask(budget);
    const { answer } = outcome;
    if (!answer.ok) return outcome;
    const taken = options.size(answer.value);
    if (taken <= bytesMax) return outcome;
    if (budget === single) return { ...outcome, answer: shortenedAnswer(answer, options) };
    const { length } = encodedOf(answer.value).bytes;
    // More than was asked for is one item that is too large already, or an answer without pages.
    budget =
      tries >= triesMax || length > budget ? single : Math.max(single, Math.floor((length * bytesMax * 0.95) / taken));
  }
}

/** The first of so many steps at which it fits. */
function shortenedAnswer(
  answer: Extract<Answer<object>, { readonly ok: true }>,
  options: { readonly bytesMax: number; size(answer: object): number },
): Answer<object> {
  for (let step = 0; step < shorteningsMax; step += 1) {
    const value = shortened(answer.value, step);
    if (options.size(value) <= options.bytesMax) return { ...answer, value };
  }
  return refusal('INTERNAL', 'This answer is larger than MCP allows; ask for it over REST.');
}
