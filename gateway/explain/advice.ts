/**
 * Steps of a text together with those of the constraint that it names.
 */
import { type RemediationStep, stepsMax } from '../remediation/schema.ts';

/** The steps of the text first: what the constraint advises follows, but for what these say already with the text's own numbers. */
export function withAdvice(own: readonly RemediationStep[], advice: readonly RemediationStep[]): RemediationStep[] {
  const said = new Set(own.map(actOf));
  return [...own, ...advice.filter((step) => !said.has(actOf(step)))].slice(0, stepsMax);
}

/** What one does by a step: a patch of the same manifest in other words, or the same command, is the same. */
function actOf({ type, description, command = '', patch, url }: RemediationStep): string {
  if (patch !== undefined) return JSON.stringify([type, command, patch.split('metadata:', 1)[0]?.split('\n', 2)]);
  return JSON.stringify([type, command || url || description]);
}
