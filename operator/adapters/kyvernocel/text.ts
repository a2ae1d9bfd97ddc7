/**
 * Words that the kinds of Kyverno's policies share.
 */
import type { CelRule } from '../../../crds/rules/cel.ts';
import type { Scope } from '../../../crds/scope.ts';
import { resourceWords } from '../admission-rules.ts';
import { exactnessTexts, selectionTexts } from '../admission-text.ts';
import type { Draft } from '../define.ts';
import { boundedListOf, citedExpression, sentence } from '../text.ts';

/** For summaries and messages: `Existing pods, services`. */
export function existingText({ admission = [] }: Scope): string {
  const [match] = admission;
  return match?.rules === undefined ? 'Existing objects' : `Existing ${resourceWords(match.rules)}`;
}

/** Of a policy that is not understood nothing else is claimed. */
export const notUnderstood: Pick<Draft, 'effect' | 'severity'> = { effect: 'unknown', severity: 'Warning' };

/** `policy N` and what is to be said of it when parts of it are not understood. */
export function policyText(name: string, understood: boolean): string {
  return `policy ${sentence(name, 60)}${understood ? '' : ', parts of which are not understood'}`;
}

/** What stands in every message after its first part; `says` in the middle, what is cut where it is too long at the end. */
export function detailTexts(scope: Scope, rule: CelRule, says: readonly string[]): string[] {
  return [...selectionTexts(scope), ...controllerTexts(rule), ...says, ...nativeTexts(rule), ...exactnessTexts(scope)];
}

function controllerTexts({ podControllers = [] }: CelRule): string[] {
  return podControllers.length === 0 ? [] : ['of what makes pods it looks at the template of the pods'];
}

function nativeTexts({ native }: CelRule): string[] {
  if (native === undefined) return [];
  const which = native.name === undefined ? `a ${native.kind}` : `${native.kind} ${sentence(native.name, 80)}`;
  return [`Kyverno has the API server apply the same by ${which}`];
}

/** Expressions and templates in quotation marks, as far as they fit. */
export function citedText(texts: readonly string[], noun: string): string {
  return boundedListOf(texts, (text) => citedExpression(text, 250), { separator: ', ', lengthMax: 400, noun });
}
