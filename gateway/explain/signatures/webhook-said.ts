/**
 * How sentences tell what a webhook gave as its reason.
 */
import { cited } from '../../words.ts';

/** Behind `refused the request`. */
export function saidWords(said: string | undefined, isSilent: boolean): string {
  if (said !== undefined) return `: ${cited(said, 400)}`;
  return isSilent ? ' without saying why' : '; what it said is not in the text';
}
