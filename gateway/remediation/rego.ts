/**
 * Policies in Rego: nobody reads out of a program what a manifest must be like, so what helps is to try one, and to read the
 * message of a refusal, which names what is wrong.
 *
 * @see https://open-policy-agent.github.io/gatekeeper/website/docs/violations/
 */
import type { RegoNeed, RegoRule } from '../../crds/rules/rego.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { ask, dryRun, link, look, manual, titleOf, told } from './steps.ts';
import type { Subject } from './subject.ts';
import { listed, shown } from '../words.ts';

/** From the full form. */
export function regoRemediation(subject: Subject, rule: RegoRule): Remediation {
  return {
    summary: summaryOf(subject),
    steps: [
      ...told(subject),
      ...demands(rule),
      ...(subject.effect === 'deny' || subject.effect === 'warn' || subject.effect === 'unknown'
        ? [dryRun(subject, 'See whether a manifest passes: a refusal or a warning says what is wrong.')]
        : []),
      ...look(subject, 'See the policy with its parameters, and in its status what an audit has found.'),
      ...(subject.effect === 'deny' || subject.effect === 'unknown'
        ? [ask(subject, 'for an exception, with the reason.', 'cluster-admin')]
        : []),
      link('How violations are told.', 'regoPolicy'),
    ],
  };
}

function summaryOf(subject: Subject): string {
  const title = titleOf(subject);
  switch (subject.effect) {
    case 'audit':
      return `Nothing needs to be done: ${title} only notes what does not meet it.`;
    case 'warn':
      return `Requests pass; to be rid of the warnings, meet what ${title} asks for.`;
    case 'mutate':
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

const needs: Readonly<Record<RegoNeed, string>> = {
  clock: 'the time',
  externalData: 'what a provider outside of the cluster answers',
  inventory: 'other objects in the cluster',
  network: 'what the network answers',
  random: 'chance',
};

function demands({ template, program, unread }: RegoRule): RemediationStep[] {
  const kind = shown(template, 63);
  if (program === undefined) {
    return [
      manual(`What it demands is not known here: the template of ${kind} is not read, or not understood.`, 'developer'),
    ];
  }
  const rest =
    unread === undefined ? '' : ` What it demands is not known in full: ${listed(unread, 2)} is not understood.`;
  const depends =
    program.needs === undefined ? '' : ` It depends on ${listed(program.needs.map((need) => needs[need]))} as well.`;
  return [
    manual(
      `The program of the template of ${kind} decides, with the parameters of the policy.${depends}${rest}`,
      'developer',
    ),
  ];
}
