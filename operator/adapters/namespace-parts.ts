/**
 * Namespaces that several scopes bind at once.
 */
import { compareText } from '../../crds/constraint.ts';
import type { NamespaceFilter, NamespaceScope } from '../../crds/scope.ts';
import { matchesGlob } from '../scope/namespace-scope.ts';

/**
 * The scope of what all of them bind. One scope holds one filter and one choice between filters: what does not fit in is left
 * out, so that it binds rather too much.
 */
export function bindingAll(scopes: readonly NamespaceScope[]): NamespaceScope {
  const noneOf = distinct(scopes.flatMap((scope) => scope.noneOf ?? []));
  const choices = narrowedByNames(scopes.map(choiceOf).filter((choice) => !choice.some(isOpen)));
  let filter: NamespaceFilter = {};
  let anyOf: readonly NamespaceFilter[] | undefined;
  for (const choice of choices.toSorted((a, b) => a.length - b.length)) {
    const [only = {}] = choice;
    const fits =
      choice.length === 1 && Object.keys(only).every((part) => !(part in filter)) && !mixesNames(only, filter);
    if (fits) filter = { ...filter, ...only };
    else anyOf ??= choice;
  }
  return {
    ...filter,
    ...(anyOf === undefined ? {} : { anyOf: [...anyOf] }),
    ...(noneOf.length === 0 ? {} : { noneOf }),
  };
}

/** Names and patterns in one filter are alternatives. */
function mixesNames(a: NamespaceFilter, b: NamespaceFilter): boolean {
  return isListing(a) && isListing(b);
}

function isListing({ names, globs }: NamespaceFilter): boolean {
  return names !== undefined || globs !== undefined;
}

function choiceOf({ anyOf, noneOf: _noneOf, ...filter }: NamespaceScope): readonly NamespaceFilter[] {
  if (anyOf === undefined) return [filter];
  return isOpen(filter) ? anyOf : [filter];
}

function isOpen(filter: NamespaceFilter): boolean {
  return Object.values(filter).every((part) => part === undefined);
}

/** Where one of them is a list of names, those of the others that go by names are settled. */
function narrowedByNames(choices: readonly (readonly NamespaceFilter[])[]): (readonly NamespaceFilter[])[] {
  const listing = choices.find(([only, ...more]) => only !== undefined && more.length === 0 && isExact(only));
  const names = listing?.[0]?.names;
  if (listing === undefined || names === undefined) return [...choices];
  const others = choices.filter((choice) => choice !== listing);
  const settled = others.filter((choice) => choice.every(goesByName));
  const left = names.filter((name) => settled.every((choice) => choice.some((filter) => takesName(filter, name))));
  return [[{ names: left }], ...others.filter((choice) => !settled.includes(choice))];
}

function isExact({ names, ...rest }: NamespaceFilter): boolean {
  return names !== undefined && isOpen(rest);
}

function goesByName({ selector, expression }: NamespaceFilter): boolean {
  return selector === undefined && expression === undefined;
}

function takesName(filter: NamespaceFilter, name: string): boolean {
  const { names, globs, excluded = [] } = filter;
  if (excluded.some((glob) => matchesGlob(glob, name))) return false;
  return (
    !isListing(filter) || names?.includes(name) === true || globs?.some((glob) => matchesGlob(glob, name)) === true
  );
}

function distinct(filters: readonly NamespaceFilter[]): NamespaceFilter[] {
  const byText = new Map(filters.map((filter) => [JSON.stringify(filter), filter]));
  return [...byText].toSorted(([a], [b]) => compareText(a, b)).map(([, filter]) => filter);
}
