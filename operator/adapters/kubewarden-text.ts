/**
 * What is told of a Kubewarden policy, and how grave it is.
 *
 * Critical: one in mode protect may refuse workloads or Services. That it may is all that is known, as of a module nothing
 * is; failurePolicy Ignore lets a request pass only when it gives no answer. One that may change objects is Info, like a
 * mutating webhook, and one that only records as well.
 */
import type { WasmMember, WasmRule } from '../../crds/rules/wasm.ts';
import type { Scope } from '../../crds/scope.ts';
import { reachesWorkloadsOrServices } from './admission-match.ts';
import { operationsText, requestsText } from './admission-policy-text.ts';
import { exactnessTexts, selectionTexts } from './admission-text.ts';
import type { Draft } from './define.ts';
import { boundedListOf, sentence } from './text.ts';

interface Policy {
  readonly name: string;
  /** Whether there are matchLabels of namespaces that decide nothing. */
  readonly labelsDropped: boolean;
  readonly understood: boolean;
}

/** Severity and effect, and the sentences in both forms. */
export function told(
  rule: WasmRule,
  scope: Scope,
  policy: Policy,
): Pick<Draft, 'severity' | 'effect' | 'summary' | 'message'> {
  const rules = scope.admission?.[0]?.rules;
  const details = [...selectionTexts(scope), ...detailsOf(rule, policy), ...exactnessTexts(scope)];
  return {
    ...consequenceOf(rule, scope, policy),
    summary: `${requestsText(rules)} ${judgedText(rule, policy)}`,
    message: [`${operationsText(rules)} ${judgedText(rule, policy)}`, ...details].join('; '),
  };
}

function consequenceOf(
  { mode, mutating }: WasmRule,
  scope: Scope,
  { understood }: Policy,
): Pick<Draft, 'severity' | 'effect'> {
  if (!understood) return { effect: 'unknown', severity: 'Warning' };
  if (mode === 'monitor') return { effect: 'audit', severity: 'Info' };
  if (mutating) return { effect: 'mutate', severity: 'Info' };
  return { effect: 'deny', severity: reachesWorkloadsOrServices(scope) ? 'Critical' : 'Warning' };
}

/** Safe for every reader: neither modules nor settings. */
function judgedText({ mode, mutating, members }: WasmRule, { name, understood }: Policy): string {
  const policy = `${members === undefined ? 'policy' : 'policy group'} ${sentence(name, 60)}`;
  if (!understood) return `may be judged by ${policy}, parts of which are not understood`;
  if (mode === 'monitor') return `are judged by ${policy}, those that fail pass and are recorded`;
  if (mutating) return `are judged by ${policy}, which may change or refuse them`;
  return `are judged by ${policy}, which may refuse them`;
}

function detailsOf(rule: WasmRule, { labelsDropped }: Policy): string[] {
  const { module, members, expression, message, mode, failurePolicy, contextAwareResources = [] } = rule;
  return [
    ...(labelsDropped ? ['the matchLabels of its namespaceSelector decide nothing'] : []),
    ...(module === undefined ? [] : [`by the module ${sentence(module, 150)}`]),
    ...(members === undefined ? [] : [`${membersText(members)} under the expression ${cited(expression ?? '', 150)}`]),
    ...(message === undefined ? [] : [`it says ${cited(message, 150)}`]),
    ...(contextAwareResources.length === 0 ? [] : [`it looks at ${kindsText(contextAwareResources)} in the cluster`]),
    ...(mode === 'protect' && failurePolicy === 'Fail' ? ['while it does not answer all of them are refused'] : []),
  ];
}

function membersText(members: readonly WasmMember[]): string {
  const word = ({ name, module }: WasmMember) => `${sentence(name, 60)} (${sentence(module, 100)})`;
  return `by ${boundedListOf(members, word, { separator: ', ', lengthMax: 300, noun: 'module' })}`;
}

function kindsText(kinds: readonly { readonly kind: string }[]): string {
  return boundedListOf(kinds, ({ kind }) => sentence(kind, 63), { separator: ', ', lengthMax: 120, noun: 'kind' });
}

function cited(text: string, lengthMax: number): string {
  return JSON.stringify(sentence(text, lengthMax));
}
