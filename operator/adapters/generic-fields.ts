/**
 * What a profile may say of the fields of a kind that is not known: how a selector, names, an effect or a sentence look.
 */
import * as z from 'zod';
import { compareText, type Effect } from '../../crds/constraint.ts';
import type { LabelSelector } from '../../crds/label-selector.ts';
import type { NamespaceScope, WorkloadScope } from '../../crds/scope.ts';
import { SelectorField, selectsAll } from './fields.ts';
import { type FieldPath, fieldValuesMax, valuesAt } from './field-path.ts';

/** A value, or why there is none: nothing stands there when both are absent. */
export interface Read<Value> {
  readonly value?: Value | undefined;
  readonly fault?: string | undefined;
}

/** More than people list by hand. */
const itemsMax = 500;
const tooMany = `Must lead to at most ${fieldValuesMax} values and ${itemsMax} items of lists`;

/** The values at a path, lists taken apart. An empty list is the same as nothing. */
function itemsAt(object: unknown, path: FieldPath): Read<readonly unknown[]> {
  const { values, cut } = valuesAt(object, path);
  const items = values.flat();
  return cut || items.length > itemsMax ? { fault: tooMany } : { value: items };
}

/** The pods that a policy is about. */
export function readPods(object: unknown, path: FieldPath): Read<WorkloadScope> {
  const items = itemsAt(object, path);
  return items.value === undefined ? { fault: items.fault } : selected(items.value, selectors);
}

/** The namespaces that a policy of the cluster is about: names and patterns, or one selector. */
export function readNamespaces(object: unknown, path: FieldPath): Read<NamespaceScope> {
  const { value: items, fault } = itemsAt(object, path);
  if (items === undefined) return { fault };
  const names = items.filter((item) => typeof item === 'string');
  if (items.length === 0 || names.length < items.length) {
    return selected(items, `names of namespaces, ${selectors}`);
  }
  if (names.includes('')) return { fault: 'Must be names of namespaces, and none of them empty' };
  const sorted = [...new Set(names)].toSorted(compareText);
  const { exact, globs } = Object.groupBy(sorted, (name) => (/[*?]/.test(name) ? 'globs' : 'exact'));
  return { value: { ...(exact === undefined ? {} : { names: exact }), ...(globs === undefined ? {} : { globs }) } };
}

const selectors = 'a label selector or a map of labels';

function selected(items: readonly unknown[], wanted: string): Read<{ readonly selector?: LabelSelector }> {
  const { value: selector, fault } = oneSelector(items, wanted);
  if (selector === undefined) return { fault };
  return { value: selectsAll(selector) ? {} : { selector } };
}

/** Labels by themselves, as in `nodeSelector` or the selector of a Service. */
const PlainLabels = z.record(z.string(), z.string());

function oneSelector(values: readonly unknown[], wanted: string): Read<LabelSelector> {
  const found = new Map<string, LabelSelector>();
  for (const value of values) {
    const selector = readSelector(value);
    if (selector === undefined) return { fault: `Must be ${wanted}` };
    found.set(JSON.stringify(selector), selector);
  }
  // A scope has one selector, all parts of which must hold; of several selectors any may.
  if (found.size > 1) return { fault: 'Must be one selector: several that differ are not understood' };
  return { value: [...found.values()][0] };
}

function readSelector(value: unknown): LabelSelector | undefined {
  const selector = SelectorField.safeParse(value);
  if (selector.success) return selector.data;
  const labels = PlainLabels.safeParse(value);
  if (!labels.success || 'matchLabels' in labels.data || 'matchExpressions' in labels.data) return undefined;
  return SelectorField.parse({ matchLabels: labels.data });
}

/** How engines call what they do, in small letters and without hyphens. */
const effectWords = new Map<string, Effect>([
  ...['deny', 'denied', 'enforce', 'enforced', 'block', 'reject', 'forbid', 'prohibit', 'protect'].map(
    (word) => [word, 'deny'] as const,
  ),
  ...['warn', 'warning'].map((word) => [word, 'warn'] as const),
  ...['audit', 'dryrun', 'monitor'].map((word) => [word, 'audit'] as const),
  ...['allow', 'permit'].map((word) => [word, 'allow'] as const),
  ['mutate', 'mutate'],
  ['generate', 'generate'],
]);

/** Of several effects of one object the first of these is told: what may be refused matters most. */
const effectOrder: readonly Effect[] = ['deny', 'unknown', 'mutate', 'generate', 'warn', 'audit', 'allow'];

export interface EffectRead {
  readonly effect: Effect;
  /** What the object says instead, as it says it; sorted. */
  readonly unknownWords: readonly string[];
}

const wordLengthMax = 40;

/** What a policy does, where it says so in one of the usual words. */
export function readEffect(object: unknown, path: FieldPath): Read<EffectRead> {
  const { value: words, fault } = itemsAt(object, path);
  if (words === undefined) return { fault };
  if (words.length === 0) return {};
  const effects = new Set<Effect>();
  const unknownWords = new Set<string>();
  for (const word of words) {
    if (typeof word !== 'string') return { fault: 'Must be a word, like deny, warn or audit' };
    const effect = effectWords.get(word.trim().toLowerCase().replaceAll(/[-_]/g, ''));
    effects.add(effect ?? 'unknown');
    if (effect === undefined) unknownWords.add(word.slice(0, wordLengthMax));
  }
  return {
    value: {
      effect: effectOrder.find((effect) => effects.has(effect)) ?? 'unknown',
      unknownWords: [...unknownWords].toSorted(compareText),
    },
  };
}

/** A sentence. Of several the first is taken. */
export function readText(object: unknown, path: FieldPath): Read<string> {
  const [text] = valuesAt(object, path).values;
  if (text === undefined) return {};
  if (typeof text !== 'string' || text.trim() === '') return { fault: 'Must be a sentence, and not empty' };
  return { value: text };
}
