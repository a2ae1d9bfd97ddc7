/**
 * What follows from a violation, and where: of all that could say so the first that does counts.
 *
 * For a validation: the overrides of the rule, its failureAction, the overrides of the policy, the policy's
 * validationFailureAction, and at last Audit. For verifyImages: Enforce when one of its entries says so, else the first entry
 * that says anything, else what the policy says. An override means namespaces that fit one of its names and its selector;
 * objects outside of namespaces, Namespaces among them, have neither name nor labels there.
 *
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/pkg/engine/api/engineresponse.go
 */
import * as z from 'zod';
import type { AdmissionMatch, RequestNamespace } from '../../../crds/scope.ts';
import { absent, listOf, SelectorField } from '../fields.ts';

/** Only this word blocks, in either case; anything else is Audit. */
export const Action = z
  .enum(['Enforce', 'Audit', 'enforce', 'audit'])
  .transform((word): ActionName => (word.toLowerCase() === 'enforce' ? 'Enforce' : 'Audit'));
export type ActionName = 'Enforce' | 'Audit';

export const Override = z.strictObject({
  action: Action,
  namespaces: absent(listOf(z.string())),
  namespaceSelector: absent(SelectorField),
});
export type Override = z.infer<typeof Override>;

/** What counts in turn; `otherwise` where no override fits. */
export interface Actions {
  readonly overrides: readonly Override[];
  readonly otherwise: ActionName;
}

/** Where an action is taken: in the namespaces of `within`, all when it is undefined, without those before it. */
export interface Region {
  readonly action: ActionName;
  readonly within: RequestNamespace | undefined;
  readonly without: readonly RequestNamespace[];
  /** False when there are more overrides than are told apart: then the action may be another one. */
  readonly certain: boolean;
}

/**
 * One region for each run of overrides with one action that one filter can hold; no two overlap, and together they are all.
 *
 * @param rules How many rules of the policy there are: each of them has all regions.
 */
export function regionsOf({ overrides, otherwise }: Actions, rules: number): Region[] {
  const parts: { action: ActionName; within: RequestNamespace }[] = [];
  for (const { action, namespaces, namespaceSelector } of overrides) {
    const within = placeOf(namespaces, namespaceSelector);
    const last = parts.at(-1);
    const plain = last?.action === action && namespaceSelector === undefined && last.within.selector === undefined;
    if (plain && last.within.patterns !== undefined && within.patterns !== undefined) {
      last.within = { ...last.within, patterns: [...last.within.patterns, ...within.patterns] };
    } else {
      parts.push({ action, within });
    }
    // Nothing comes after what means every namespace.
    if (within.patterns === undefined && within.selector === undefined)
      return toRegions(parts.slice(0, -1), action, rules);
  }
  return toRegions(parts, otherwise, rules);
}

/** Of a rule; overrides that name namespaces only are put together. */
const regionsMax = 20;
/** Of all rules of a policy: each is a constraint, which holds the names of its namespaces. */
const constraintsMax = 400;
const namesMax = 10_000;

function toRegions(
  parts: readonly { readonly action: ActionName; readonly within: RequestNamespace }[],
  otherwise: ActionName,
  rules: number,
): Region[] {
  const needed = parts.slice(0, parts.findLastIndex(({ action }) => action !== otherwise) + 1);
  const names = needed.reduce((sum, { within: { patterns = [] } }) => sum + patterns.length, 0);
  const tooMany = needed.length > Math.min(regionsMax, constraintsMax / rules) || names > namesMax / rules;
  if (tooMany) return [{ action: otherwise, within: undefined, without: [], certain: false }];
  const places = needed.map(({ within }) => within);
  return [
    ...needed.map(({ action, within }, index) => ({ action, within, without: places.slice(0, index), certain: true })),
    { action: otherwise, within: undefined, without: places, certain: true },
  ];
}

function placeOf(patterns: Override['namespaces'], selector: Override['namespaceSelector']): RequestNamespace {
  return {
    // An empty list restricts nothing.
    ...(patterns === undefined || patterns.length === 0 ? {} : { patterns }),
    ...(selector === undefined ? {} : { selector }),
    ...(hasPatterns(selector?.matchLabels) ? { labelPatterns: true } : {}),
    clusterScoped: 'nameless',
    namespaceObjects: 'outside',
  };
}

function hasPatterns(labels: Readonly<Record<string, string>> = {}): boolean {
  return Object.entries(labels).some((pair) => pair.some((text) => /[*?]/.test(text)));
}

/** What the region asks of a request; undefined when it asks nothing. */
export function matchOf({ within, without }: Region): AdmissionMatch | undefined {
  if (within === undefined && without.length === 0) return undefined;
  return {
    ...(within === undefined ? {} : { filters: [{ namespace: within }] }),
    ...(without.length === 0 ? {} : { exceptions: without.map((namespace) => ({ all: [{ namespace }] })) }),
  };
}
