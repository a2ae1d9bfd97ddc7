/**
 * Whether a rule of a ClusterPolicy or Policy matches a request, told from the policy as it is written and from Kyverno's
 * documentation alone. The second opinion about the scopes that the adapter draws.
 *
 * Preconditions, exceptions and the settings of an installation (resourceFilters, excluded groups) are left out.
 *
 * @see https://kyverno.io/docs/policy-types/cluster-policy/match-exclude/
 * @see https://kyverno.io/docs/policy-types/cluster-policy/autogen/
 */
import type { JsonObject } from './corpus.ts';
import { fitsPatternSelector, fitsWildcard, listIn, objectIn, textIn, textsIn } from './plain-match.ts';
import type { AdmissionRequest, Meant } from './scope-match.ts';

/** Undefined where the documentation does not tell: requests that the rule may see and has no result for. */
export function kyvernoRuleMatches(policy: JsonObject, rule: JsonObject, request: AdmissionRequest): Meant {
  if (policy['kind'] === 'Policy' && request.namespace !== (textIn(policy, 'metadata', 'namespace') || 'default')) {
    return false;
  }
  const ways = [rule, ...autogenRules(policy, rule)];
  if (!ways.some((way) => matchesOneRule(way, request))) return false;
  return hasResult(rule, request.operation) ? true : undefined;
}

/** An object that goes away has no fields for a pattern; what an image is does not matter then either. */
function hasResult(rule: JsonObject, operation: string): boolean {
  if (operation === 'CREATE' || operation === 'UPDATE') return true;
  const { validate } = rule;
  const sees = validate !== undefined && ['deny', 'cel', 'foreach'].some((way) => objectHas(validate, way));
  return sees && operation === 'DELETE';
}

function objectHas(value: unknown, field: string): boolean {
  return Object.hasOwn(objectIn(value), field);
}

function matchesOneRule(rule: JsonObject, request: AdmissionRequest): boolean {
  const match = filtersOf(rule['match']);
  if (match.filters.length === 0) return false;
  const fits = (filter: JsonObject) => matchesFilter(rule, filter, request, 'match');
  if (!(match.every ? match.filters.every(fits) : match.filters.some(fits))) return false;
  const exclude = filtersOf(rule['exclude']);
  if (exclude.filters.length === 0) return true;
  const leavesOut = (filter: JsonObject) => matchesFilter(rule, filter, request, 'exclude');
  return !(exclude.every ? exclude.filters.every(leavesOut) : exclude.filters.some(leavesOut));
}

interface Filters {
  readonly every: boolean;
  readonly filters: readonly JsonObject[];
}

/** `any` goes before `all`, and both before the filter that stands there by itself. */
export function filtersOf(block: unknown): Filters {
  const any = listIn(block, 'any').map((filter) => objectIn(filter));
  if (any.length > 0) return { every: false, filters: any };
  const all = listIn(block, 'all').map((filter) => objectIn(filter));
  if (all.length > 0) return { every: true, filters: all };
  const alone = objectIn(block);
  return { every: true, filters: Object.keys(alone).length === 0 ? [] : [alone] };
}

function matchesFilter(
  rule: JsonObject,
  filter: JsonObject,
  request: AdmissionRequest,
  of: 'match' | 'exclude',
): boolean {
  const resources = objectIn(filter, 'resources');
  const parts = ['subjects', 'roles', 'clusterRoles'].flatMap((part) => listIn(filter, part));
  if (Object.keys(resources).length === 0 && parts.length === 0) return false;
  return matchesResources(rule, resources, request, of) && matchesUser(filter, request);
}

function matchesResources(
  rule: JsonObject,
  resources: JsonObject,
  request: AdmissionRequest,
  of: 'match' | 'exclude',
): boolean {
  const kinds = textsIn(resources, 'kinds');
  if (kinds.length > 0 && !kinds.some((kind) => isOfKind(kind, request))) return false;

  const operations = textsIn(resources, 'operations');
  const usual = of === 'match' ? usualOperations(rule) : [];
  const asked = operations.length > 0 ? operations : usual;
  if (asked.length > 0 && !asked.includes(request.operation)) return false;

  const itsName = request.name === '' ? (request.generateName ?? '') : request.name;
  const name = textIn(resources, 'name');
  if (name !== '' && !fitsWildcard(name, itsName)) return false;
  const names = textsIn(resources, 'names');
  if (names.length > 0 && !names.some((one) => fitsWildcard(one, itsName))) return false;

  const isNamespace = request.group === '' && request.kind === 'Namespace';
  const place = isNamespace ? request.name : (request.namespace ?? '');
  const namespaces = textsIn(resources, 'namespaces');
  if (namespaces.length > 0 && !namespaces.some((one) => fitsWildcard(one, place))) return false;

  for (const [key, value] of Object.entries(objectIn(resources, 'annotations'))) {
    const has = Object.entries(request.annotations).some(
      ([k, v]) => fitsWildcard(key, k) && fitsWildcard(String(value), v),
    );
    if (!has) return false;
  }
  const labels = request.labels[0] ?? {};
  if (resources['selector'] !== undefined && !fitsPatternSelector(resources['selector'], labels)) return false;
  if (resources['namespaceSelector'] !== undefined) {
    if (isNamespace) return false;
    const around = request.namespace === undefined ? {} : (request.namespaceLabels ?? {});
    if (!fitsPatternSelector(resources['namespaceSelector'], around)) return false;
  }
  return true;
}

/** What the webhooks are registered for where a rule names no operation. A rule that changes other objects comes after requests. */
function usualOperations(rule: JsonObject): readonly string[] {
  const changesIt = rule['mutate'] !== undefined && listIn(rule, 'mutate', 'targets').length === 0;
  const changes = changesIt || rule['verifyImages'] !== undefined;
  return changes ? ['CREATE', 'UPDATE'] : ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'];
}

function matchesUser(filter: JsonObject, { user }: AdmissionRequest): boolean {
  const { name, groups, roles, clusterRoles } = user ?? { name: '', groups: [], roles: [], clusterRoles: [] };
  const wantedRoles = textsIn(filter, 'roles').map((role) => role.replace(':', '/'));
  if (wantedRoles.length > 0 && !wantedRoles.some((role) => roles.includes(role))) return false;
  const wantedClusterRoles = textsIn(filter, 'clusterRoles');
  if (wantedClusterRoles.length > 0 && !wantedClusterRoles.some((role) => clusterRoles.includes(role))) return false;
  const subjects = listIn(filter, 'subjects');
  return (
    subjects.length === 0 ||
    subjects.some((subject) => {
      const kind = textIn(subject, 'kind');
      const wanted = textIn(subject, 'name');
      if (kind === 'User') return fitsWildcard(wanted, name);
      if (kind === 'Group') return groups.some((group) => fitsWildcard(wanted, group));
      const account = `system:serviceaccount:${textIn(subject, 'namespace')}:${wanted}`;
      return kind === 'ServiceAccount' && fitsWildcard(account, name);
    })
  );
}

interface WrittenKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly subresource: string;
}

/** `[group/][version/]Kind[/subresource]`, also `Kind.subresource`; what is left out stands for all, but a subresource. */
export function writtenKind(text: string): WrittenKind {
  const slashed = text.split('/');
  const parts = [...slashed.slice(0, -1), ...(slashed.at(-1) ?? '').split('.')];
  const [a = '', b = '', c = '', d = ''] = parts;
  const isVersion = /^(\*|v[0-9]+((alpha|beta)[0-9]+)?)$/.test(a);
  if (parts.length === 1) return { group: '*', version: '*', kind: a, subresource: '' };
  if (parts.length === 2) {
    if (a === '*' && b === '*') return { group: '*', version: '*', kind: '*', subresource: '*' };
    if (a === '*' && /^[a-z]/.test(b)) return { group: '*', version: '*', kind: '*', subresource: b };
    return isVersion
      ? { group: '*', version: a, kind: b, subresource: '' }
      : { group: '*', version: '*', kind: a, subresource: b };
  }
  if (parts.length === 3) {
    return isVersion
      ? { group: '*', version: a, kind: b, subresource: c }
      : { group: a, version: b, kind: c, subresource: '' };
  }
  return { group: a, version: b, kind: c, subresource: d };
}

function isOfKind(text: string, request: AdmissionRequest): boolean {
  const { group, version, kind, subresource } = writtenKind(text);
  if (!fitsWildcard(group, request.group) || !fitsWildcard(version, request.version)) return false;
  if (!fitsWildcard(kind, request.kind)) return false;
  const below = request.subresource ?? '';
  const isOfPod = request.kind === 'Pod' && request.group === '' && below === 'ephemeralcontainers';
  if (subresource === '' && isOfPod) return true;
  return fitsWildcard(subresource, below);
}

/** Kinds that hold pods, as the rules that Kyverno makes of others name them. */
const controllers: Readonly<Record<string, string>> = {
  CronJob: 'batch/v1/CronJob',
  DaemonSet: 'apps/v1/DaemonSet',
  Deployment: 'apps/v1/Deployment',
  Job: 'batch/v1/Job',
  ReplicaSet: 'apps/v1/ReplicaSet',
  ReplicationController: 'v1/ReplicationController',
  StatefulSet: 'apps/v1/StatefulSet',
};

const annotation = 'pod-policies.kyverno.io/autogen-controllers';

/** The same rule for controllers of pods, where Kyverno makes one. */
function autogenRules(policy: JsonObject, rule: JsonObject): readonly JsonObject[] {
  const asked = textIn(policy, 'metadata', 'annotations', annotation);
  if (asked === 'none' || !canAutogen(policy)) return [];
  const wanted = asked === '' || asked === 'all' ? Object.keys(controllers) : asked.split(',').map((one) => one.trim());
  const kinds = wanted.flatMap((one) => controllers[one] ?? []);
  const matched = kindsOf(rule['match']);
  const excluded = kindsOf(rule['exclude']);
  if (!matched.some(isPod) || (excluded.length > 0 && !excluded.some(isPod))) return [];
  return [{ ...rule, match: withKinds(rule['match'], kinds), exclude: withKinds(rule['exclude'], kinds) }];
}

function isPod(text: string): boolean {
  const { kind, subresource } = writtenKind(text);
  return kind === 'Pod' && subresource === '';
}

/** All rules together decide whether any of them is made into one for controllers. */
function canAutogen(policy: JsonObject): boolean {
  const rules = listIn(policy, 'spec', 'rules').map((rule) => objectIn(rule));
  const filters = rules.flatMap((rule) => [...filtersOf(rule['match']).filters, ...filtersOf(rule['exclude']).filters]);
  const isPlain = filters.every((filter) => {
    const resources = objectIn(filter, 'resources');
    const kinds = textsIn(resources, 'kinds');
    const narrows = ['name', 'names', 'selector', 'annotations'].some((part) => isGiven(resources[part]));
    return !narrows && !(kinds.length > 1 && kinds.some(isPod));
  });
  const patches = rules.some(
    ({ generate, mutate }) =>
      isGiven(generate) ||
      isGiven(objectIn(mutate)['patchesJson6902']) ||
      listIn(mutate, 'foreach').some((each) => isGiven(objectIn(each)['patchesJson6902'])),
  );
  return isPlain && !patches;
}

function isGiven(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function kindsOf(block: unknown): readonly string[] {
  return filtersOf(block).filters.flatMap((filter) => textsIn(filter, 'resources', 'kinds'));
}

/** Filters about pods become filters about these kinds; others stay as they are. */
function withKinds(block: unknown, kinds: readonly string[]): JsonObject {
  const { every, filters } = filtersOf(block);
  const changed = filters.map((filter) => {
    const resources = objectIn(filter, 'resources');
    if (!textsIn(resources, 'kinds').some(isPod)) return filter;
    return { ...filter, resources: { ...resources, kinds } };
  });
  return { [every ? 'all' : 'any']: changed };
}
