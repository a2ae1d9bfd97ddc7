/**
 * Rules by the shape of objects: what they demand in their own words, which stay data, and how to try a manifest.
 *
 * @see https://kyverno.io/docs/policy-types/cluster-policy/
 * @see https://kyverno.io/docs/guides/exceptions/
 */
import type { PatternRule } from '../../crds/rules/pattern.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { ask, dryRun, isOfDeletion, kubectl, link, look, manual, titleOf, told } from './steps.ts';
import type { Subject } from './subject.ts';
import { cited, listed } from '../words.ts';

/** From the full form. */
export function patternRemediation(subject: Subject, rule: PatternRule): Remediation {
  return {
    summary: summaryOf(subject, rule),
    steps: [
      ...demands(subject, rule),
      ...question(subject, rule),
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
      if (isOfDeletion(subject)) return `Leave what ${title} keeps from deletion, or ask for an exception.`;
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

/** A manifest passes where nothing is refused: what is wrong with it stands in reports. */
function question(subject: Subject, { does, admission }: PatternRule): RemediationStep[] {
  if (does === 'cleanUp' || does === 'generate' || admission === false) return [];
  if (does === 'mutate') return [dryRun(subject, 'See what would be stored of a manifest (add -o yaml).')];
  if (subject.effect !== 'audit') return [dryRun(subject, 'See whether a manifest passes.')];
  const words = ['get', 'policyreports.wgpolicyk8s.io', '-n', subject.namespace, '-o', 'wide'];
  return [kubectl('See what was found in the namespace, if reports are written here.', words, 'developer')];
}

/** An exception has to name what is generated for controllers, too. */
function exceptionText({ name, generated = [] }: PatternRule): string {
  const names = [name, ...generated.map((rule) => rule.name)].map((text) => cited(text, 80));
  const which = names.length === 1 ? 'the rule' : 'the rules';
  return `for a PolicyException for ${which} ${listed(names, 3)}, with the reason.`;
}

/** The message says it in words; the rule itself would be read by nobody. */
function demands(subject: Subject, { unread }: PatternRule): RemediationStep[] {
  if (unread !== undefined) {
    return [manual(`What it demands is not known in full: ${listed(unread, 2)} is not understood.`)];
  }
  return told(subject);
}
