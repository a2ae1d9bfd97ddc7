/**
 * A WebAssembly module: what it demands only the module knows, so what helps is to ask it and to read its settings.
 *
 * @see https://docs.kubewarden.io/reference/CRDs
 */
import type { WasmRule } from '../../crds/rules/wasm.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { requestsWords } from './requests.ts';
import { ask, dryRun, link, look, manual, titleOf } from './steps.ts';
import type { Subject } from './subject.ts';
import { capitalized, cited, listed } from '../words.ts';

const membersMax = 4;

/** From the full form. */
export function wasmRemediation(subject: Subject, rule: WasmRule): Remediation {
  const isHarmless = rule.mode === 'monitor';
  return {
    summary: summaryOf(subject, rule),
    steps: [
      ...(isHarmless ? [] : [question(subject, rule)]),
      manual(`${capitalized(modulesOf(rule))}${whom(subject, rule)}.`, 'developer'),
      ...look(subject, 'See its settings, which are hints at what it demands.'),
      ...(isHarmless ? [] : [ask(subject, 'for an exception, with the reason.', 'cluster-admin')]),
      link('How such policies judge.', 'kubewarden'),
    ],
  };
}

function summaryOf(subject: Subject, { mode, mutating }: WasmRule): string {
  const title = titleOf(subject);
  if (mode === 'monitor') return `Nothing needs to be done: ${title} only records what does not meet it.`;
  const does = mutating ? 'may change or refuse' : 'may refuse';
  return `${title} ${does} requests, and what it demands stands in its module: its message at a refusal says what it wants.`;
}

function question(subject: Subject, { sideEffects }: WasmRule): RemediationStep {
  if (sideEffects === 'Some' || sideEffects === 'Unknown') {
    return manual('A dry run is refused, because the policy has side effects: read what it says to the real request.');
  }
  return dryRun(subject, 'See what it says to a manifest; nothing is stored.');
}

function modulesOf({ module, members = [], expression, message }: WasmRule): string {
  const told = message === undefined ? '' : `; those who are refused are told ${cited(message)}`;
  if (members.length === 0) return `it runs the module ${cited(module ?? '')}${told}`;
  const named = members.map((member) => `${cited(member.name, 60)} (${cited(member.module, 100)})`);
  return `it asks ${listed(named, membersMax)}, and ${cited(expression ?? '')} must be true${told}`;
}

function whom(subject: Subject, { unread }: WasmRule): string {
  if (unread !== undefined) return `; parts of it are not understood (${listed(unread, 2)})`;
  return requestsWords(subject);
}
