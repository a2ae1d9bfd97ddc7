/**
 * Preconditions and conditions of denials in words, as the policy writes them.
 *
 * @see https://kyverno.io/docs/policy-types/cluster-policy/preconditions/
 */
import { isJsonObject } from '../../../kube/object.ts';
import { boundedListOf, sentence } from '../text.ts';

/** Undefined when there are none: then they hold. `any` and `all` must both hold; a plain list is `all`. */
export function conditionWords(conditions: unknown, lengthMax = 300): string | undefined {
  const blocks = Array.isArray(conditions) && conditions.some(isBlock) ? conditions : [conditions];
  const texts = blocks.flatMap((block) => blockTexts(block, lengthMax));
  return texts.length === 0 ? undefined : sentence(texts.join(', and '), lengthMax * 2);
}

function isBlock(value: unknown): boolean {
  return isJsonObject(value) && (Array.isArray(value['any']) || Array.isArray(value['all']));
}

function blockTexts(block: unknown, lengthMax: number): string[] {
  if (Array.isArray(block)) return listText(block, ' and ', lengthMax);
  if (!isJsonObject(block)) return [];
  return [
    ...(Array.isArray(block['any']) ? listText(block['any'], ' or ', lengthMax) : []),
    ...(Array.isArray(block['all']) ? listText(block['all'], ' and ', lengthMax) : []),
  ];
}

function listText(list: readonly unknown[], separator: string, lengthMax: number): string[] {
  const items = list.filter(isJsonObject);
  if (items.length === 0) return [];
  const text = boundedListOf(
    items,
    ({ key, operator, value }) => `${valueWord(key)} ${sentence(wordOf(operator), 40)} ${valueWord(value)}`,
    { separator, lengthMax, noun: 'condition' },
  );
  return [text];
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '?');
}

function valueWord(value: unknown): string {
  return sentence(typeof value === 'string' && value !== '' ? value : (JSON.stringify(value) ?? 'nothing'), 140);
}
