/**
 * What a pattern of Kyverno demands, in words: field by field, with its anchors.
 *
 * - `(k)` is a condition: where it does not hold nothing is asked; `<(k)` one for the whole rule. `=(k)` asks only where the
 *   field is there, `X(k)` that it is not, `^(k)` that some element fits, `+(k)` sets it where it is missing.
 * - `*` asks that a field is there. In texts `|` parts alternatives, `&` demands, and `!`, `>`, `<`, `-` compare.
 *
 * @see https://kyverno.io/docs/policy-types/cluster-policy/validate/#patterns
 */
import { compareText } from '../../../crds/constraint.ts';
import { isJsonObject } from '../../../kube/object.ts';
import { boundedList, sentence } from '../text.ts';

export interface PatternWords {
  /** `spec.hostNetwork must be false`. */
  readonly demands: readonly string[];
  /** `spec.type is LoadBalancer`. */
  readonly conditions: readonly string[];
}

interface Leaf {
  readonly path: string;
  /** The same in its steps: a key may hold dots. */
  readonly steps: readonly string[];
  readonly anchors: string;
  readonly value: unknown;
}

const leavesMax = 60;
const depthMax = 24;

/** Every value of the pattern, with its path and the anchors on the way. */
function leavesOf(pattern: unknown): Leaf[] {
  const leaves: Leaf[] = [];
  const walk = (value: unknown, steps: readonly string[], anchors: string): void => {
    if (leaves.length >= leavesMax || steps.length > depthMax) return;
    const path = steps.join('.');
    if (Array.isArray(value)) {
      const last = `${steps.at(-1) ?? ''}[]`;
      for (const item of value.slice(0, leavesMax)) walk(item, [...steps.slice(0, -1), last], anchors);
      if (value.length === 0) leaves.push({ path, steps, anchors, value });
      return;
    }
    const keys = isJsonObject(value) ? Object.keys(value) : [];
    if (isJsonObject(value) && keys.length > 0) {
      for (const key of keys.slice(0, leavesMax)) {
        const item = value[key];
        const { anchor, name } = anchored(key);
        const here = [...steps, name];
        if (anchor === 'X') leaves.push({ path: here.join('.'), steps: here, anchors: anchors + anchor, value: item });
        else walk(item, here, anchors + anchor);
      }
    } else {
      leaves.push({ path, steps, anchors, value });
    }
  };
  walk(pattern, [], '');
  return leaves;
}

/** `^(hostPath)`: the anchor is `^`; of a plain condition it is `?`, and without any it is empty. */
function anchored(key: string): { readonly anchor: string; readonly name: string } {
  const open = key.indexOf('(');
  const isAnchor = open >= 0 && open <= 1 && key.endsWith(')') && '=X^+<'.includes(key.slice(0, open));
  return isAnchor
    ? { anchor: open === 0 ? '?' : key.slice(0, 1), name: key.slice(open + 1, -1) }
    : { anchor: '', name: key };
}

/** What must hold of the fields, and where. */
export function patternWords(pattern: unknown): PatternWords {
  const leaves = leavesOf(pattern);
  const isCondition = ({ anchors }: Leaf) => /[?<]$/.test(anchors);
  return {
    conditions: leaves.filter(isCondition).map(({ path, value }) => `${fieldText(path)} ${isText(value)}`),
    demands: leaves
      .filter((leaf) => !isCondition(leaf))
      .map(({ path, anchors, value }) => {
        if (anchors.endsWith('X')) return `${fieldText(path)} must not be set`;
        const where = anchors.includes('=') ? ' where it is set' : '';
        const which = anchors.includes('^') ? 'some ' : '';
        return `${which}${fieldText(path)} must ${mustText(value)}${where}`;
      }),
  };
}

/** For changes: `spec.automountServiceAccountToken to false`. */
export function changeWords(patch: unknown): readonly string[] {
  return leavesOf(patch)
    .filter(({ anchors }) => !/[?<]$/.test(anchors))
    .map(({ path, anchors, value }) => {
      const missing = anchors.includes('+') ? ' where it is missing' : '';
      return value === null ? `removes ${fieldText(path)}` : `${fieldText(path)} to ${quotedValue(value)}${missing}`;
    });
}

function fieldText(path: string): string {
  return path === '' ? 'the object' : sentence(path, 120);
}

function quotedValue(value: unknown): string {
  return sentence(JSON.stringify(value) ?? 'nothing', 100);
}

function isText(value: unknown): string {
  return value === '*' || value === '?*' ? 'is set' : `is ${valueText(value)}`;
}

function mustText(value: unknown): string {
  if (value === '*') return 'be set';
  if (value === '?*') return 'be set and not empty';
  if (value === null) return 'be unset, empty or 0';
  if (isJsonObject(value)) return 'be there';
  if (Array.isArray(value)) return 'be a list';
  const isNegation = typeof value === 'string' && /^\s*!/.test(value) && !/[|&]/.test(value);
  return isNegation ? `not be ${valueText(value.replace('!', ''))}` : `be ${valueText(value)}`;
}

function valueText(value: unknown): string {
  if (typeof value !== 'string') return quotedValue(value);
  const alternatives = value.split('|', 12).map((text) => text.trim());
  const texts = alternatives.map((alternative) =>
    alternative
      .split('&', 6)
      .map((text) => comparisonText(text.trim()))
      .join(' and '),
  );
  return boundedList(texts, { separator: ' or ', lengthMax: 160, noun: 'value' });
}

const comparisons: readonly (readonly [sign: string, words: string])[] = [
  ['>=', 'at least '],
  ['<=', 'at most '],
  ['>', 'more than '],
  ['<', 'less than '],
  ['!', 'not '],
];

function comparisonText(text: string): string {
  const [sign = '', words = ''] = comparisons.find(([start]) => text.startsWith(start)) ?? [];
  return `${words}${sentence(JSON.stringify(text.slice(sign.length).trim()), 80)}`;
}

const mapsOfUsers = new Set(['labels', 'annotations', 'matchLabels', 'nodeSelector', 'data', 'stringData']);

/** Which fields a pattern is about, for every reader: names of fields, and nothing that people write into objects. */
export function patternFields(pattern: unknown): readonly string[] {
  const fields = leavesOf(pattern)
    .filter(({ anchors }) => !/[?<]$/.test(anchors))
    .map(({ steps }) => {
      const users = steps.findIndex((step) => mapsOfUsers.has(step));
      const own = users < 0 ? steps : steps.slice(0, users + 1);
      const odd = own.findIndex((step) => !/^[A-Za-z][A-Za-z0-9]{0,40}(\[\]){0,3}$/.test(step));
      return own.slice(0, odd < 0 ? own.length : odd).join('.');
    });
  const named = [...new Set(fields.filter((field) => field !== ''))];
  return named.toSorted((a, b) => a.length - b.length || compareText(a, b));
}
