/**
 * Policies in CEL: what they demand in their own words, which stay data, and how to try a manifest.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 * @see https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
 */
import type { CelFault, CelRule, CelValidation } from '../../crds/rules/cel.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { ask, dryRun, link, look, manual, titleOf } from './steps.ts';
import type { Subject } from './subject.ts';
import { cited, listed } from '../words.ts';

const validationsMax = 4;
const mutationsMax = 2;

/** From the full form. */
export function celRemediation(subject: Subject, rule: CelRule): Remediation {
  const isMutating = rule.mutations !== undefined;
  return {
    summary: summaryOf(subject, rule),
    steps: [
      ...demands(rule),
      dryRun(
        subject,
        isMutating ? 'See what would be stored of a manifest (add -o yaml).' : 'See whether a manifest passes.',
      ),
      ...look(
        subject,
        rule.binding === undefined
          ? 'See the policy.'
          : `See the policy; it is put into force by the binding ${cited(rule.binding, 80)}.`,
      ),
      ...(needsHelp(subject, rule) ? [ask(subject, helpOf(rule), 'cluster-admin')] : []),
      isMutating
        ? link('How such policies change objects.', 'mutatingPolicy')
        : link('How such policies judge.', 'validatingPolicy'),
    ],
  };
}

function summaryOf(subject: Subject, rule: CelRule): string {
  const title = titleOf(subject);
  if (rule.broken !== undefined) {
    return rule.failurePolicy === 'Fail'
      ? `${title} is broken and refuses every request that is meant: whoever owns it must repair it.`
      : `Nothing needs to be done: ${title} is broken and lets requests pass.`;
  }
  switch (subject.effect) {
    case 'audit':
      return `Nothing needs to be done: ${title} only notes in the audit log what does not meet it.`;
    case 'warn':
      return `Requests pass; to be rid of the warnings, meet what ${title} asks for.`;
    case 'mutate':
      return `Nothing needs to be done: ${title} changes objects as they are written.`;
    case 'allow':
      return `Nothing needs to be done: ${title} refuses nothing.`;
    case 'deny':
    case 'generate':
    case 'limit':
    case 'require':
    case 'restrict':
    case 'unknown':
      return `Change the manifest to what ${title} asks for, or ask for an exception.`;
    default:
      return subject.effect satisfies never;
  }
}

function needsHelp({ effect }: Subject, { broken, failurePolicy }: CelRule): boolean {
  return broken === undefined ? effect === 'deny' || effect === 'unknown' : failurePolicy === 'Fail';
}

function helpOf({ broken }: CelRule): string {
  return broken === undefined ? 'for an exception, with the reason.' : `to repair the policy: ${faults[broken]}.`;
}

const faults: Readonly<Record<CelFault, string>> = {
  kindNotServed: 'the kind of its parameters is not served',
  noParameters: 'the parameters that it refers to do not exist',
  namespaceOfClusterScopedKind: 'it names a namespace for parameters of a kind that has none',
  noNamespace: 'it names no namespace for parameters of a kind that lives in namespaces',
};

function demands(rule: CelRule): RemediationStep[] {
  if (rule.broken !== undefined) return [manual(`It is broken: ${faults[rule.broken]}.`)];
  if (rule.unread !== undefined)
    return [manual(`What it demands is not known in full: ${listed(rule.unread, 2)} is not understood.`)];
  const { validations = [], mutations = [], params } = rule;
  const texts = validations.slice(0, validationsMax).map(demandText);
  for (const { patchType, expression } of mutations.slice(0, mutationsMax)) {
    texts.push(`${patchType} ${cited(expression)}`);
  }
  if (texts.length === 0) return [manual('It demands nothing and notes something in the audit log.')];
  const more = validations.length + mutations.length - texts.length;
  const rest = more === 0 ? '' : `; and ${more} more`;
  const lead = mutations.length > 0 ? 'It changes, in its own words: ' : 'It demands, in its own words: ';
  const missing =
    params === undefined || params.state === 'read' ? '' : '; it depends on parameters that are not known here';
  return [manual(`${lead}${texts.join('; ')}${rest}${missing}.`, 'developer')];
}

function demandText({ expression, message }: CelValidation): string {
  return message === undefined ? cited(expression) : `${cited(message)}, by ${cited(expression)}`;
}
