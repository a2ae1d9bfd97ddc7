import { LRUCache } from 'lru-cache';
import { stringify } from 'yaml';
import { isPlain } from '../words.ts';

const bytesMax = 4_096;
/** Writing YAML takes a tenth of a millisecond, and the same patches are asked for again and again. */
const written = new LRUCache<string, { readonly text: string | undefined }>({ max: 2_000 });

/**
 * The object as YAML. Undefined when it is too large to be read by somebody, or holds characters that are not what they look
 * like.
 */
export function patchText(object: object): string | undefined {
  const json = JSON.stringify(object);
  if (json.length > bytesMax) return undefined;
  const kept = written.get(json);
  if (kept !== undefined) return kept.text;
  const text = isPlainThroughout(object) ? yamlOf(object) : undefined;
  written.set(json, { text });
  return text;
}

function yamlOf(object: object): string {
  // kubectl reads YAML 1.1, where `yes` and `1_000` without quotation marks are no strings.
  return stringify(object, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}

function isPlainThroughout(value: unknown): boolean {
  if (typeof value === 'string') return isPlain(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, item]) => isPlain(key) && isPlainThroughout(item));
}
