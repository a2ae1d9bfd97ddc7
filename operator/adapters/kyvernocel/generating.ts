/**
 * GeneratingPolicy and NamespacedGeneratingPolicy: requests after which other objects are made. Nothing is refused or changed.
 * Which objects those are, and where, the expressions say.
 *
 * @see https://kyverno.io/docs/policy-types/generating-policy/
 */
import * as z from 'zod';
import type { CelGeneration, CelRule } from '../../../crds/rules/cel.ts';
import { operationsText, requestsText } from '../admission-policy-text.ts';
import { absent, listOf } from '../fields.ts';
import { commonRule, evaluationPart, meantBy, type Policy, scopeFor, type Told, unreadPart } from './policy.ts';
import { citedText, detailTexts, existingText, notUnderstood, policyText } from './text.ts';

const Template = z.strictObject({ value: z.string(), interpolate: absent(z.enum(['none', 'cel'])) });
const Generation = z.union([
  z.strictObject({ expression: z.string() }),
  z.strictObject({ template: Template }).transform(
    ({ template: { value, interpolate } }): CelGeneration => ({
      template: value,
      interpolated: interpolate === 'cel',
    }),
  ),
]);

/** At most one: which requests make it generate. */
export function generating(policy: Policy): Told[] {
  const { spec, head, evaluation } = policy;
  const { matching } = meantBy(policy);
  const common = commonRule(spec);
  const generations = spec.read('generate', listOf(Generation)) ?? [];
  spec.read('useServerSideApply', z.boolean());
  spec.readNothingElse();
  const understood = spec.faults.length === 0;
  if (matching === undefined || !evaluation.ofCluster || !(evaluation.admission || evaluation.existing)) return [];
  if (understood && generations.length === 0) return [];

  const scope = scopeFor(matching, policy);
  const rule: CelRule = {
    ...common,
    generations,
    ...(evaluation.synchronize ? { synchronize: true } : {}),
    ...evaluationPart(evaluation),
    ...unreadPart(policy),
  };
  const text = `${understood ? 'make' : 'may make'} ${policyText(head.metadata.name, understood)}${understood ? '' : ','} create other objects`;
  const tell = (requests: string) => `${evaluation.admission ? requests : existingText(scope)} ${text}`;
  const also = evaluation.admission && evaluation.existing ? ['objects that exist do so as well'] : [];
  const made = citedText(
    generations.map((generation) => ('template' in generation ? generation.template : generation.expression)),
    'expression',
  );
  const says = [
    ...also,
    ...(evaluation.synchronize ? ['what was made is kept as it was made'] : []),
    ...(made === '' ? [] : [`it makes ${made}`]),
  ];
  const { rules } = matching.match;
  return [
    {
      key: 'generate',
      type: 'Admission',
      ...(understood ? { effect: 'generate' as const, severity: 'Info' as const } : notUnderstood),
      summary: tell(requestsText(rules)),
      message: [tell(operationsText(rules)), ...detailTexts(scope, rule, says)],
      scope,
      rule,
    },
  ];
}
