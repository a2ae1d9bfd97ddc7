/**
 * Why a command has no answer, as a sentence for the person who gave it.
 */
import type { Refusal } from '../errors.ts';

/** Ends the command. Usage errors, refusals and what cannot be reached: everything that is not a mistake of the program. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** The sentence of a refusal, with what would help. */
export function failureOf(refused: Refusal): Failure {
  const { error, code, retryAfterSeconds } = refused;
  const help =
    code === 'RATE_LIMITED' && retryAfterSeconds !== undefined ? ` Try again in ${retryAfterSeconds} s.` : '';
  // What went wrong between here and there has no word that would say more than the sentence.
  return new Failure(`${error}${help}${code === 'INTERNAL' ? '' : ` (${code})`}`);
}
