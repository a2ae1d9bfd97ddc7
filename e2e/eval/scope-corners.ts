/**
 * What policies speak of, part by part, for requests to be made about it. It need not be complete: whether such a request is
 * meant is told by others.
 */
import type { JsonObject } from './corpus.ts';
import { requestedKind } from './object-kinds.ts';
import { filtersOf, writtenKind } from './plain-kyverno.ts';
import { filledIn, nearLabels, nearPairs, nearTexts } from './near-values.ts';
import { fitsWildcard, listIn, objectIn, textIn, textsIn, valueIn } from './plain-match.ts';
import type { RequestKind } from './request-kinds.ts';
import type { RequestUser } from './scope-match.ts';
import { type Corner, within } from './scope-requests.ts';

const kindsOfPattern = 4;

/** Of one rule of a ClusterPolicy or Policy. */
export function kyvernoCorners(policy: JsonObject, rule: JsonObject, kinds: readonly RequestKind[]): readonly Corner[] {
  const match = filtersOf(rule['match']);
  const exclude = filtersOf(rule['exclude']);
  const own = textIn(policy, 'kind') === 'Policy' ? [textIn(policy, 'metadata', 'namespace') || 'default'] : undefined;
  const place = (corner: Corner): Corner =>
    own === undefined ? corner : { ...corner, namespaces: [...own, ...(corner.namespaces ?? [])] };
  const ofFilter = (filter: JsonObject) => filterCorner(filter, kinds);
  const outer = match.every ? [match.filters.map(ofFilter).reduce(within, {})] : match.filters.map(ofFilter);
  const inner = exclude.every ? [exclude.filters.map(ofFilter).reduce(within, {})] : exclude.filters.map(ofFilter);
  return outer
    .flatMap((corner) => [corner, ...inner.slice(0, 6).map((excluded) => within(corner, excluded))])
    .map(place);
}

function filterCorner(filter: JsonObject, kinds: readonly RequestKind[]): Corner {
  const resources = objectIn(filter, 'resources');
  const written = textsIn(resources, 'kinds');
  const names = [textIn(resources, 'name'), ...textsIn(resources, 'names')].filter((name) => name !== '');
  const given = <Value>(field: string, value: Value) => (resources[field] === undefined ? undefined : value);
  return {
    kinds: written.length === 0 ? undefined : written.flatMap((text) => kindsLike(text, kinds)),
    operations: given('operations', textsIn(resources, 'operations')),
    namespaces: given('namespaces', nearTexts(textsIn(resources, 'namespaces'))),
    namespaceLabels: given('namespaceSelector', nearLabels(resources['namespaceSelector'])),
    names: names.length === 0 ? undefined : nearTexts(names),
    labels: given('selector', nearLabels(resources['selector'])),
    annotations: given('annotations', nearPairs(objectIn(resources, 'annotations'))),
    users: usersOf(filter),
  };
}

function kindsLike(text: string, kinds: readonly RequestKind[]): readonly RequestKind[] {
  const { group, version, kind, subresource } = writtenKind(text);
  const below = subresource === '' || subresource === '*' ? {} : { subresource: filledIn(subresource) };
  const found = kinds
    .filter(
      (one) => fitsWildcard(group, one.group) && fitsWildcard(version, one.version) && fitsWildcard(kind, one.kind),
    )
    .slice(0, kindsOfPattern)
    .map((one) => ({ ...one, ...below }));
  if (found.length > 0) return found;
  const made = filledIn(kind);
  const ofGroup = group === '*' ? 'made-up.example.com' : filledIn(group);
  const ofVersion = version === '*' ? 'v1' : filledIn(version);
  return [{ ...madeUp(ofGroup, ofVersion, made), ...below }];
}

/** A kind that no definition is known of. */
function madeUp(group: string, version: string, kind: string): RequestKind {
  const { plural, namespaced } = requestedKind({ apiVersion: `${group}/${version}`, kind }, () => undefined);
  return { group, version, kind, plural, namespaced };
}

/** One who is all that the filter asks, and some who are not quite. */
function usersOf(filter: JsonObject): readonly RequestUser[] | undefined {
  const roles = textsIn(filter, 'roles').map((role) => filledIn(role.replace(':', '/')));
  const clusterRoles = textsIn(filter, 'clusterRoles').map(filledIn);
  const subjects = listIn(filter, 'subjects');
  if (roles.length + clusterRoles.length + subjects.length === 0) return undefined;
  const base: RequestUser = { name: 'jane', groups: ['system:authenticated'], roles, clusterRoles };
  const asked = subjects.slice(0, 6).map((subject): RequestUser => {
    const name = filledIn(textIn(subject, 'name'));
    const kind = textIn(subject, 'kind');
    if (kind === 'User') return { ...base, name };
    if (kind === 'Group') return { ...base, groups: [name] };
    return { ...base, name: `system:serviceaccount:${filledIn(textIn(subject, 'namespace'))}:${name}` };
  });
  const [first = base] = asked;
  return [
    first,
    ...asked.slice(1),
    { ...first, name: `${first.name}z`, groups: first.groups.map((group) => `${group}z`) },
    { ...first, roles: [], clusterRoles: [] },
    { ...base, roles: [], clusterRoles: clusterRoles.map((role) => `${role}z`) },
  ];
}

/** Of matchConstraints or matchResources, as admission policies and Kyverno's policies in CEL have them. */
export function resourceCorners(
  match: JsonObject,
  kinds: readonly RequestKind[],
  ownNamespace?: string,
): readonly Corner[] {
  const around: Corner = {
    namespaces: ownNamespace === undefined ? undefined : nearTexts([ownNamespace]),
    namespaceLabels: match['namespaceSelector'] === undefined ? undefined : nearLabels(match['namespaceSelector']),
    labels: match['objectSelector'] === undefined ? undefined : nearLabels(match['objectSelector']),
  };
  const ofRule = (rule: unknown): Corner => ({
    kinds: kindsOfRule(objectIn(rule), kinds),
    operations: textsIn(rule, 'operations').filter((operation) => operation !== '*'),
    names: textsIn(rule, 'resourceNames').length === 0 ? undefined : nearTexts(textsIn(rule, 'resourceNames')),
  });
  const rules = listIn(match, 'resourceRules').slice(0, 6).map(ofRule);
  const excluded = listIn(match, 'excludeResourceRules').slice(0, 4).map(ofRule);
  return (rules.length === 0 ? [{}] : rules).flatMap((rule) => {
    const corner = within(around, rule);
    return [corner, ...excluded.map((inner) => within(corner, inner))];
  });
}

function kindsOfRule(rule: JsonObject, kinds: readonly RequestKind[]): readonly RequestKind[] | undefined {
  const has = (field: string, value: string) => ['*', value].some((one) => textsIn(rule, field).includes(one));
  const found = textsIn(rule, 'resources').flatMap((text) => {
    const [plural = '', below = ''] = text.split('/');
    return kinds
      .filter(
        (kind) =>
          (plural === '*' || kind.plural === plural) &&
          has('apiGroups', kind.group) &&
          has('apiVersions', kind.version),
      )
      .slice(0, kindsOfPattern)
      .flatMap((kind) => {
        if (below === '') return [kind];
        return below === '*' ? [kind, { ...kind, subresource: 'status' }] : [{ ...kind, subresource: below }];
      });
  });
  if (found.length > 0) return found;
  const [group = '', version = 'v1', resource = ''] = ['apiGroups', 'apiVersions', 'resources'].map(
    (field) => textsIn(rule, field)[0],
  );
  const [plural = '', below] = resource.split('/');
  if (plural === '' || [group, version, plural].includes('*')) return undefined;
  const kind = `${plural[0]?.toUpperCase()}${plural.slice(1).replace(/s$/, '')}`;
  return [{ group, version, kind, plural, namespaced: true, ...(below === undefined ? {} : { subresource: below }) }];
}

/** Of a constraint or mutator of Gatekeeper. */
export function gatekeeperCorners(object: JsonObject, kinds: readonly RequestKind[]): readonly Corner[] {
  const match = objectIn(object, 'spec', 'match');
  const meant = [...listIn(match, 'kinds'), ...listIn(object, 'spec', 'applyTo')].flatMap((entry) => {
    const groups = [...textsIn(entry, 'apiGroups'), ...textsIn(entry, 'groups')];
    const isOfGroup = (group: string) => groups.length === 0 || groups.includes('*') || groups.includes(group);
    return textsIn(entry, 'kinds').flatMap((wanted) => {
      const found = kinds.filter(({ group, kind }) => isOfGroup(group) && (wanted === '*' || kind === wanted));
      if (found.length > 0) return found.slice(0, kindsOfPattern);
      const group = groups.find((one) => one !== '*') ?? 'made-up.example.com';
      return [madeUp(group, 'v1', filledIn(wanted))];
    });
  });
  const excluded = textsIn(match, 'excludedNamespaces');
  const namespaces = textsIn(match, 'namespaces');
  const name = textIn(match, 'name');
  const corner: Corner = {
    kinds: meant.length === 0 ? undefined : meant,
    namespaces: namespaces.length === 0 ? undefined : nearTexts(namespaces),
    namespaceLabels:
      valueIn(match, 'namespaceSelector') === undefined ? undefined : nearLabels(match['namespaceSelector']),
    labels: valueIn(match, 'labelSelector') === undefined ? undefined : nearLabels(match['labelSelector']),
    names: name === '' ? undefined : nearTexts([name]),
  };
  return excluded.length === 0 ? [corner] : [corner, within(corner, { namespaces: nearTexts(excluded) })];
}
