import type { OpaqueRule } from '../../crds/rules/opaque.ts';
import type { Remediation } from './schema.ts';
import { ask, look, manual, titleOf } from './steps.ts';
import type { Subject } from './subject.ts';
import { listed, shown } from '../words.ts';

/** Of a policy that nobody here understands: look at it, and ask. */
export function opaqueRemediation(subject: Subject, { fields }: OpaqueRule): Remediation {
  const privilege = subject.home === undefined ? 'cluster-admin' : 'namespace-admin';
  const where = fields.length === 0 ? '' : ` What is known of it stands in ${listed(fields)}.`;
  return {
    summary: `What ${titleOf(subject)} demands is not known beyond its message: look at it, or ask whoever owns it.`,
    steps: [
      ...look(subject, 'See the policy, if your rights allow it.'),
      manual(
        `Potoo does not decode policies of the kind ${shown(subject.kind, 63)}: beyond its message it may demand anything.${where}`,
        'developer',
      ),
      ask(subject, 'what it demands.', privilege),
    ],
  };
}
