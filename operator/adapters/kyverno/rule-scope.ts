/**
 * Whom a rule of Kyverno binds, in a region with one action: its match with what it excludes and what exceptions take out,
 * together with the rules that Kyverno makes of it for pod controllers.
 *
 * - Without operations a rule is about all that its webhook is asked about; patterns and Pod Security say nothing of DELETE.
 * - A Policy binds objects of its own namespace only, never Namespaces and what lies outside of namespaces.
 * - What Kyverno leaves out by its own configuration (kube-system by default) stands in a ConfigMap, which is never read.
 *
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/pkg/engine/utils/match.go (MatchesResourceDescription)
 * @see https://kyverno.io/docs/installation/customization/#resource-filters
 */
import type {
  AdmissionException,
  AdmissionFilter,
  AdmissionMatch,
  NamespaceScope,
  Scope,
} from '../../../crds/scope.ts';
import { isJsonObject } from '../../../kube/object.ts';
import { filtersReachWorkloadsOrServices, namespacesOf, workloadsOfFilters } from '../admission-filters.ts';
import { matchesGlob } from '../../scope/namespace-scope.ts';
import { bindingAll } from '../namespace-parts.ts';
import { matchOf, type Region } from './action.ts';
import { kindsIn } from './autogen.ts';
import { admissionFilter, type Block, type Operation, type ResourceFilter } from './match-fields.ts';
import { placesOfEffect } from './effect-places.ts';
import type { Policy, PolicyRule } from './policy-fields.ts';
import type { NamingException } from './policy-exception.ts';

export interface RuleScope {
  readonly scope: Scope;
  /** Of the rule itself, without its region and namespace; alternatives of each of which one must hold. */
  readonly matches: readonly (readonly AdmissionFilter[])[];
  readonly exceptions: readonly AdmissionException[];
  readonly reachesWorkloadsOrServices: boolean;
}

const writing: readonly Operation[] = ['CREATE', 'UPDATE'];
const all: readonly Operation[] = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'];

/** What requests such a rule can say anything of. */
function operationsOf({ does, body }: PolicyRule): {
  readonly implied: readonly Operation[];
  readonly seen: readonly Operation[];
} {
  const has = (field: string) => isJsonObject(body) && (body[field] ?? undefined) !== undefined;
  switch (does) {
    case 'validate': {
      const goesByShape = ['pattern', 'anyPattern', 'podSecurity', 'manifests'].some(has);
      const seen = goesByShape ? all.filter((operation) => operation !== 'DELETE') : all;
      return { implied: seen, seen };
    }
    case 'mutate':
      return { implied: has('targets') ? all : writing, seen: all };
    case 'generate':
      return { implied: all, seen: all };
    case 'verifyImages':
      return { implied: writing, seen: all };
    default:
      return does satisfies never;
  }
}

/** Undefined for a rule that no request can match. */
export function scopeOfRule(
  policy: Policy,
  rule: PolicyRule,
  region: Region,
  exceptions: readonly NamingException[],
): RuleScope | undefined {
  const matches = matchesOf(rule);
  if (matches.length === 0 || matches.some((filters) => filters.length === 0)) return undefined;
  const excepted = [...excludedBy(rule), ...exceptedBy(rule, exceptions)];
  const ofRegion = matchOf(region);
  const home = policy.head.metadata.namespace;
  const within = home === undefined ? undefined : homeFilter(home);
  const [first = [], ...more] = matches;
  const admission: AdmissionMatch[] = [
    {
      filters: [...first],
      ...(excepted.length === 0 ? {} : { exceptions: excepted }),
      ...(policy.matchConditions.length === 0 ? {} : { matchConditions: [...policy.matchConditions] }),
    },
    ...more.map((filters) => ({ filters: [...filters] })),
    ...(within === undefined ? [] : [{ filters: [within] }]),
    ...(ofRegion === undefined ? [] : [ofRegion]),
  ];
  const places: NamespaceScope[] = [
    ...(placesOfEffect(rule, matches) ??
      matches.map((filters, index) => namespacesOf(filters, index === 0 ? excepted : []))),
    ...(home === undefined ? [] : [{ names: [home] }]),
    ...(ofRegion === undefined ? [] : [namespacesOf(ofRegion.filters ?? [{}], ofRegion.exceptions ?? [])]),
  ];
  const workloads = workloadsOf(matches);
  return {
    matches,
    exceptions: excepted,
    reachesWorkloadsOrServices: matches.every(filtersReachWorkloadsOrServices),
    scope: {
      namespaces: bindingAll(places),
      ...(workloads === undefined ? {} : { workloads }),
      admission,
      ...(rule.scopeUnread.length === 0 ? {} : { unread: [...rule.scopeUnread] }),
    },
  };
}

/** Objects in the namespace of a Policy. */
export function homeFilter(home: string): AdmissionFilter {
  return {
    scope: 'Namespaced',
    namespace: { patterns: [home], clusterScoped: 'nameless', namespaceObjects: 'outside' },
  };
}

function workloadsOf(matches: readonly (readonly AdmissionFilter[])[]): Scope['workloads'] {
  const of = matches.map(workloadsOfFilters);
  const narrow = of.find((workloads) => workloads !== undefined && Object.keys(workloads).length > 0);
  return of.includes(undefined) ? undefined : (narrow ?? of[0]);
}

/** One list of alternatives for each filter of `all`, and one for those of `any`. */
function matchesOf(rule: PolicyRule): AdmissionFilter[][] {
  const { implied, seen } = operationsOf(rule);
  const filterOf = (filter: ResourceFilter): AdmissionFilter[] => {
    const operations = filter.operations?.filter((operation) => seen.includes(operation)) ?? implied;
    return operations.length === 0 ? [] : [admissionFilter(filter, { kinds: kindsOf(rule, filter), operations })];
  };
  const { way, filters } = rule.match;
  return way === 'any' ? [filters.flatMap(filterOf)] : filters.map(filterOf);
}

/** Its own, and those of the rules that are made of it. */
function kindsOf({ generated }: PolicyRule, filter: ResourceFilter): readonly string[] | undefined {
  if (filter.kinds === undefined) return undefined;
  return [...new Set([...filter.kinds, ...generated.flatMap((one) => kindsIn(one, filter) ?? [])])];
}

function excludedBy(rule: PolicyRule): AdmissionException[] {
  return alternatives(rule.exclude, (filter) =>
    admissionFilter(filter, {
      kinds: kindsOf(rule, filter),
      ...(filter.operations === undefined ? {} : { operations: filter.operations }),
    }),
  ).map((filters) => ({ all: filters }));
}

/** Of each what must hold together; what is not understood in all parts excepts too much, and is left out. */
function alternatives(
  { way, filters }: Block,
  filterOf: (filter: ResourceFilter) => AdmissionFilter,
): AdmissionFilter[][] {
  if (way === 'any') return filters.filter(({ understood }) => understood).map((filter) => [filterOf(filter)]);
  const isWhole = filters.length > 0 && filters.every(({ understood }) => understood);
  return isWhole ? [filters.map(filterOf)] : [];
}

/** They stand in each constraint of the policy. */
const exceptionsMax = 100;

/** An exception may name the rule, or one that is made of it: then only their kinds are excepted. */
function exceptedBy(rule: PolicyRule, exceptions: readonly NamingException[]): AdmissionException[] {
  const names = [rule.name, ...rule.generated.map((one) => one.name)];
  const naming = exceptions.flatMap(({ exception, rules }) => {
    const named = names.filter((name) => rules.some((pattern) => matchesGlob(pattern, name)));
    return named.length === 0 ? [] : [{ exception, named }];
  });
  const told: AdmissionException[] = [];
  for (const [index, { exception, named }] of naming.entries()) {
    if (told.length >= exceptionsMax) {
      const by = `${naming.length - index} more PolicyExceptions`;
      return [...told.slice(0, exceptionsMax), { by, all: [], conditional: 'They are not listed here' }];
    }
    const kinds = named.length === names.length ? undefined : kindsBehind(rule, named);
    const whole = alternatives(
      { ...exception.match, filters: exception.match.filters.map((filter) => ({ ...filter, understood: true })) },
      (filter) => admissionFilter(filter, filter.operations === undefined ? {} : { operations: filter.operations }),
    );
    told.push(
      ...whole.map((filters) => ({
        by: exception.by,
        all: kinds === undefined ? filters : [...filters, kinds],
        conditional: exception.conditional,
      })),
    );
  }
  return told;
}

function kindsBehind(rule: PolicyRule, named: readonly string[]): AdmissionFilter {
  const own = named.includes(rule.name) ? rule.match.filters.flatMap(({ kinds = [] }) => kinds) : [];
  const generated = rule.generated
    .filter((one) => named.includes(one.name))
    .flatMap((one) => rule.match.filters.flatMap((filter) => kindsIn(one, filter) ?? []));
  const plain: ResourceFilter = {
    kinds: undefined,
    operations: undefined,
    rest: {},
    isPersonal: false,
    understood: true,
  };
  return admissionFilter(plain, { kinds: [...new Set([...own, ...generated])] });
}
