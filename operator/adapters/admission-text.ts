/**
 * What a message adds to the kinds of resource and the operations of those requests that admission judges, in the same words
 * for webhooks and for policies.
 */
import type { Scope } from '../../crds/scope.ts';
import { labelSelectorText } from '../../kube/label-selector.ts';
import { selectorOfBoth, selectsAll } from './fields.ts';
import { boundedList, sentence } from './text.ts';

const selectorLengthMax = 160;

/** Which of these requests are not meant: by labels of namespaces and objects, then by conditions. */
export function selectionTexts({ namespaces, admission = [] }: Scope): string[] {
  const { selector: namespaceSelector = {} } = namespaces;
  const objectSelector = admission.map((match) => match.objectSelector ?? {}).reduce(selectorOfBoth, {});
  const conditions = boundedList(
    admission.flatMap(({ matchConditions = [] }) => matchConditions.map(({ name }) => name)),
    { separator: ', ', lengthMax: 120, noun: 'condition' },
  );
  return [
    ...(selectsAll(namespaceSelector)
      ? []
      : [sentence(`only in namespaces with ${labelSelectorText(namespaceSelector)}`, selectorLengthMax)]),
    ...(selectsAll(objectSelector)
      ? []
      : [sentence(`only objects with ${labelSelectorText(objectSelector)}`, selectorLengthMax)]),
    ...(conditions === '' ? [] : [`only where these conditions are true: ${conditions}`]),
  ];
}

/** Of rules that do not mean the same object in its other groups and versions. */
export function exactnessTexts({ admission = [] }: Scope): string[] {
  const isExact = admission.some(({ matchPolicy }) => matchPolicy === 'Exact');
  return isExact ? ['only in the API groups and versions that it lists'] : [];
}
