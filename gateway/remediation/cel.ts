/**
 * Policies in CEL: what they demand in their own words, which stay data, and how to try a manifest.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 * @see https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
 */
import type { CelRule } from '../../crds/rules/cel.ts';
import { demands, faults } from './cel-demands.ts';
import type { Link } from './links.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { ask, dryRun, link, look, titleOf } from './steps.ts';
import type { Subject } from './subject.ts';
import { cited } from '../words.ts';

/** From the full form. */
export function celRemediation(subject: Subject, rule: CelRule): Remediation {
  return {
    summary: summaryOf(subject, rule),
    steps: [
      ...demands(rule),
      ...question(subject, rule),
      ...look(
        subject,
        rule.binding === undefined
          ? 'See the policy.'
          : `See the policy; it is put into force by the binding ${cited(rule.binding, 80)}.`,
      ),
      ...(needsHelp(subject, rule) ? [ask(subject, helpOf(rule), 'cluster-admin')] : []),
      link(
        rule.mutations === undefined ? 'How such policies judge.' : 'How such policies change objects.',
        linkOf(rule),
      ),
    ],
  };
}

/** Nobody can try what no request decides. */
function question(subject: Subject, { mutations, deletion, evaluation }: CelRule): RemediationStep[] {
  if (deletion !== undefined || evaluation?.admission === false) return [];
  return [
    mutations === undefined
      ? dryRun(subject, 'See whether a manifest passes.')
      : dryRun(subject, 'See what would be stored of a manifest (add -o yaml).'),
  ];
}

function linkOf({ dialect, mutations }: CelRule): Link {
  if (dialect === 'kyverno') return 'kyvernoCel';
  return mutations === undefined ? 'validatingPolicy' : 'mutatingPolicy';
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
      return rule.dialect === 'kyverno'
        ? `Nothing needs to be done: ${title} only reports what does not meet it.`
        : `Nothing needs to be done: ${title} only notes in the audit log what does not meet it.`;
    case 'warn':
      return `Requests pass; to be rid of the warnings, meet what ${title} asks for.`;
    case 'mutate':
      if (rule.deletion !== undefined) {
        return `Keep what must stay out of what ${title} means: it deletes objects at set times.`;
      }
      return `Nothing needs to be done: ${title} changes objects as they are written.`;
    case 'allow':
      return `Nothing needs to be done: ${title} refuses nothing.`;
    case 'generate':
      return `Nothing needs to be done: ${title} makes other objects after a request has passed.`;
    case 'deny':
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
