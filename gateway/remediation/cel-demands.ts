/**
 * What a rule in CEL demands, in its own words, which stay data.
 */
import type { CelAllowance, CelFault, CelImages, CelRule, CelValidation } from '../../crds/rules/cel.ts';
import type { RemediationStep } from './schema.ts';
import { manual } from './steps.ts';
import { cited, listed } from '../words.ts';

const validationsMax = 4;
const mutationsMax = 2;

export const faults: Readonly<Record<CelFault, string>> = {
  kindNotServed: 'the kind of its parameters is not served',
  noParameters: 'the parameters that it refers to do not exist',
  namespaceOfClusterScopedKind: 'it names a namespace for parameters of a kind that has none',
  noNamespace: 'it names no namespace for parameters of a kind that lives in namespaces',
};

/** Always a step. */
export function demands(rule: CelRule): RemediationStep[] {
  if (rule.broken !== undefined) return [manual(`It is broken: ${faults[rule.broken]}.`)];
  if (rule.unread !== undefined)
    return [manual(`What it demands is not known in full: ${listed(rule.unread, 2)} is not understood.`)];
  const texts = [...imageTexts(rule.images), ...expressionTexts(rule)];
  if (texts.length === 0 && rule.deletion === undefined) {
    return [manual('It demands nothing and notes something in the audit log.')];
  }
  return [manual(`${leadOf(rule)}${texts.join('; ')}${restOf(rule)}.`, 'developer'), ...allowanceSteps(rule)];
}

function leadOf({ mutations = [], generations = [], deletion }: CelRule): string {
  if (deletion !== undefined) return `It deletes what it means on the schedule ${cited(deletion.schedule, 60)}`;
  if (generations.length > 0) return 'It makes objects, in its own words: ';
  return mutations.length > 0 ? 'It changes, in its own words: ' : 'It demands, in its own words: ';
}

function expressionTexts({ validations = [], mutations = [], generations = [] }: CelRule): string[] {
  const told = [
    ...validations.slice(0, validationsMax).map(demandText),
    ...mutations.slice(0, mutationsMax).map(({ patchType, expression }) => `${patchType} ${cited(expression)}`),
    ...generations
      .slice(0, mutationsMax)
      .map((generation) => cited('template' in generation ? generation.template : generation.expression)),
  ];
  const more = validations.length + mutations.length + generations.length - told.length;
  return more === 0 ? told : [...told, `and ${more} more`];
}

function demandText({ expression, message }: CelValidation): string {
  return message === undefined ? cited(expression) : `${cited(message)}, by ${cited(expression)}`;
}

function imageTexts(images: CelImages | undefined): string[] {
  if (images === undefined) return [];
  const { attestors, verifyDigest, required } = images;
  const names = attestors.map(({ name }) => cited(name, 60));
  return [
    ...(required && names.length > 0 ? [`images must be vouched for by ${listed(names)}`] : []),
    ...(verifyDigest ? ['images must have a digest'] : []),
  ];
}

function restOf({ params, podControllers, native }: CelRule): string {
  const missing = params !== undefined && params.state !== 'read';
  return [
    ...(missing ? ['; it depends on parameters that are not known here'] : []),
    ...(podControllers === undefined || podControllers.length === 0
      ? []
      : [`; of ${listed(podControllers, 6)} it looks at the template of their pods`]),
    ...(native === undefined ? [] : [`; the API server may do the same by ${nativeText(native)}`]),
  ].join('');
}

function nativeText({ kind, name }: NonNullable<CelRule['native']>): string {
  return name === undefined ? `a ${cited(kind, 63)}` : `${cited(kind, 63)} ${cited(name, 100)}`;
}

function allowanceSteps({ allowances = [] }: CelRule): RemediationStep[] {
  if (allowances.length === 0) return [];
  return [manual(`Its expressions allow more by ${listed(allowances.map(allowanceText), 3)}.`, 'developer')];
}

function allowanceText({ by, images = [], values = [] }: CelAllowance): string {
  const count = images.length + values.length;
  return `${cited(by, 100)} (${count} ${count === 1 ? 'value' : 'values'})`;
}
