/**
 * LimitRange: what one container, pod or volume claim of a namespace may ask for, and what a container gets that asks for
 * nothing. Each item of spec.limits is a constraint.
 *
 * - Pods are judged when they are created and when they are resized, claims when they are created or updated. What is there
 *   already stays, and a Deployment is admitted whatever the limits: its pods are not.
 * - A minimum needs a request, a maximum needs a limit, and a ratio of limit to request needs both. What is missing is
 *   refused, unless a default is set first; an explicit limit is a request, too.
 * - Container means init containers as well, and never ephemeral ones. Pod means the sums over its containers, or what the
 *   pod states for itself as a whole, without overhead. Of a claim only requests count.
 * - The API server fills a Container item up when it stores it: the default limit from the maximum, then the default request
 *   from the default limit, then from the minimum. So a maximum alone gives every container that says nothing a limit and a
 *   request of that size. A manifest that was never stored gets the same here.
 * - Defaults count in Container items alone, and no ratio counts in those of claims. What stands there nevertheless has no
 *   effect and is left out; an item of which nothing remains imposes nothing.
 *
 * Where several LimitRanges have defaults for the same resource, any of them may come first. All bounds hold. An API server
 * takes one item of a type in each LimitRange; in a manifest there may be more, and the keys count them.
 *
 * @see https://kubernetes.io/docs/concepts/policy/limit-range/
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/plugin/pkg/admission/limitranger/admission.go
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/apis/core/v1/defaults.go (SetDefaults_LimitRangeItem)
 */
import * as z from 'zod';
import { compareText } from '../../crds/constraint.ts';
import { LimitRangeRule } from '../../crds/rules/limit-range.ts';
import type { AdmissionRule, Scope } from '../../crds/scope.ts';
import { Amounts, readAmounts } from './amounts.ts';
import {
  type Draft,
  type Fault,
  NamespacedMetadata,
  defineAdapter,
  faultsMax,
  faultsOf,
  restUnread,
} from './define.ts';
import { absent } from './fields.ts';
import { boundedList } from './text.ts';

const boundNames = ['min', 'max', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

/** Read one by one, so that an item that is not understood does not hide the others. */
const Item = z.looseObject({
  type: LimitRangeRule.shape.on,
  min: Amounts,
  max: Amounts,
  default: Amounts,
  defaultRequest: Amounts,
  maxLimitRequestRatio: Amounts,
});
const knownFields = new Set(Object.keys(Item.shape));

export const limitRange = defineAdapter({
  id: 'limitrange',
  resources: [{ group: '', plural: 'limitranges' }],
  fields: { metadata: NamespacedMetadata, spec: absent(z.object({ limits: absent(z.array(z.unknown())) })) },
  constraints({ metadata: { namespace }, spec }) {
    const drafts: Draft[] = [];
    const faults: Fault[] = [];
    const counts = new Map<Type, number>();
    for (const [index, value] of (spec?.limits ?? []).entries()) {
      if (faults.length >= faultsMax) {
        faults.push(restUnread(['spec', 'limits'], index));
        break;
      }
      const { rule, faults: found } = readItem(value, ['spec', 'limits', index]);
      faults.push(...found);
      if (rule === undefined) continue;
      const before = counts.get(rule.on) ?? 0;
      counts.set(rule.on, before + 1);
      if (boundNames.every((name) => rule[name] === undefined)) continue;
      drafts.push(draftOf(rule, before === 0 ? rule.on : `${rule.on}-${before}`, namespace));
    }
    return { drafts, faults };
  },
});

type Type = LimitRangeRule['on'];
type Item = z.infer<typeof Item>;
type BoundName = (typeof boundNames)[number];
type Bound = Readonly<Record<string, string>>;

const effectiveBounds: Readonly<Record<Type, readonly BoundName[]>> = {
  Container: boundNames,
  Pod: ['min', 'max', 'maxLimitRequestRatio'],
  PersistentVolumeClaim: ['min', 'max'],
};

type ItemReading = { readonly rule: LimitRangeRule | undefined; readonly faults: readonly Fault[] };

function readItem(value: unknown, path: readonly PropertyKey[]): ItemReading {
  const parsed = Item.safeParse(value);
  if (!parsed.success) return { rule: undefined, faults: faultsOf(parsed.error, path) };
  const item = parsed.data;
  const faults: Fault[] = Object.keys(item)
    .filter((field) => !knownFields.has(field))
    .map((field) => ({ path: [...path, field], message: 'Not a field that this version knows' }));
  const bounds: Partial<Record<BoundName, Bound>> = {};
  for (const name of effectiveBounds[item.type]) {
    const read = readAmounts(item[name], [...path, name]);
    faults.push(...read.faults);
    const readable = read.amounts.filter(({ quantity }) => quantity !== undefined);
    bounds[name] = Object.fromEntries(readable.map((amount) => [amount.name, amount.text]));
  }
  const set = item.type === 'Container' ? withDefaults(bounds, item) : bounds;
  return { rule: { form: 'limitRange', on: item.type, ...sortedBounds(set) }, faults };
}

/** As the API server stores a Container item. What the item sets and nobody can read is not set to something else. */
function withDefaults(bounds: Partial<Record<BoundName, Bound>>, item: Item): Partial<Record<BoundName, Bound>> {
  const unset = (bound: Bound = {}, given: Item['default'] = {}) =>
    Object.fromEntries(Object.entries(bound).filter(([name]) => !Object.hasOwn(given, name)));
  const limits = { ...unset(bounds.max, item.default), ...bounds.default };
  const requests = {
    ...unset(bounds.min, item.defaultRequest),
    ...unset(limits, item.defaultRequest),
    ...bounds.defaultRequest,
  };
  return { ...bounds, default: limits, defaultRequest: requests };
}

/** Without what bounds nothing, each sorted by resource. */
function sortedBounds(bounds: Partial<Record<BoundName, Bound>>): Partial<Record<BoundName, Record<string, string>>> {
  const given = boundNames.flatMap((name) => {
    const entries = Object.entries(bounds[name] ?? {}).toSorted(([a], [b]) => compareText(a, b));
    return entries.length === 0 ? [] : [[name, Object.fromEntries(entries)] as const];
  });
  return Object.fromEntries(given);
}

function draftOf(rule: LimitRangeRule, key: string, namespace: string): Draft {
  const bounded = rule.min !== undefined || rule.max !== undefined || rule.maxLimitRequestRatio !== undefined;
  return {
    key,
    type: 'ResourceLimit',
    severity: 'Info',
    effect: bounded ? 'limit' : 'mutate',
    summary: summaryOf(rule),
    message: messageOf(rule),
    scope: scopeOf(rule.on, namespace),
    rule,
  };
}

/** Which resources are bounded and how, without amounts. */
function summaryOf(rule: LimitRangeRule): string {
  const words = (bound: Bound = {}) => listed(Object.keys(bound).map(resourceWord), 50);
  const parts = [
    ...(rule.min === undefined ? [] : [`minimum of ${words(rule.min)}`]),
    ...(rule.max === undefined ? [] : [`maximum of ${words(rule.max)}`]),
    ...(rule.maxLimitRequestRatio === undefined
      ? []
      : [`ratio of limit to request of ${words(rule.maxLimitRequestRatio)}`]),
    ...(rule.default === undefined && rule.defaultRequest === undefined
      ? []
      : [`defaults for ${words({ ...rule.default, ...rule.defaultRequest })}`]),
    ...demandText(rule, resourceWord, 50),
  ];
  return `${subjects[rule.on]}: ${parts.join('; ')}`;
}

function messageOf(rule: LimitRangeRule): string {
  const amounts = (bound: Bound) =>
    listed(
      Object.entries(bound).map(([name, text]) => `${name} ${text}`),
      130,
    );
  const parts = boundNames.flatMap((name) => {
    const bound = rule[name];
    return bound === undefined ? [] : [`${boundWords[name]} ${amounts(bound)}`];
  });
  const demands = demandText(rule, (name) => name, 100).map((text) => `${text}, stated or by default`);
  const whole = rule.on === 'Pod' ? ' as a whole' : '';
  return `${subjects[rule.on]}${whole}: ${[...parts, ...demands].join('; ')}`;
}

const subjects: Readonly<Record<Type, string>> = {
  Container: 'Each container',
  Pod: 'Each pod',
  PersistentVolumeClaim: 'Each volume claim',
};

const boundWords: Readonly<Record<BoundName, string>> = {
  min: 'at least',
  max: 'at most',
  default: 'default limit',
  defaultRequest: 'default request',
  maxLimitRequestRatio: 'limit to request ratio at most',
};

/** What is refused when it is missing: there is nothing to compare, and this item has no default for it. */
function demandText(rule: LimitRangeRule, word: (name: string) => string, lengthMax: number): string[] {
  if (rule.on === 'PersistentVolumeClaim') return []; // Every claim has a request for storage.
  const limits = { ...rule.max, ...rule.maxLimitRequestRatio };
  const requests = { ...rule.min, ...rule.maxLimitRequestRatio };
  const missing = (needed: Bound, set: Bound = {}) =>
    Object.keys(needed)
      .filter((name) => !Object.hasOwn(set, name))
      .map(word);
  const demands = [
    { noun: 'limits', names: missing(limits, rule.default) },
    { noun: 'requests', names: missing(requests, rule.defaultRequest) },
  ].filter(({ names }) => names.length > 0);
  if (demands.length === 0) return [];
  return [`must have ${demands.map(({ noun, names }) => `${noun} of ${listed(names, lengthMax)}`).join(' and ')}`];
}

function listed(items: readonly string[], lengthMax: number): string {
  return boundedList([...new Set(items)].toSorted(compareText), { separator: ', ', lengthMax, noun: 'resource' });
}

const resourceWords: ReadonlyMap<string, string> = new Map([
  ['cpu', 'CPU'],
  ['ephemeral-storage', 'ephemeral storage'],
]);

function resourceWord(name: string): string {
  return resourceWords.get(name) ?? name;
}

const podRequests: AdmissionRule[] = [
  { operations: ['CREATE'], apiGroups: [''], apiVersions: ['*'], resources: ['pods'] },
  { operations: ['UPDATE'], apiGroups: [''], apiVersions: ['*'], resources: ['pods/resize'] },
];

const claimRequests: AdmissionRule[] = [
  { operations: ['CREATE', 'UPDATE'], apiGroups: [''], apiVersions: ['*'], resources: ['persistentvolumeclaims'] },
];

function scopeOf(on: Type, namespace: string): Scope {
  const namespaces = { names: [namespace] };
  if (on === 'PersistentVolumeClaim') return { namespaces, admission: [{ rules: claimRequests }] };
  return { namespaces, workloads: {}, admission: [{ rules: podRequests }] };
}
