/**
 * Rules by the shape of objects: what they demand in their own words, which stay data, and how to try a manifest.
 *
 * @see https://kyverno.io/docs/policy-types/cluster-policy/
 * @see https://kyverno.io/docs/guides/exceptions/
 */
import type { PatternRule } from '../../crds/rules/pattern.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { ask, dryRun, link, look, manual, titleOf } from './steps.ts';
import type { Subject } from './subject.ts';
import { cited, listed } from '../words.ts';

/** From the full form. */
export function patternRemediation(subject: Subject, rule: PatternRule): Remediation {
  const isOfRequests = rule.does !== 'cleanUp';
  return {
    summary: summaryOf(subject, rule),
    steps: [
      ...demands(subject, rule),
      ...(isOfRequests && rule.admission !== false ? [dryRun(subject, dryRunText(rule))] : []),
      ...look(
        subject,
        rule.does === 'cleanUp' ? 'See the policy.' : `See the policy; it is its rule ${cited(rule.name, 80)}.`,
      ),
      ...(subject.effect === 'deny' || subject.effect === 'unknown'
        ? [ask(subject, exceptionText(rule), 'cluster-admin')]
        : []),
      link('How such policies work.', 'kyverno'),
    ],
  };
}

function summaryOf(subject: Subject, { does, allowExistingViolations }: PatternRule): string {
  const title = titleOf(subject);
  switch (subject.effect) {
    case 'audit':
      return `Nothing is refused: ${title} reports what does not meet it.`;
    case 'warn':
      return `Requests pass; to be rid of the warnings, meet what ${title} asks for.`;
    case 'mutate':
      return does === 'cleanUp'
        ? `Keep what you need out of what ${title} matches: it deletes objects on a schedule.`
        : `Nothing needs to be done: ${title} changes objects.`;
    case 'generate':
      return `Nothing needs to be done: ${title} makes objects.`;
    case 'allow':
      return `Nothing needs to be done: ${title} refuses nothing.`;
    case 'deny':
      return does === 'validate' && allowExistingViolations !== false
        ? `Change the manifest to what ${title} asks for; updates of objects that did not meet it before pass.`
        : `Change the manifest to what ${title} asks for, or ask for an exception.`;
    case 'limit':
    case 'require':
    case 'restrict':
    case 'unknown':
      return `Change the manifest to what ${title} asks for, or ask for an exception.`;
    default:
      return subject.effect satisfies never;
  }
}

function dryRunText({ does }: PatternRule): string {
  return does === 'mutate' ? 'See what would be stored of a manifest (add -o yaml).' : 'See whether a manifest passes.';
}

/** An exception has to name what is generated for controllers, too. */
function exceptionText({ name, generated = [] }: PatternRule): string {
  const names = [name, ...generated.map((rule) => rule.name)].map((text) => cited(text, 80));
  const which = names.length === 1 ? 'the rule' : 'the rules';
  return `for a PolicyException for ${which} ${listed(names, 3)}, with the reason.`;
}

const lengthMax = 600;

/** The message says it in words; the rule itself would be read by nobody. */
function demands({ full }: Subject, { unread }: PatternRule): RemediationStep[] {
  if (unread !== undefined) {
    return [manual(`What it demands is not known in full: ${listed(unread, 2)} is not understood.`)];
  }
  return full === undefined ? [] : [manual(`What it says and does: ${cited(full.message, lengthMax)}.`, 'developer')];
}
