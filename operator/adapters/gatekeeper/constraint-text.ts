/**
 * What is told of a constraint. A template says in Rego what it demands, which nobody reads as a sentence: the kind, what the
 * author says of the template, and the parameters stand for it.
 */
import * as z from 'zod';
import { compareText } from '../../../crds/constraint.ts';
import type { AdmissionFilter } from '../../../crds/scope.ts';
import { boundedList, sentence } from '../text.ts';
import type { Told } from './constraint.ts';
import { generatorsText, jsonText, kindsText, operationsText, placeTexts } from './words.ts';

const outcomes = {
  deny: 'refused',
  warn: 'answered with a warning',
  dryrun: 'noted and not refused',
  none: 'noted by the audit and not refused',
} as const;

/** For every reader: kinds of objects, the kind of the constraint and what follows. */
export function constraintSummary(told: Told): string {
  const { action, filters } = told.consequence;
  const [{ operations = [] } = {}] = filters;
  // As nearly all are; one for deletions alone would be misread.
  const isUsual = action === undefined || ['CREATE', 'UPDATE'].every((operation) => operations.includes(operation));
  return `${lead(told, isUsual ? '' : ` when they are ${operationsText(operations)}`, 'summary')}${endOf(told)}`;
}

/** With whom it leaves out, what the template says of itself, and the parameters. */
export function constraintMessage(told: Told): string {
  const { consequence, exceptions, part, template } = told;
  const [filter = {}] = consequence.filters;
  const when = consequence.action === undefined ? '' : ` when they are ${operationsText(filter.operations)}`;
  const parts = [
    `${lead(told, when, 'message')}${endOf(told)}`,
    ...placeTexts(filter, exceptions),
    ...expansionTexts(consequence.filters),
    ...(part.parameters === undefined ? [] : parametersTexts(part)),
    ...saysTexts(told),
    ...conditionsTexts(told),
    ...nativeTexts(told),
    ...(template === undefined ? ['its template is not known here'] : []),
  ];
  return parts.join('; ');
}

function lead({ kind, effect, consequence }: Told, when: string, form: 'summary' | 'message'): string {
  const { filters, action } = consequence;
  const own = filters.filter((filter) => filter.as === undefined);
  const generators = generatorsText(filters);
  const name = sentence(kind, 63);
  const verb = effect === 'unknown' ? 'may be' : 'are';
  const outcome = effect === 'unknown' ? outcomes.deny : outcomes[action ?? 'none'];
  if (own.length === 0) {
    const made = kindsText(filters.flatMap(({ as }) => (as === undefined ? [] : [{ kinds: [as.kind] }])));
    return `${kindsText(filters)} whose ${made} would violate ${name} ${verb} ${outcome}${when}`;
  }
  const also = generators === '' ? '' : `, as are ${generators} that would make such`;
  // Which ones stands in the message.
  const isSome =
    form === 'summary' && own.every(({ objectSelector, names }) => (objectSelector ?? names) !== undefined);
  return `${isSome ? someText(own) : kindsText(own)} that violate ${name} ${verb} ${outcome}${when}${also}`;
}

function someText(filters: readonly AdmissionFilter[]): string {
  const text = kindsText(filters);
  return `Of some ${text.startsWith('All ') ? text.slice('All '.length) : text} those`;
}

function endOf({ part, template }: Told): string {
  const isWhole = part.unread.length + part.unreadMatch.length + (template?.unread.length ?? 0) === 0;
  return isWhole ? '' : '; not all of it is understood';
}

function expansionTexts(filters: readonly AdmissionFilter[]): string[] {
  const by = filters.flatMap(({ as }) => (as === undefined ? [] : [as.by])).toSorted(compareText);
  if (by.length === 0) return [];
  return [`what is made is known from ${boundedList(by, { separator: ', ', lengthMax: 160, noun: 'template' })}`];
}

const Message = z.object({ message: z.string() });

/** Many templates take the message of a refusal as a parameter. */
function parametersTexts({ parameters }: Told['part']): string[] {
  const message = Message.safeParse(parameters).data?.message.trim() ?? '';
  const text = jsonText(parameters, 260, message === '' ? undefined : 'message');
  return [
    ...(message === '' ? [] : [`it says ${JSON.stringify(sentence(message, 200))}`]),
    ...(text === '' ? [] : [`with ${text}`]),
  ];
}

function saysTexts({ template, effect }: Told): string[] {
  const told = boundedList(
    (template?.messages ?? []).map((message) => JSON.stringify(sentence(message, 150))),
    { separator: ', ', lengthMax: 260, noun: 'text' },
  );
  const says = template?.says?.trim() ?? '';
  return [
    ...(says === '' ? [] : [`its template says ${JSON.stringify(sentence(says, 300))}`]),
    ...(told === '' ? [] : [`${effect === 'deny' ? 'a refusal' : 'a violation'} may say ${told}`]),
  ];
}

/** Who sees both is told that they are one demand. Gatekeeper can be started so that it makes none. */
function nativeTexts({ native }: Told): string[] {
  if (native === undefined) return [];
  const which = `${native.kind} ${sentence(native.name ?? '', 80)}`;
  return [`Gatekeeper has the API server apply the same by ${which}, unless that is switched off`];
}

function conditionsTexts({ template }: Told): string[] {
  const names = (template?.cel?.matchConditions ?? []).map(({ name }) => name);
  if (names.length === 0) return [];
  const list = boundedList(names, { separator: ', ', lengthMax: 120, noun: 'condition' });
  return [`only where these conditions are true: ${list}`];
}
