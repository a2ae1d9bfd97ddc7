/**
 * Gatekeeper: constraints of the kinds that ConstraintTemplates define, and mutators.
 *
 * The CustomResourceDefinition of a constraint kind is made by Gatekeeper from its template, so the kinds are known only in the
 * cluster: all of their group are read. What constraints and mutators mean depends on the Config and, for constraints, on
 * ExpansionTemplates: settings.ts.
 *
 * The webhook is asked about CREATE and UPDATE; DELETE and CONNECT are judged only where its installation adds them and a
 * template asks for them. Whether it answers, and what becomes of requests when it does not, is a constraint of the webhook.
 *
 * Not read: SyncSet, Provider and the statuses, none of which imposes anything.
 *
 * @see https://open-policy-agent.github.io/gatekeeper/website/docs/
 * @see https://github.com/open-policy-agent/gatekeeper/tree/v3.23.1
 */
import { compareText } from '../../../crds/constraint.ts';
import { defineJoiningAdapter } from '../join.ts';
import { anyConstraint, constraintDrafts, type ConstraintPart } from './constraint.ts';
import { mutatorDrafts, type MutatorPart, mutators } from './mutator.ts';
import { config, type ConfigPart, type ExpansionPart, expansionTemplate } from './settings.ts';
import { constraintTemplate, type TemplatePart } from './template.ts';

type Value = ConfigPart | ConstraintPart | ExpansionPart | MutatorPart | TemplatePart;

export const gatekeeper = defineJoiningAdapter<Value>({
  id: 'gatekeeper',
  resources: [
    { group: 'config.gatekeeper.sh', plural: 'configs' },
    { group: 'constraints.gatekeeper.sh', plural: '*' },
    { group: 'expansion.gatekeeper.sh', plural: 'expansiontemplate' },
    { group: 'mutations.gatekeeper.sh', plural: 'assign' },
    { group: 'mutations.gatekeeper.sh', plural: 'assignimage' },
    { group: 'mutations.gatekeeper.sh', plural: 'assignmetadata' },
    { group: 'mutations.gatekeeper.sh', plural: 'modifyset' },
    { group: 'templates.gatekeeper.sh', plural: 'constrainttemplates' },
  ],
  kinds: [anyConstraint, config, constraintTemplate, expansionTemplate, ...mutators],
  join(values) {
    const configs = values.filter((value) => value.is === 'config');
    const expansions = values.filter((value) => value.is === 'expansion');
    const template = values.find((value) => value.is === 'template');
    return values
      .filter((value) => value.is === 'constraint' || value.is === 'mutator')
      .toSorted((a, b) => compareText(a.head.metadata.name, b.head.metadata.name))
      .map((value) => ({
        source: value.head,
        drafts:
          value.is === 'constraint'
            ? constraintDrafts(value, template, { configs, expansions })
            : mutatorDrafts(value, configs),
      }));
  },
});
