import * as z from 'zod';
import { Also, ConstraintName, findConstraint } from '../answer/find-constraint.ts';
import { refusedReport } from '../answer/levels.ts';
import { remediationFor } from '../answer/remediation.ts';
import { Remediation } from '../remediation/schema.ts';
import { defineTool } from './define.ts';
import { Namespace } from './fields.ts';

const Output = Remediation.extend({ also: Also });

export const remediation = defineTool({
  name: 'potoo_remediation',
  title: 'What to do about a rule',
  description:
    'Says what one can do about one constraint that binds a namespace: what the rule lets through, what to change in a ' +
    'manifest, commands to look further, and whom to ask. Changes nothing. When several have the name, the gravest.',
  input: z.object({ constraint_name: ConstraintName, namespace: Namespace }),
  output: Output,
  text: ({ summary }) => summary,
  async run({ constraint_name: name, namespace }, { caller, catalog, gateway, pace }) {
    const refused = await refusedReport(caller, namespace);
    if (refused !== undefined) return refused;
    const found = await findConstraint(catalog.view(namespace), name, { namespace, caller, pace });
    if (!found.ok) return found;
    const { binding, level, also } = found.value;
    const steps = remediationFor(binding, level, { namespace, contact: gateway.remediationContact });
    return { ok: true, level, value: { ...steps, ...also } };
  },
});
