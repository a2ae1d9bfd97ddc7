import * as z from 'zod';
import { handleOf } from '../../crds/report-line.ts';
import { ConstraintAnswer, constraintAnswer, visible } from '../answer/constraint.ts';
import { type DetailLevel, levelsOf, mayReadDetails, refusedReport } from '../answer/levels.ts';
import type { Binding } from '../catalog/binding.ts';
import { refusal } from '../errors.ts';
import { Namespace } from '../tools/fields.ts';
import { remembered } from '../answer/memo.ts';
import { defineResource } from './define.ts';

const Name = z.string().min(1).max(640).describe('An id, the name of a policy, a handle, or name/rule.');

const Params = z.object({ namespace: Namespace, name: Name });
type Params = z.output<typeof Params>;

export const constraints = defineResource({
  name: 'constraints',
  uri: 'potoo://constraints/{namespace}/{name}',
  title: 'One constraint',
  description:
    'One constraint that binds a namespace. When several have the name, the gravest; also holds the ids of the others.',
  params: Params,
  output: ConstraintAnswer.extend({
    also: z.array(z.string()).optional().describe('Ids of the others that the name stands for, gravest first.'),
  }),
  read: remembered(async ({ namespace, name }: Params, { caller, catalog }) => {
    const refused = await refusedReport(caller, namespace);
    if (refused !== undefined) return refused;
    const view = catalog.view(namespace);
    const bindings = view?.bindings ?? [];
    const [level, details] = await Promise.all([
      levelsOf(bindings, namespace, caller),
      mayReadDetails(namespace, caller),
    ]);
    const [first, ...others] = bindings.filter((binding) => isMeant(binding, level(binding), namespace, name));
    // A namespace without a report gets the same words: clients match on them.
    if (first === undefined) return refusal('CONSTRAINT_NOT_FOUND', 'Constraint not found');
    const answer = constraintAnswer(first, level(first), {
      namespace,
      workloads: details ? view?.workloads : undefined,
    });
    return { ok: true, value: { ...answer, ...(others.length === 0 ? {} : { also: others.map(({ id }) => id) }) } };
  }),
});

/** A name that the caller may not see does not work either: it would tell that the name was guessed right. */
function isMeant(binding: Binding, level: DetailLevel, namespace: string, wanted: string): boolean {
  // The name of an own policy is the same at every level, so its full form need not be read.
  const { name, rule } = binding.own ? { name: binding.name, rule: binding.key } : visible(binding, level, namespace);
  return (
    wanted === binding.id ||
    wanted === handleOf(binding.id) ||
    wanted === name ||
    (rule !== undefined && wanted === `${name}/${rule}`)
  );
}
