import * as z from 'zod';
import { Also, ConstraintName, findConstraint } from '../answer/find-constraint.ts';
import { dataText } from '../answer/fence.ts';
import { refusedReport } from '../answer/levels.ts';
import { remediationFor } from '../answer/remediation.ts';
import { Remediation, type RemediationStep } from '../remediation/schema.ts';
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
  text: remediationText,
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

function remediationText({ summary, steps, also }: z.output<typeof Output>): string {
  return dataText({
    before: [
      `What one can do about it, the easiest first, in ${steps.length} ${steps.length === 1 ? 'step' : 'steps'}. Nothing of it has been done.`,
    ],
    data: [summary, ...steps.flatMap(stepLines), ...(also === undefined ? [] : [`also: ${also.join(' ')}`])],
    after:
      also === undefined
        ? []
        : [
            'The name stands for several rules, and this is the gravest; for another, call it again with an id after also.',
          ],
  });
}

function stepLines(step: RemediationStep, index: number): string[] {
  const { type, description, command, patch, url, contact, requires_privilege: privilege } = step;
  const whose = privilege === undefined ? '' : ` (${privilege})`;
  return [
    `${index + 1}. ${type}${whose}: ${description}`,
    ...(command === undefined ? [] : [`   command: ${command.length > wholeMax ? elsewhere : command}`]),
    ...(patch === undefined ? [] : patchLines(patch)),
    ...(url === undefined ? [] : [`   see: ${url}`]),
    ...(contact === undefined ? [] : [`   ask: ${contact}`]),
  ];
}

/** Longer ones are not shown in part: half a command is another one. */
const wholeMax = 300;
const elsewhere = '(too long for this text, see the JSON of the answer)';

function patchLines(patch: string): string[] {
  const lines = patch.trimEnd().split('\n');
  const fits = lines.length <= 60 && lines.every(({ length }) => length <= wholeMax);
  return fits ? ['   patch:', ...lines.map((line) => `     ${line}`)] : [`   patch: ${elsewhere}`];
}
