/**
 * What is told of a mutator.
 */
import type { AssignmentRule } from '../../../crds/rules/assignment.ts';
import type { AdmissionException, AdmissionFilter } from '../../../crds/scope.ts';
import { boundedList, sentence } from '../text.ts';
import { jsonText, kindsText, operationsText, placeTexts } from './words.ts';

/** For every reader: without the field and the value. */
export function mutatorSummary(filters: readonly AdmissionFilter[], rule: AssignmentRule): string {
  return `${kindsText(filters)} ${inGeneral(rule)} when they are ${whenText(filters)}${endOf(rule)}`;
}

/** With the field, the value, and whom it leaves out. */
export function mutatorMessage(
  filters: readonly AdmissionFilter[],
  rule: AssignmentRule,
  exceptions: readonly AdmissionException[],
): string {
  const [filter = {}] = filters;
  const tests = (rule.pathTests ?? []).map(
    ({ subPath, condition }) => `${subPath} ${condition === 'MustExist' ? 'is there' : 'is not there'}`,
  );
  const tested = boundedList(tests, { separator: ' and ', lengthMax: 200, noun: 'test' });
  return [
    `${kindsText(filters)} ${inDetail(rule)} when they are ${whenText(filters)}${endOf(rule)}`,
    ...(tested === '' ? [] : [`only where ${tested}`]),
    ...placeTexts(filter, exceptions),
  ].join('; ');
}

function whenText(filters: readonly AdmissionFilter[]): string {
  const operations = filters.flatMap((filter) => filter.operations ?? []);
  return operationsText(['CREATE', 'UPDATE'].filter((operation) => operations.includes(operation)));
}

function endOf({ unread }: AssignmentRule): string {
  return unread === undefined ? '' : '; not all of it is understood';
}

function inGeneral(rule: AssignmentRule): string {
  switch (rule.operation) {
    case 'set':
      return 'have a field set';
    case 'addMetadata':
      return `get ${metadataWord(rule)} unless they have it already`;
    case 'mergeValues':
      return 'have values added to a list';
    case 'pruneValues':
      return 'have values removed from a list';
    case 'image':
      return 'have parts of the name of an image set';
  }
}

function metadataWord({ location }: AssignmentRule): string {
  return /^\s*["']?metadata["']?\s*\.\s*["']?annotations\b/.test(location) ? 'an annotation' : 'a label';
}

function inDetail(rule: AssignmentRule): string {
  const location = sentence(rule.location, 200);
  const values = jsonText(rule.values ?? [], 200);
  switch (rule.operation) {
    case 'set':
      return `have ${location} set to ${valueText(rule)}`;
    case 'addMetadata':
      return `get ${location} with ${valueText(rule)} unless they have it already`;
    case 'mergeValues':
      return `have ${values} added to ${location}`;
    case 'pruneValues':
      return `have ${values} removed from ${location}`;
    case 'image':
      return `have the image at ${location} set to ${jsonText(rule.image ?? {}, 200)}`;
  }
}

function valueText({ assign = {} }: AssignmentRule): string {
  if (assign.fromMetadata !== undefined) return `their own ${sentence(assign.fromMetadata, 40)}`;
  if (assign.provider !== undefined) return `what the provider ${sentence(assign.provider, 100)} answers`;
  return assign.value === undefined ? 'a value that is not understood' : jsonText(assign.value, 200);
}
