/**
 * Whether a request is one that a constraint means, from its scope alone. What the scope leaves open (conditions, who asks when
 * that is not known, labels that are not known) stays open.
 */
import type { Constraint } from '../../crds/constraint.ts';
import type { LabelSelector } from '../../crds/label-selector.ts';
import type {
  AdmissionFilter,
  AdmissionMatch,
  AdmissionRule,
  KindPattern,
  RequestNamespace,
  Requester,
} from '../../crds/scope.ts';
import { allOf } from '../../kube/label-expression.ts';
import { matchesLabels } from '../../kube/label-selector.ts';
import { bindsNamespace, matchesGlob } from '../../operator/scope/namespace-scope.ts';

type Labels = Readonly<Record<string, string>>;

/** What is asked of the API server, as far as scopes look at it. */
export interface AdmissionRequest {
  readonly operation: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly subresource?: string | undefined;
  readonly name: string;
  readonly generateName?: string | undefined;
  /** Undefined for an object outside of namespaces, a Namespace too. */
  readonly namespace?: string | undefined;
  /** Of the namespace, of a Namespace its own; undefined while they are not known. */
  readonly namespaceLabels?: Labels | undefined;
  /** Of the object and of what it replaces: of each that is there. */
  readonly labels: readonly Labels[];
  readonly annotations: Labels;
  /** Undefined while it is not known who asks. */
  readonly user?: RequestUser | undefined;
}

export interface RequestUser {
  readonly name: string;
  readonly groups: readonly string[];
  /** `namespace/name` */
  readonly roles: readonly string[];
  readonly clusterRoles: readonly string[];
}

/** Undefined when the scope leaves it open. */
export type Meant = boolean | undefined;

export function meansRequest({ scope, source }: Constraint, request: AdmissionRequest): Meant {
  if (scope.admission === undefined) return undefined;
  // A policy of a namespace is about requests there, and a Namespace is in none.
  const isElsewhere =
    source.kind !== 'Namespace' && source.namespace !== undefined && request.namespace !== source.namespace;
  if (isElsewhere) return false;
  const unread = scope.unread === undefined ? true : undefined;
  return allOf([unread, isInPlace(scope, request), ...scope.admission.map((match) => meets(match, request))]);
}

/** Objects outside of namespaces are seen by selectors only where they are Namespaces. */
function isInPlace({ namespaces }: Constraint['scope'], request: AdmissionRequest): Meant {
  const { namespace: name, namespaceLabels: labels } = request;
  const { selector } = namespaces;
  if (name === undefined) {
    if (!isNamespace(request) || selector === undefined) return true;
    return labels === undefined ? undefined : matchesLabels(selector, labels);
  }
  if (labels === undefined) return bindsNamespace(namespaces, { name, labels: {} }) ? true : undefined;
  return bindsNamespace(namespaces, { name, labels });
}

function meets(match: AdmissionMatch, request: AdmissionRequest): Meant {
  const { rules, excluded = [], matchPolicy, objectSelector, matchConditions = [], filters, exceptions = [] } = match;
  const anyVersion = matchPolicy === 'Equivalent';
  return allOf([
    rules === undefined || rules.some((rule) => hasRequest(rule, request, anyVersion)),
    !excluded.some((rule) => hasRequest(rule, request, anyVersion)),
    objectSelector === undefined || request.labels.some((labels) => matchesLabels(objectSelector, labels)),
    filters === undefined || anyOf(filters.map((filter) => passes(filter, request))),
    ...exceptions.map(({ all, conditional }) => {
      const excepted = allOf(all.map((filter) => passes(filter, request)));
      return excepted === true && conditional !== undefined ? undefined : negated(excepted);
    }),
    matchConditions.length === 0 ? true : undefined,
  ]);
}

function negated(answer: Meant): Meant {
  return answer === undefined ? undefined : !answer;
}

function anyOf(answers: readonly Meant[]): Meant {
  return negated(allOf(answers.map(negated)));
}

function isNamespace({ group, kind }: AdmissionRequest): boolean {
  return group === '' && kind === 'Namespace';
}

function hasRequest(rule: AdmissionRule, request: AdmissionRequest, anyVersion: boolean): boolean {
  const has = (values: readonly string[], value: string) => values.includes('*') || values.includes(value);
  const { namespace, plural, subresource = '' } = request;
  return (
    has(rule.operations, request.operation) &&
    has(rule.apiGroups, request.group) &&
    (anyVersion || has(rule.apiVersions, request.version)) &&
    rule.resources.some((resource) => {
      const [wanted = '', below = ''] = resource.split('/');
      return (wanted === '*' || wanted === plural) && (below === '*' || below === subresource);
    }) &&
    (rule.scope === undefined || rule.scope === (namespace === undefined ? 'Cluster' : 'Namespaced')) &&
    (rule.names === undefined || rule.names.includes(request.name))
  );
}

function passes(filter: AdmissionFilter, request: AdmissionRequest): Meant {
  const { operations, kinds, scope, names, namespace, objectSelector, annotations = {}, requester } = filter;
  return allOf([
    operations === undefined || operations.includes(request.operation),
    kinds === undefined || kinds.some((kind) => isKind(kind, request)),
    scope === undefined || scope === (request.namespace === undefined ? 'Cluster' : 'Namespaced'),
    names === undefined ||
      names.some((name) => matchesGlob(name, request.name === '' ? (request.generateName ?? '') : request.name)),
    namespace === undefined ? true : isThere(namespace, request),
    objectSelector === undefined ||
      request.labels.some((labels) =>
        matchesLabels(filter.labelPatterns === true ? expanded(objectSelector, labels) : objectSelector, labels),
      ),
    Object.entries(annotations).every(([key, value]) =>
      Object.entries(request.annotations).some(([k, v]) => matchesGlob(key, k) && matchesGlob(value, v)),
    ),
    requester === undefined ? true : isAskedBy(requester, request.user),
  ]);
}

function isKind({ group, version, kind, subresource = '' }: KindPattern, request: AdmissionRequest): boolean {
  return (
    matchesGlob(group, request.group) &&
    matchesGlob(version, request.version) &&
    matchesGlob(kind, request.kind) &&
    matchesGlob(subresource, request.subresource ?? '')
  );
}

function isThere(place: RequestNamespace, request: AdmissionRequest): Meant {
  const { patterns, excluded = [], selector, labelPatterns, clusterScoped, namespaceObjects } = place;
  const isItself = isNamespace(request) && namespaceObjects !== 'outside';
  if (request.namespace === undefined && !isItself && clusterScoped === 'pass') return true;
  const name = request.namespace ?? (isItself ? request.name : '');
  const labels = request.namespace !== undefined || isItself ? request.namespaceLabels : {};
  const matches = (pattern: string) => matchesGlob(pattern, name);
  return allOf([
    patterns === undefined || patterns.some(matches),
    !excluded.some(matches),
    selector === undefined
      ? true
      : isItself && namespaceObjects === 'byNameOnly'
        ? false
        : labels === undefined
          ? undefined
          : matchesLabels(labelPatterns === true ? expanded(selector, labels) : selector, labels),
  ]);
}

/** Patterns in keys and values of matchLabels stand for the first label that matches, and for none otherwise. */
function expanded({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): LabelSelector {
  const entries = Object.entries(matchLabels).map(([key, value]): [string, string] => {
    const found = Object.entries(labels).find(([k, v]) => matchesGlob(key, k) && matchesGlob(value, v));
    return found ?? [key.replaceAll(/[*?]/g, '0'), value.replaceAll(/[*?]/g, '0')];
  });
  return { matchLabels: Object.fromEntries(entries), matchExpressions };
}

function isAskedBy({ subjects, roles, clusterRoles }: Requester, user: RequestUser | undefined): Meant {
  if (user === undefined) return undefined;
  return (
    (roles === undefined || roles.some((role) => user.roles.includes(role))) &&
    (clusterRoles === undefined || clusterRoles.some((role) => user.clusterRoles.includes(role))) &&
    (subjects === undefined ||
      subjects.some(({ kind, name, namespace = '*' }) => {
        if (kind === 'User') return matchesGlob(name, user.name);
        if (kind === 'Group') return user.groups.some((group) => matchesGlob(name, group));
        return matchesGlob(`system:serviceaccount:${namespace}:${name}`, user.name);
      }))
  );
}
