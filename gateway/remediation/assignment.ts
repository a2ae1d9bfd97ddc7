/**
 * Changes of one place in objects that are written: nothing is refused, and what is stored is not what was sent.
 *
 * @see https://open-policy-agent.github.io/gatekeeper/website/docs/mutation/
 */
import type { AssignmentRule } from '../../crds/rules/assignment.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { dryRun, link, look, manual, titleOf, told } from './steps.ts';
import type { Subject } from './subject.ts';
import { cited, listed } from '../words.ts';

/** From the full form. */
export function assignmentRemediation(subject: Subject, rule: AssignmentRule): Remediation {
  return {
    summary: `Nothing needs to be done: ${titleOf(subject)} changes objects as they are written.`,
    steps: [
      ...told(subject),
      changed(rule),
      dryRun(subject, 'See what would be stored of a manifest (add -o yaml).'),
      ...look(subject, 'See the policy.'),
      link('How such policies change objects.', 'assignment'),
    ],
  };
}

const verbs: Readonly<Record<AssignmentRule['operation'], string>> = {
  set: 'sets',
  addMetadata: 'adds, where it is not set,',
  mergeValues: 'adds values to the list',
  pruneValues: 'removes values from the list',
  image: 'sets parts of the image at',
};

function changed({ operation, location, pathTests = [], unread }: AssignmentRule): RemediationStep {
  const tests = pathTests.map(({ subPath, condition }) => `${subPath} ${condition}`);
  const only = tests.length === 0 ? '' : `, only with ${listed(tests)}`;
  const rest =
    unread === undefined ? '' : ` What it does is not known in full: ${listed(unread, 2)} is not understood.`;
  return manual(
    `It ${verbs[operation]} ${cited(location)}${only}. Write it into the manifest, so that what is stored is what you see.${rest}`,
    'developer',
  );
}
