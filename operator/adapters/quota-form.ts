/**
 * The sentences about a quota, from limits that charge something and those that do not.
 */
import { compareText, type Severity } from '../../crds/constraint.ts';
import type { QuotaScope } from '../../crds/rules/quota.ts';
import type { Quantity } from '../../kube/quantity.ts';
import type { Amount } from './amounts.ts';
import { type Charge, quotaWord } from './quota-resources.ts';
import { boundedList, sentence } from './text.ts';

/** What a quota limits under one name. */
export interface Limit {
  readonly name: string;
  readonly text: string;
  readonly hard: Quantity | undefined;
  readonly used: Amount | undefined;
  /** Undefined when no object is charged with it. */
  readonly charge: Charge | undefined;
}

/** No amount is allowed. */
export function isZero({ hard }: Limit): boolean {
  return hard !== undefined && hard.nano <= 0n;
}

/** For every reader. Usage is told in words that change with the severity, and not more often. */
export function quotaSummary(
  limits: readonly Limit[],
  idle: readonly Limit[],
  scopes: readonly QuotaScope[],
  usage: Severity,
): string {
  const sums = limits.filter((limit) => !isZero(limit));
  const zeros = limits.filter(isZero);
  const parts = [
    ...(sums.length === 0 ? [] : [`Limited in sum: ${wordsInScope(sums, scopes)}`]),
    ...(zeros.length === 0
      ? []
      : [`${sums.length === 0 ? 'Not allowed' : 'not allowed'}: ${wordsInScope(zeros, scopes, 60)}`]),
    ...usageWords[usage],
    // A pod out of scope need not, like one that states nothing at all where only NotBestEffort is counted.
    ...(demanded(limits).length === 0
      ? []
      : [`${scopes.length === 0 ? 'pods' : 'these pods'} must state ${wordsOf(demanded(limits))}`]),
    ...(idle.length === 0 ? [] : [`${limits.length === 0 ? 'Limits nothing' : 'without effect'}: ${wordsOf(idle)}`]),
  ];
  return parts.join('; ');
}

/** With scopes: `some pods`, `CPU requests of some pods` or `some pods and their CPU requests`. */
function wordsInScope(limits: readonly Limit[], scopes: readonly QuotaScope[], lengthMax?: number): string {
  if (scopes.length === 0) return wordsOf(limits, lengthMax);
  const whom = onClaims(scopes) ? 'volume claims' : 'pods';
  const others = limits.filter(({ name }) => quotaWord(name) !== whom);
  if (others.length === 0) return `some ${whom}`;
  const words = wordsOf(others, lengthMax);
  return others.length === limits.length ? `${words} of some ${whom}` : `some ${whom} and their ${words}`;
}

function wordsOf(limits: readonly Limit[], lengthMax = 100): string {
  const words = new Set(limits.map(({ name }) => sentence(quotaWord(name), 60)));
  return boundedList([...words].toSorted(compareText), { separator: ', ', lengthMax, noun: 'resource' });
}

/**
 * A pod that says nothing of such a resource is refused, however much is left ("must specify"). A value for the pod as a
 * whole does instead of one for each container.
 */
const demandedNames = new Set(['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']);

function demanded(limits: readonly Limit[]): readonly Limit[] {
  return limits.filter(({ name }) => demandedNames.has(name));
}

const usageWords: Record<Severity, readonly string[]> = {
  Critical: ['used up or nearly so'],
  Warning: ['mostly used'],
  Info: [],
};

/** The same with amounts and scopes. */
export function quotaMessage(
  limits: readonly Limit[],
  idle: readonly Limit[],
  scopes: readonly QuotaScope[],
  enforced: boolean,
): string {
  const whom = boundedList(scopes.map(scopeText), { separator: ' and ', lengthMax: 200, noun: 'scope' });
  const counted = scopes.length === 0 ? '' : `, counting only what is in scope ${whom}`;
  const names = demanded(limits).map(({ name }) => name);
  const containers = `every container${scopes.length === 0 ? '' : ' of these pods'}`;
  const parts = [
    ...(limits.length === 0 ? [] : [`The namespace may hold in sum at most ${amountsText(limits, 600)}${counted}`]),
    ...(names.length === 0 ? [] : [`${containers} must state ${names.join(', ')}, or its pod as a whole`]),
    ...(idle.length === 0
      ? []
      : [
          `${limits.length === 0 ? 'No' : 'no'} object is ever charged with ${amountsText(idle, 150)}, which limits nothing`,
        ]),
    ...(enforced ? [] : ['not enforced until the quota controller has written a status']),
  ];
  return parts.join('; ');
}

function amountsText(limits: readonly Limit[], lengthMax: number): string {
  const amounts = limits.map(({ name, text }) => `${name} ${text}`);
  return boundedList(amounts, { separator: ', ', lengthMax, noun: 'resource' });
}

function scopeText({ scopeName, operator, values = [] }: QuotaScope): string {
  if (operator === 'Exists') return scopeName;
  if (operator === 'DoesNotExist') return `not ${scopeName}`;
  return `${scopeName} ${operator === 'In' ? 'in' : 'not in'} (${values.join(', ')})`;
}

/** The one scope of claims; all others are of pods. */
export const claimScope = 'VolumeAttributesClass';

/** Whether the quota is about claims: with that scope it charges no pod. */
export function onClaims(scopes: readonly QuotaScope[]): boolean {
  return scopes.some(({ scopeName }) => scopeName === claimScope);
}
