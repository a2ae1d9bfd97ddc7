/**
 * Field errors of Kubernetes as a text lists them: a path, what is wrong with it, and the details.
 *
 * @see https://github.com/kubernetes/apimachinery/blob/master/pkg/util/validation/field/errors.go (Error.ErrorBody)
 */
import type { ErrorText } from './error-text.ts';
import type { FieldError } from './steps/validation.ts';

const errorsMax = 8;

/** Between a field and what is said of it. */
export const fieldErrorWords = [
  ': invalid value: ',
  ': required value',
  ': unsupported value: ',
  ': duplicate value: ',
  ': too long: ',
  ': too many: ',
  ': too few: ',
  ': forbidden: ',
  ': not found: ',
  ': internal error: ',
];

/** The errors of a part of a text, each with what it says up to the next one. */
export function fieldErrors(text: ErrorText, from: number, to: number): readonly FieldError[] {
  const places = fieldErrorWords
    .flatMap((type) => placesOf(text.lower, type, from, to).map((at) => ({ at, type })))
    .toSorted((a, b) => a.at - b.at)
    .slice(0, errorsMax);
  return places.map(({ at, type }, index) => {
    const end = Math.min(places[index + 1]?.at ?? to, to);
    return {
      field: pathBefore(text, at),
      type: type.slice(2).replaceAll(':', '').trim(),
      detail: text.flat.slice(at + type.length, end),
    };
  });
}

function placesOf(lower: string, word: string, from: number, to: number): number[] {
  const places: number[] = [];
  for (
    let at = lower.indexOf(word, from);
    at >= 0 && at < to && places.length < errorsMax;
    at = lower.indexOf(word, at + 1)
  ) {
    places.push(at);
  }
  return places;
}

/** The path of a field, as far as its characters reach back: `spec.containers[0].ports[1].name`. */
export function pathBefore({ flat }: ErrorText, at: number): string {
  let start = at;
  const bound = Math.max(0, at - 260);
  while (start > bound && /[A-Za-z0-9.[\]()_/-]/.test(flat.charAt(start - 1))) start -= 1;
  const path = flat.slice(start, at);
  // A list of errors begins with a bracket.
  return path.startsWith('[') ? path.slice(1) : path;
}
