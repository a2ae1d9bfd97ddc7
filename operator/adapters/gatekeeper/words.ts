/**
 * Words for constraints and mutators of Gatekeeper: whom they mean, and JSON as one reads it.
 */
import type { AdmissionException, AdmissionFilter } from '../../../crds/scope.ts';
import { labelSelectorText } from '../../../kube/label-selector.ts';
import { kindWords } from '../admission-filters.ts';
import { selectsAll } from '../fields.ts';
import { boundedList, sentence } from '../text.ts';
import { withoutSubresources } from './match.ts';

/** `Pods`, at the beginning of a sentence. */
export function kindsText(filters: readonly AdmissionFilter[]): string {
  const words = kindWords(filters.map(withoutSubresources));
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}

/** Who makes what is meant: empty where nobody does. */
export function generatorsText(filters: readonly AdmissionFilter[]): string {
  const generators = filters.filter((filter) => filter.as !== undefined);
  return generators.length === 0 ? '' : kindWords(generators);
}

const listForm = { separator: ', ', lengthMax: 200, noun: 'pattern' };

/** Which objects of these kinds are meant, of a filter and of what is excepted from it. */
export function placeTexts(
  { namespace, names, objectSelector = {}, scope }: AdmissionFilter,
  exceptions: readonly AdmissionException[],
): string[] {
  const { patterns, excluded = [], selector = {} } = namespace ?? {};
  return [
    ...(scope === undefined ? [] : [scope === 'Cluster' ? 'only outside of namespaces' : 'only inside of namespaces']),
    ...(patterns === undefined ? [] : [`only in namespaces ${boundedList(patterns, listForm) || 'that cannot be'}`]),
    ...(selectsAll(selector) ? [] : [`only in namespaces with ${sentence(labelSelectorText(selector), 160)}`]),
    ...(excluded.length === 0 ? [] : [`not in namespaces ${boundedList(excluded, listForm)}`]),
    ...(names === undefined ? [] : [`only those with names like ${boundedList(names, listForm)}`]),
    ...(selectsAll(objectSelector) ? [] : [`only those with ${sentence(labelSelectorText(objectSelector), 160)}`]),
    ...exceptions.map(exceptionText),
  ];
}

function exceptionText({ by = '', all, conditional }: AdmissionException): string {
  const patterns = all.flatMap(({ namespace }) => namespace?.patterns ?? []);
  const where = `not in namespaces ${boundedList(patterns, listForm)} by ${sentence(by, 100)}`;
  return conditional === undefined ? where : `${where}, if ${sentence(conditional, 120)}`;
}

const verbs = new Map([
  ['CREATE', 'created'],
  ['UPDATE', 'updated'],
  ['DELETE', 'deleted'],
  ['CONNECT', 'connected to'],
]);

/** `created or updated`. */
export function operationsText(operations: readonly string[] = []): string {
  return operations.map((operation) => verbs.get(operation) ?? operation).join(' or ');
}

/**
 * JSON in few signs: `labels: [{key: team}]`. Bounded while it is made: an object may be a megabyte, and its lists thousands of
 * levels deep.
 *
 * @param without A field of the value itself that is left out.
 */
export function jsonText(value: unknown, lengthMax: number, without?: string): string {
  const out = { text: '', lengthMax, without };
  write(out, value, 0);
  return sentence(out.text, lengthMax);
}

const depthMax = 8;

interface Text {
  text: string;
  readonly lengthMax: number;
  readonly without: string | undefined;
}

function write(out: Text, value: unknown, depth: number): void {
  if (out.text.length > out.lengthMax) return;
  if (typeof value !== 'object' || value === null) {
    out.text += typeof value === 'string' ? value.slice(0, out.lengthMax) || '""' : String(value);
    return;
  }
  if (depth >= depthMax) {
    out.text += '…';
    return;
  }
  const isList = Array.isArray(value);
  const [open, close] = isList ? ['[', ']'] : depth === 0 ? ['', ''] : ['{', '}'];
  out.text += open;
  let first = true;
  for (const key in value) {
    if (out.text.length > out.lengthMax) break;
    if (!Object.hasOwn(value, key) || (depth === 0 && key === out.without)) continue;
    if (!first) out.text += depth === 0 && !isList ? '; ' : ', ';
    first = false;
    if (!isList) out.text += `${key.slice(0, out.lengthMax)}: `;
    write(out, Reflect.get(value, key), depth + 1);
  }
  out.text += close;
}
