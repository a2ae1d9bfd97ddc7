/**
 * DeletingPolicy and NamespacedDeletingPolicy: objects that exist are deleted at set times. No request is judged; operations in
 * its rules say nothing, and stand as `*` in its scope. Its conditions stand there too.
 *
 * Warning where it can delete workloads, Services or Namespaces, Info elsewhere. Of Namespaces those know that are deleted with all in
 * them.
 *
 * @see https://kyverno.io/docs/policy-types/deleting-policy/
 */
import * as z from 'zod';
import { compareText } from '../../../crds/constraint.ts';
import { CelRule } from '../../../crds/rules/cel.ts';
import type { NamespaceScope } from '../../../crds/scope.ts';
import { type Matching, matchingFrom, MatchObjects, reachesWorkloadsOrServices } from '../admission-match.ts';
import { selectorOfBoth, selectsAll } from '../fields.ts';
import { sentence } from '../text.ts';
import {
  Conditions,
  objectsMeantBy,
  type Policy,
  scopeFor,
  SmallMatch,
  type Told,
  unreadPart,
  Variables,
} from './policy.ts';
import { detailTexts, existingText, notUnderstood, policyText } from './text.ts';

const { propagation } = CelRule.shape.deletion.unwrap().shape;

/** At most one: what is deleted, and when. */
export function deleting(policy: Policy): Told[] {
  const { spec, head } = policy;
  const isThere = spec.read('matchConstraints', z.unknown()) !== undefined;
  const constraints = spec.readRequired('matchConstraints', SmallMatch.pipe(MatchObjects));
  const conditions = spec.read('conditions', Conditions) ?? [];
  const variables = spec.read('variables', Variables) ?? [];
  const schedule = spec.readRequired('schedule', z.string()) ?? '';
  const propagated = spec.read('deletionPropagationPolicy', propagation.unwrap());
  spec.readNothingElse();
  const matching =
    constraints === undefined ? matchingFrom({}, { conditions }) : objectsMeantBy(constraints, conditions, head);
  if (matching === undefined || !isThere) return [];

  const understood = spec.faults.length === 0;
  const scope = scopeFor(matching, policy);
  const themselves = head.metadata.namespace === undefined ? namespacesThemselves(matching) : undefined;
  const rule: CelRule = {
    form: 'cel',
    dialect: 'kyverno',
    // A condition that fails to evaluate deletes nothing.
    failurePolicy: 'Ignore',
    variables,
    deletion: { schedule, ...(propagated === undefined ? {} : { propagation: propagated }) },
    ...unreadPart(policy),
  };
  const { objectSelector, matchConditions = [] } = matching.match;
  // Nobody should fear for what is not meant.
  const isSome = matchConditions.length > 0 || objectSelector !== undefined;
  const which = `${existingText(scope)}${isSome ? ' that meet certain conditions' : ''}`;
  const text = `${which} ${understood ? 'are' : 'may be'} deleted on a schedule by ${policyText(head.metadata.name, understood)}`;
  const when = schedule === '' ? [] : [`at ${JSON.stringify(sentence(schedule, 100))}`];
  const how = propagated === 'Orphan' ? ['what they own stays'] : [];
  return [
    {
      key: 'delete',
      type: 'Admission',
      ...(understood
        ? {
            effect: 'mutate' as const,
            severity:
              themselves !== undefined || reachesWorkloadsOrServices(scope) ? ('Warning' as const) : ('Info' as const),
          }
        : notUnderstood),
      summary: text,
      message: [text, ...when, ...detailTexts(scope, rule, how)],
      scope: themselves === undefined ? scope : { ...scope, namespaces: themselves },
      rule,
    },
  ];
}

/** The Namespaces that such rules take, as namespaces. Undefined where they take other resources, too. */
function namespacesThemselves({ match, namespaces }: Matching): NamespaceScope | undefined {
  const { rules = [], objectSelector = {} } = match;
  const isOnly = rules.every(
    ({ apiGroups, resources }) =>
      apiGroups.every((group) => group === '') && resources.every((resource) => resource === 'namespaces'),
  );
  if (rules.length === 0 || !isOnly) return undefined;
  const selector = selectorOfBoth(namespaces, objectSelector);
  const named = rules.flatMap(({ names }) => names ?? []);
  return {
    ...(rules.every(({ names }) => names !== undefined) ? { names: [...new Set(named)].toSorted(compareText) } : {}),
    ...(selectsAll(selector) ? {} : { selector }),
  };
}
