/**
 * A LimitRange: the bounds in numbers, and amounts that fit them.
 *
 * @see https://kubernetes.io/docs/concepts/policy/limit-range/
 */
import type { LimitRangeRule } from '../../crds/rules/limit-range.ts';
import { compareQuantities, formatQuantity, parseQuantity, type Quantity } from '../../kube/quantity.ts';
import type { Remediation, RemediationStep } from './schema.ts';
import { ask, kubectl, link, manual, objectArguments, readerOf, titleOf, yamlPatch } from './steps.ts';
import type { Subject } from './subject.ts';
import { listed, shown } from '../words.ts';

const textLengthMax = 1_000;

const things = { Container: 'container', Pod: 'pod', PersistentVolumeClaim: 'volume claim' } as const;

/** @param rule Undefined at the summary level. */
export function limitRangeRemediation(subject: Subject, rule: LimitRangeRule | undefined): Remediation {
  const shared = [...describe(subject), link('How limit ranges work.', 'limitRange')];
  if (subject.effect === 'mutate') {
    const what = `${titleOf(subject)} fills in requests and limits where a container states none`;
    return { summary: `Nothing needs to be done: ${what}. State your own to have others.`, steps: shared };
  }
  const thing = rule === undefined ? 'container, pod or volume claim' : things[rule.on];
  return {
    summary: `State requests and limits within the bounds of ${titleOf(subject)} for each ${thing}.`,
    steps: [
      rule === undefined
        ? manual('State requests and limits that the bounds allow, in each container or volume claim.', 'developer')
        : manual(`${shown(boundsText(rule), textLengthMax)}.`, 'developer'),
      ...(rule === undefined ? [] : fitting(rule)),
      ...shared,
      ask(subject, 'to widen the bounds, if what runs cannot do with them.', 'cluster-admin'),
    ],
  };
}

function describe(subject: Subject): RemediationStep[] {
  const words = objectArguments(subject);
  return words === undefined
    ? []
    : [kubectl('See all bounds and defaults.', ['describe', ...words], readerOf(subject))];
}

function boundsText(rule: LimitRangeRule): string {
  const part = (lead: string, amounts: Readonly<Record<string, string>> | undefined) =>
    amounts === undefined
      ? []
      : [
          `${lead} ${listed(
            Object.entries(amounts).map(([name, text]) => `${name} ${text}`),
            6,
          )}`,
        ];
  const parts = [
    ...part('at least', rule.min),
    ...part('at most', rule.max),
    ...part('default limit', rule.default),
    ...part('default request', rule.defaultRequest),
    ...part('limit at most so many times the request:', rule.maxLimitRequestRatio),
  ];
  const sum = rule.on === 'Pod' ? ', its containers in sum' : '';
  return `For each ${things[rule.on]}${sum}: ${parts.join('; ')}`;
}

/** Amounts for every resource that is bounded; none where the bounds contradict each other, or are no amounts. */
function fitting(rule: LimitRangeRule): RemediationStep[] {
  const names = [rule.min, rule.max, rule.maxLimitRequestRatio].flatMap((amounts) => Object.keys(amounts ?? {}));
  const requests = new Map<string, string>();
  const limits = new Map<string, string>();
  for (const name of new Set(names)) {
    const fit = fitOf(rule, name);
    if (fit === 'impossible') return [manual(`Nothing fits: the bounds on ${listed([name])} contradict each other.`)];
    if (fit === undefined) continue;
    requests.set(name, fit.request);
    limits.set(name, fit.limit);
  }
  if (requests.size === 0) return [];
  if (rule.on === 'PersistentVolumeClaim') {
    const resources = { requests: Object.fromEntries(requests) };
    return [yamlPatch('In each volume claim: a request that fits.', { spec: { resources } }, 'developer')];
  }
  const resources = { requests: Object.fromEntries(requests), limits: Object.fromEntries(limits) };
  const where =
    rule.on === 'Pod' ? 'In the container of a pod that has one; of several the sums count' : 'In each container';
  return [yamlPatch(`${where}: amounts that fit.`, { resources }, 'developer')];
}

interface Amount {
  readonly text: string;
  readonly quantity: Quantity;
}

/**
 * The first pair, defaults before bounds, that passes. With request and limit both at a bound every ratio from 1 on is kept,
 * so a pair is found unless there is none. Undefined when the rule holds no amount to start from.
 */
function fitOf(
  rule: LimitRangeRule,
  name: string,
): { readonly request: string; readonly limit: string } | 'impossible' | undefined {
  const amount = (amounts: Readonly<Record<string, string>> | undefined): Amount | undefined => {
    const text = amounts !== undefined && Object.hasOwn(amounts, name) ? amounts[name] : undefined;
    const quantity = text === undefined ? undefined : parseQuantity(text);
    return text === undefined || quantity === undefined ? undefined : { text, quantity };
  };
  const [min, max, ratio] = [amount(rule.min), amount(rule.max), amount(rule.maxLimitRequestRatio)];
  const [limit, request] = [amount(rule.default), amount(rule.defaultRequest)];
  const known = (amounts: readonly (Amount | undefined)[]) => amounts.filter((each) => each !== undefined);
  const within = ({ quantity }: Amount) =>
    (min === undefined || compareQuantities(quantity, min.quantity) >= 0) &&
    (max === undefined || compareQuantities(quantity, max.quantity) <= 0);
  const requests = known([request, limit, min, max]).filter(within);
  for (const low of requests) {
    const most = ratio === undefined ? undefined : scaled(low, ratio.quantity);
    for (const high of known([limit, max, most, request, min]).filter(within)) {
      if (compareQuantities(low.quantity, high.quantity) > 0) continue;
      if (ratio === undefined || keepsRatio(low.quantity, high.quantity, ratio.quantity)) {
        return { request: low.text, limit: high.text };
      }
    }
  }
  const crossed = min !== undefined && max !== undefined && compareQuantities(min.quantity, max.quantity) > 0;
  return crossed ? 'impossible' : undefined;
}

/** The request times the ratio. */
function scaled({ quantity }: Amount, ratio: Quantity): Amount {
  const product = { nano: (quantity.nano * ratio.nano) / 1_000_000_000n, format: quantity.format };
  return { text: formatQuantity(product), quantity: product };
}

function keepsRatio(request: Quantity, limit: Quantity, ratio: Quantity): boolean {
  return request.nano > 0n && limit.nano * 1_000_000_000n <= request.nano * ratio.nano;
}
