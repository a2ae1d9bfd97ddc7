/**
 * Values that a field may have: what they are, where they stand, and whom to ask for others.
 */
import type { AllowListRule, ValueMatcher } from '../../crds/rules/allow-list.ts';
import { listed, shown } from '../words.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { ask, dryRun, look, manual, titleOf } from './steps.ts';
import { selectorWords } from './selector.ts';
import type { Subject } from './subject.ts';

/** Where which values may stand; nothing to do where values are only written or noted. */
export function allowListRemediation(subject: Subject, rule: AllowListRule): Remediation {
  const isPassive = subject.effect === 'mutate' || subject.effect === 'audit';
  return {
    summary: summaryOf(subject, rule),
    steps: [
      ...valueSteps(rule),
      ...(isPassive || rule.frozen === true ? [] : [dryRun(subject, 'See what the API server says to a manifest.')]),
      ...look(subject, 'See the policy, if your rights allow it.'),
      ...(isPassive
        ? []
        : [
            ask(
              subject,
              rule.frozen === true ? 'when changes are let in again.' : 'for another value, with the reason.',
              'cluster-admin',
            ),
          ]),
    ],
  };
}

function summaryOf(subject: Subject, rule: AllowListRule): string {
  const title = titleOf(subject);
  if (rule.frozen === true) return `${title} lets nothing be changed for now: wait, or ask whoever set it so.`;
  if (rule.unread !== undefined) return `Not all of what ${title} demands is understood: look at it, or ask.`;
  if (subject.effect === 'mutate') return `Nothing needs to be done: ${title} writes values into what you create.`;
  if (subject.effect === 'audit') return `Nothing is refused: ${title} notes some values and warns of them.`;
  return `Use a value that ${title} allows, or ask for another one.`;
}

function valueSteps(rule: AllowListRule): RemediationStep[] {
  const fields = rule.fields.map(({ kind, path }) => `${path} of ${kind}`);
  const where = fields.length === 0 ? '' : `In ${listed(fields, 3)}: `;
  const parts = [
    ...(rule.allowed === undefined
      ? []
      : [rule.allowed.length === 0 ? 'no value is allowed' : `allowed are ${matchersText(rule.allowed)}`]),
    ...(rule.denied === undefined ? [] : [`refused are ${matchersText(rule.denied)}`]),
    ...(rule.noted === undefined ? [] : [`noted are ${matchersText(rule.noted)}`]),
    ...(rule.required === true ? ['it must be set'] : []),
    ...(rule.default === undefined ? [] : [`without a value it gets ${shown(rule.default)}`]),
    ...(rule.sets === undefined
      ? []
      : [
          `written are ${listed(
            Object.entries(rule.sets).map(([key, value]) => `${key}=${value}`),
            6,
          )}`,
        ]),
    ...(rule.unique === undefined ? [] : [`no value may stand twice within one ${shown(rule.unique, 20)}`]),
  ];
  return parts.length === 0 ? [] : [manual(`${shown(`${where}${parts.join('; ')}`, 1_000)}.`, 'developer')];
}

function matchersText(matchers: readonly ValueMatcher[]): string {
  return listed(matchers.map(matcherText), 6);
}

function matcherText(matcher: ValueMatcher): string {
  const parts = [
    ...(matcher.values === undefined ? [] : [listed(matcher.values, 8)]),
    ...(matcher.pattern === undefined ? [] : [`what matches ${shown(matcher.pattern)}`]),
    ...(matcher.cidrs === undefined ? [] : [`addresses in ${listed(matcher.cidrs)}`]),
    ...(matcher.ranges === undefined ? [] : [listed(matcher.ranges.map(({ from, to }) => `${from} to ${to}`))]),
    ...(matcher.selector === undefined ? [] : [`classes with ${selectorWords(matcher.selector)}`]),
    ...(matcher.wildcards === undefined ? [] : ['host names with a wildcard']),
  ];
  const text = parts.length === 0 ? 'any value' : parts.join(' or ');
  const policies = matcher.with === undefined ? '' : ` with the pull policy ${listed(matcher.with)}`;
  return `${matcher.negate === true ? `all but ${text}` : text}${policies}`;
}
