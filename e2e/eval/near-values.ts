/**
 * Values just inside and just outside of what policies write: the first of each list is inside.
 */
import { type Labels, listIn, objectIn, textIn, textsIn } from './plain-match.ts';

const patternsMax = 6;

/** Names that fit one of these patterns, and names that almost do. */
export function nearTexts(patterns: readonly string[]): readonly string[] {
  const inside = patterns.slice(0, patternsMax).map(filledIn);
  const outside = inside
    .slice(0, 3)
    .flatMap((text) => [`${text}z`, `z${text}`, ...(text.length > 1 ? [text.slice(0, -1)] : [])]);
  return [...new Set([...inside, ...outside])];
}

/** A text that the pattern stands for. */
export function filledIn(pattern: string): string {
  return pattern.replaceAll('*', 'abc').replaceAll('?', 'q');
}

/** Labels that a selector takes, and labels that differ from those in one. */
export function nearLabels(selector: unknown): readonly Labels[] {
  const inside: Record<string, string> = {};
  const others: [string, string | undefined][] = [];
  for (const [key, value] of Object.entries(objectIn(selector, 'matchLabels'))) {
    const own = filledIn(key);
    inside[own] = filledIn(String(value));
    others.push([own, `${inside[own]}z`], [own, undefined]);
  }
  for (const expression of listIn(selector, 'matchExpressions')) {
    const key = textIn(expression, 'key');
    const values = textsIn(expression, 'values');
    const operator = textIn(expression, 'operator');
    if (operator === 'In') {
      inside[key] = values[0] ?? '';
      others.push(
        ...values.slice(1, 3).map((value): [string, string] => [key, value]),
        [key, 'other'],
        [key, undefined],
      );
    } else if (operator === 'NotIn') {
      others.push(...values.slice(0, 3).map((value): [string, string] => [key, value]), [key, 'other']);
    } else if (operator === 'Exists') {
      inside[key] ??= 'there';
      others.push([key, undefined], [key, '']);
    } else {
      others.push([key, 'there'], [key, '']);
    }
  }
  const changed = others.map(([key, value]) => {
    const { [key]: _own, ...rest } = inside;
    return value === undefined ? rest : { ...rest, [key]: value };
  });
  return [inside, ...changed, {}];
}

/** Annotations that fit pairs of patterns, and annotations that differ from those in one. */
export function nearPairs(pairs: Readonly<Record<string, unknown>>): readonly Labels[] {
  return nearLabels({ matchLabels: pairs });
}
