/**
 * `match` and `exclude` of Kyverno as filters on requests.
 *
 * - `any` counts before `all`, and what stands directly in the block only where neither has entries. An empty filter in
 *   `match` takes nothing, one in `exclude` excepts nothing.
 * - In a filter all parts must hold, of a list one entry. `namespaces` of a Namespace is its name; a `namespaceSelector` never
 *   takes a Namespace; cluster-scoped objects have a namespace without name and labels.
 * - Keys and values of matchLabels are patterns.
 *
 * A filter of `exclude` that is not understood in all parts excepts less than it seems to, so it is left out.
 *
 * @see https://github.com/kyverno/kyverno/blob/v1.19.1/pkg/engine/utils/match.go
 * @see https://kyverno.io/docs/policy-types/cluster-policy/match-exclude/
 */
import * as z from 'zod';
import { compareText } from '../../../crds/constraint.ts';
import type { AdmissionFilter, Requester } from '../../../crds/scope.ts';
import { isJsonObject } from '../../../kube/object.ts';
import { type Fault, faultsOf } from '../define.ts';
import { smallRecordOf, smallSelector } from '../bounded-fields.ts';
import { absent, listOf, selectsAll } from '../fields.ts';
import { matchesGlob } from '../../scope/namespace-scope.ts';
import { parseKind, withEphemeralContainers } from './kind-selector.ts';

const operations = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] as const;
export type Operation = (typeof operations)[number];

/** Far more than anybody lists by hand: each is compared with each kind of a request. */
const kindsMax = 200;
const labelsMax = 500;

const Resources = z.strictObject({
  kinds: absent(z.array(z.string()).max(kindsMax)),
  name: absent(z.string()),
  names: absent(listOf(z.string())),
  namespaces: absent(listOf(z.string())),
  annotations: absent(smallRecordOf(z.string(), labelsMax)),
  selector: absent(smallSelector(labelsMax)),
  namespaceSelector: absent(smallSelector(labelsMax)),
  operations: absent(listOf(z.enum(operations))),
});
const Subject = z.strictObject({
  kind: z.string(),
  name: z.string(),
  namespace: absent(z.string()),
  apiGroup: absent(z.string()),
});
const filterShape = {
  resources: absent(Resources),
  roles: absent(listOf(z.string())),
  clusterRoles: absent(listOf(z.string())),
  subjects: absent(listOf(Subject)),
};
const Filter = z.strictObject(filterShape);

/** The filter that stands in the block itself is read after that. */
const BlockFields = z.strictObject({
  any: absent(z.array(z.unknown())),
  all: absent(z.array(z.unknown())),
  resources: z.unknown().optional(),
  roles: z.unknown().optional(),
  clusterRoles: z.unknown().optional(),
  subjects: z.unknown().optional(),
});

/** One filter, as Kyverno has it. */
export interface ResourceFilter {
  /** As they are written; undefined for every kind. */
  readonly kinds: readonly string[] | undefined;
  readonly operations: readonly Operation[] | undefined;
  /** Without kinds and operations. */
  readonly rest: AdmissionFilter;
  /** Whether it names objects, or goes by their labels or annotations. */
  readonly isPersonal: boolean;
  readonly understood: boolean;
}

/** Filters of which one must hold, or all of them. */
export interface Block {
  readonly way: 'any' | 'all';
  readonly filters: readonly ResourceFilter[];
}

export interface BlockReading {
  readonly block: Block;
  readonly faults: readonly Fault[];
}

const none: Block = { way: 'any', filters: [] };

/** Reads a `match` or `exclude` that stands at `path`. */
export function readBlock(value: unknown, path: readonly PropertyKey[]): BlockReading {
  if ((value ?? undefined) === undefined) return { block: none, faults: [] };
  const lists = BlockFields.safeParse(value);
  const known = isJsonObject(value) ? value : undefined;
  const faults = lists.success ? [] : faultsOf(lists.error, path);
  if (known === undefined) return { block: { way: 'any', filters: [unknownFilter] }, faults };
  for (const way of ['any', 'all'] as const) {
    const list = known[way];
    if (!Array.isArray(list) || list.length === 0) continue;
    const read = list.slice(0, filtersMax).map((filter) => readFilter(filter));
    // An empty filter holds for nothing, so all of several never do.
    const filters = read
      .flatMap(({ filter }) => filter ?? [])
      .map((filter) => (faults.length === 0 ? filter : { ...filter, understood: false }));
    // What is not read may be anything.
    const rest = list.length > filtersMax ? [unknownFilter] : [];
    return {
      block: { way, filters: way === 'all' && filters.length < read.length ? [] : [...filters, ...rest] },
      faults: [
        ...faults,
        ...read.flatMap((one, index) => one.faults.map((fault) => at([...path, way, index], fault))),
        ...(list.length > filtersMax ? [{ path: [...path, way], message: `Only ${filtersMax} filters are read` }] : []),
      ],
    };
  }
  const given = Object.keys(filterShape).filter((key) => Object.hasOwn(known, key));
  const own = Object.fromEntries(given.map((key) => [key, known[key]]));
  const { filter, faults: below } = readFilter(own);
  const read = faults.length === 0 ? filter : { ...(filter ?? unknownFilter), understood: false };
  return {
    block: { way: 'any', filters: read === undefined ? [] : [read] },
    faults: [...faults, ...below.map((fault) => at(path, fault))],
  };
}

/** Far more than anybody writes by hand; each is compared with each request. */
const filtersMax = 100;

function at(path: readonly PropertyKey[], fault: Fault): Fault {
  return { ...fault, path: [...path, ...fault.path] };
}

const unknownFilter: ResourceFilter = {
  kinds: undefined,
  operations: undefined,
  rest: {},
  isPersonal: false,
  understood: false,
};

/** Undefined for an empty filter. What is not understood narrows nothing. */
function readFilter(value: unknown): { filter: ResourceFilter | undefined; faults: readonly Fault[] } {
  const whole = Filter.safeParse(value ?? {});
  if (whole.success) return { filter: filterOf(whole.data), faults: [] };
  const faults = faultsOf(whole.error);
  const fields = isJsonObject(value) ? value : {};
  const resources = isJsonObject(fields['resources']) ? fields['resources'] : {};
  const understood: Record<string, unknown> = {};
  for (const key of ['roles', 'clusterRoles', 'subjects'] as const) {
    if (filterShape[key].safeParse(fields[key]).success) understood[key] = fields[key];
  }
  const parts = Object.entries(Resources.shape).filter(([key, schema]) => schema.safeParse(resources[key]).success);
  understood['resources'] = Object.fromEntries(parts.map(([key]) => [key, resources[key]]));
  const read = Filter.safeParse(understood).data;
  const filter = read === undefined ? undefined : filterOf(read);
  return { filter: { ...(filter ?? unknownFilter), understood: false }, faults };
}

function filterOf({
  resources = Resources.parse({}),
  roles = [],
  clusterRoles = [],
  subjects = [],
}: z.infer<typeof Filter>): ResourceFilter | undefined {
  const { kinds = [], name = '', names = [], namespaces = [], annotations = {} } = resources;
  const { selector, namespaceSelector, operations: asked = [] } = resources;
  const requester = requesterOf(roles, clusterRoles, subjects);
  const pairs = Object.entries(annotations);
  const byLabel = selector === undefined || selectsAll(selector) ? undefined : selector;
  const filter: AdmissionFilter = {
    ...(name === '' && names.length === 0 ? {} : { names: namesOf(name, names) }),
    ...(namespaces.length === 0 && namespaceSelector === undefined
      ? {}
      : {
          namespace: {
            ...(namespaces.length === 0 ? {} : { patterns: namespaces }),
            ...(namespaceSelector === undefined ? {} : { selector: namespaceSelector }),
            ...(hasPatterns(namespaceSelector?.matchLabels) ? { labelPatterns: true } : {}),
            clusterScoped: 'nameless',
            namespaceObjects: 'byNameOnly',
          },
        }),
    ...(byLabel === undefined ? {} : { objectSelector: byLabel }),
    ...(byLabel !== undefined && hasPatterns(byLabel.matchLabels) ? { labelPatterns: true } : {}),
    ...(pairs.length === 0 ? {} : { annotations: Object.fromEntries(pairs.toSorted(([a], [b]) => compareText(a, b))) }),
    ...(requester === undefined ? {} : { requester }),
  };
  const isEmpty = Object.keys(filter).length === 0 && kinds.length === 0 && asked.length === 0;
  if (isEmpty && selector === undefined) return undefined;
  return {
    kinds: kinds.length === 0 ? undefined : kinds,
    operations: asked.length === 0 ? undefined : operations.filter((operation) => asked.includes(operation)),
    rest: filter,
    isPersonal: name !== '' || names.length > 0 || selector !== undefined || resources.annotations !== undefined,
    understood: true,
  };
}

/** `name` beside `names`: both must match. Of two patterns the names that both take cannot be told; nobody writes such. */
function namesOf(name: string, names: readonly string[]): string[] {
  if (name === '') return [...names];
  if (names.length === 0) return [name];
  const isPattern = /[*?]/.test(name);
  return isPattern
    ? names.filter((other) => /[*?]/.test(other) || matchesGlob(name, other))
    : names.some((other) => matchesGlob(other, name))
      ? [name]
      : [];
}

function hasPatterns(labels: Readonly<Record<string, string>> = {}): boolean {
  return Object.entries(labels).some((pair) => pair.some((text) => /[*?]/.test(text)));
}

function requesterOf(
  roles: readonly string[],
  clusterRoles: readonly string[],
  subjects: readonly z.infer<typeof Subject>[],
): Requester | undefined {
  if (roles.length + clusterRoles.length + subjects.length === 0) return undefined;
  const known = subjects.flatMap(({ kind, name, namespace }): NonNullable<Requester['subjects']> => {
    if (kind !== 'User' && kind !== 'Group' && kind !== 'ServiceAccount') return [];
    return [{ kind, name, ...(namespace === undefined || kind !== 'ServiceAccount' ? {} : { namespace }) }];
  });
  return {
    ...(subjects.length === 0 ? {} : { subjects: known }),
    // Kyverno writes `namespace:name`.
    ...(roles.length === 0 ? {} : { roles: roles.map((role) => role.replace(':', '/')) }),
    ...(clusterRoles.length === 0 ? {} : { clusterRoles: [...clusterRoles] }),
  };
}

/** The filter with these kinds and operations in place of its own. */
export function admissionFilter(
  { rest, ...own }: ResourceFilter,
  { kinds = own.kinds, operations: asked }: { kinds?: readonly string[] | undefined; operations?: readonly string[] },
): AdmissionFilter {
  const patterns = kinds?.flatMap((kind) => parseKind(kind) ?? []).flatMap(withEphemeralContainers);
  return {
    ...(asked === undefined ? {} : { operations: [...asked] }),
    ...(patterns === undefined ? {} : { kinds: patterns }),
    ...rest,
  };
}
