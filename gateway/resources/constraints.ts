import * as z from 'zod';
import { ConstraintAnswer, constraintAnswer } from '../answer/constraint.ts';
import { Also, ConstraintName, findConstraint } from '../answer/find-constraint.ts';
import { mayReadDetails, refusedReport } from '../answer/levels.ts';
import { remediationFor } from '../answer/remediation.ts';
import { Namespace } from '../tools/fields.ts';
import { remembered } from '../answer/memo.ts';
import { defineResource } from './define.ts';

const Params = z.object({ namespace: Namespace, name: ConstraintName });
type Params = z.output<typeof Params>;

export const constraints = defineResource({
  name: 'constraints',
  uri: 'potoo://constraints/{namespace}/{name}',
  title: 'One constraint',
  description:
    'One constraint that binds a namespace. When several have the name, the gravest; also holds the ids of the others.',
  params: Params,
  output: ConstraintAnswer.extend({
    also: Also,
  }),
  read: remembered(async ({ namespace, name }: Params, { caller, catalog, gateway, pace }) => {
    const refused = await refusedReport(caller, namespace);
    if (refused !== undefined) return refused;
    const view = catalog.view(namespace);
    const [found, details] = await Promise.all([
      findConstraint(view, name, { namespace, caller, pace }),
      mayReadDetails(namespace, caller),
    ]);
    if (!found.ok) return found;
    const { binding, level, also } = found.value;
    const workloads = details ? view?.workloads : undefined;
    const remediation = remediationFor(binding, level, { namespace, contact: gateway.remediationContact });
    return {
      ok: true,
      level,
      value: { ...constraintAnswer(binding, level, { namespace, workloads }), remediation, ...also },
    };
  }),
});
