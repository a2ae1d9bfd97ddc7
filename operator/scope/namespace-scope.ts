/**
 * Which namespaces a scope binds. Exact names are told apart from everything that has to be matched, because a policy of a
 * namespace, by far the most common, then costs one look-up and not one comparison a namespace.
 */
import type { NamespaceFilter, NamespaceScope } from '../../crds/scope.ts';
import { holdsExpression } from '../../kube/label-expression.ts';
import { matchesLabels } from '../../kube/label-selector.ts';

export interface NamespaceIdentity {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The names, when the scope is nothing but a list of names; undefined when namespaces have to be compared with it. */
export function exactNames(scope: NamespaceScope): readonly string[] | undefined {
  const { names, ...matched } = scope;
  return Object.values(matched).every((part) => part === undefined) ? names : undefined;
}

/** Whether the scope binds the namespace. Every part that is present must hold. */
export function bindsNamespace(scope: NamespaceScope, namespace: NamespaceIdentity): boolean {
  const { anyOf, noneOf } = scope;
  if (!passesFilter(scope, namespace)) return false;
  if (anyOf?.some((filter) => passesFilter(filter, namespace)) === false) return false;
  return noneOf?.some((filter) => passesFilter(filter, namespace)) !== true;
}

function passesFilter(filter: NamespaceFilter, namespace: NamespaceIdentity): boolean {
  const { names, globs, excluded, selector, expression } = filter;
  const listed = names !== undefined || globs !== undefined;
  if (listed && !names?.includes(namespace.name) && !globs?.some((glob) => matchesGlob(glob, namespace.name))) {
    return false;
  }
  if (excluded?.some((glob) => matchesGlob(glob, namespace.name))) return false;
  if (selector !== undefined && !matchesLabels(selector, namespace.labels)) return false;
  return expression === undefined || holdsExpression(expression, { own: namespace.labels }) !== false;
}

/**
 * `*` stands for any characters, `?` for one; the whole text must match. Linear in the text for each star, no backtracking
 * beyond the last one: only the latest `*` ever has to be tried again.
 */
export function matchesGlob(glob: string, text: string): boolean {
  let at = 0;
  let inGlob = 0;
  let star = -1;
  let starAt = 0;
  while (at < text.length) {
    if (glob[inGlob] === '*') {
      star = inGlob;
      starAt = at;
      inGlob += 1;
    } else if (inGlob < glob.length && (glob[inGlob] === '?' || glob[inGlob] === text[at])) {
      inGlob += 1;
      at += 1;
    } else if (star >= 0) {
      starAt += 1;
      at = starAt;
      inGlob = star + 1;
    } else {
      return false;
    }
  }
  while (glob[inGlob] === '*') inGlob += 1;
  return inGlob === glob.length;
}
