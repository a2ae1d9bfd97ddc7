import { selectorWords } from './selector.ts';
import type { Subject } from './subject.ts';
import { listed } from '../words.ts';

/** The selectors and conditions that decide which requests are meant, each after a semicolon; empty for those without. */
export function requestsWords(subject: Subject): string {
  const { namespaces, admission = [] } = subject.full?.scope ?? { namespaces: {} };
  const objects = admission.flatMap(({ objectSelector }) =>
    objectSelector === undefined ? [] : [selectorWords(objectSelector)],
  );
  const conditions = admission.flatMap(({ matchConditions = [] }) => matchConditions.map(({ name }) => name));
  return [
    ...(namespaces.selector === undefined ? [] : [`; only in namespaces with ${selectorWords(namespaces.selector)}`]),
    ...(objects.length === 0 ? [] : [`; only for objects with ${listed(objects, 2)}`]),
    ...(conditions.length === 0 ? [] : [`; only where its conditions hold: ${listed(conditions, 4)}`]),
  ].join('');
}
