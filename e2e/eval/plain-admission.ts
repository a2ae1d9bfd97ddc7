/**
 * Whether the match of Kyverno's policies in CEL means a request, told from the policy as it is written and from the
 * documentation alone. matchConditions are left out.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 * @see https://kyverno.io/docs/policy-types/validating-policy/
 */
import type { JsonObject } from './corpus.ts';
import { fitsSelector, listIn, objectIn, textIn, textsIn, valueIn } from './plain-match.ts';
import type { AdmissionRequest, Meant } from './scope-match.ts';

/** Undefined for what is not judged when a request comes, and for policies that Kyverno does not take. */
export function kyvernoCelMatches(policy: JsonObject, request: AdmissionRequest): Meant {
  const kind = textIn(policy, 'kind');
  if (/Deleting/.test(kind) || textIn(policy, 'spec', 'evaluation', 'mode') === 'JSON') return undefined;
  if (valueIn(policy, 'spec', 'evaluation', 'admission', 'enabled') === false) return undefined;
  if (kind.startsWith('Namespaced')) {
    const own = textIn(policy, 'metadata', 'namespace') || 'default';
    if (request.namespace !== own) return false;
  }
  const match = objectIn(policy, 'spec', 'matchConstraints');
  if (Object.keys(match).length === 0 || !hasBody(policy)) return undefined;
  const ways = [match, ...autogenMatches(policy, match)];
  return ways.some((way) => matchesResources(way, request));
}

/** What a policy is for must be said. */
function hasBody(policy: JsonObject): boolean {
  return !/Generating/.test(textIn(policy, 'kind')) || listIn(policy, 'spec', 'generate').length > 0;
}

function matchesResources(match: JsonObject, request: AdmissionRequest): boolean {
  const isNamespace = request.group === '' && request.kind === 'Namespace';
  if (match['namespaceSelector'] !== undefined && (request.namespace !== undefined || isNamespace)) {
    if (!fitsSelector(match['namespaceSelector'], request.namespaceLabels ?? {})) return false;
  }
  const selector = match['objectSelector'];
  if (selector !== undefined && !request.labels.some((labels) => fitsSelector(selector, labels))) return false;
  if (listIn(match, 'excludeResourceRules').some((rule) => matchesRule(objectIn(rule), request))) return false;
  const rules = listIn(match, 'resourceRules');
  return rules.length === 0 || rules.some((rule) => matchesRule(objectIn(rule), request));
}

function matchesRule(rule: JsonObject, request: AdmissionRequest): boolean {
  const has = (field: string, value: string) => {
    const values = textsIn(rule, field);
    return values.includes('*') || values.includes(value);
  };
  if (!has('operations', request.operation)) return false;
  if (!has('apiGroups', request.group) || !has('apiVersions', request.version)) return false;
  const reach = textIn(rule, 'scope');
  if (reach === 'Namespaced' && request.namespace === undefined) return false;
  if (reach === 'Cluster' && request.namespace !== undefined) return false;
  const names = textsIn(rule, 'resourceNames');
  if (names.length > 0 && !names.includes(request.name)) return false;
  const below = request.subresource ?? '';
  return textsIn(rule, 'resources').some((text) => {
    const slash = text.indexOf('/');
    const plural = slash < 0 ? text : text.slice(0, slash);
    const subresource = slash < 0 ? '' : text.slice(slash + 1);
    return (plural === '*' || plural === request.plural) && (subresource === '*' || subresource === below);
  });
}

const groups: Readonly<Record<string, string>> = {
  cronjobs: 'batch',
  daemonsets: 'apps',
  deployments: 'apps',
  jobs: 'batch',
  replicasets: 'apps',
  statefulsets: 'apps',
};

/** What Kyverno makes of a policy about pods and nothing else, where its kind has a field to say otherwise. */
function autogenMatches(policy: JsonObject, match: JsonObject): readonly JsonObject[] {
  if (!/(Validating|Mutating)Policy$/.test(textIn(policy, 'kind'))) return [];
  const [first, ...others] = listIn(match, 'resourceRules').map((rule) => objectIn(rule));
  if (first === undefined || others.length > 0) return [];
  const isExactly = (field: string, value: string) => {
    const values = textsIn(first, field);
    return values.length === 1 && values[0] === value;
  };
  if (!isExactly('apiGroups', '') || !isExactly('apiVersions', 'v1')) return [];
  const resources = textsIn(first, 'resources');
  const isOfPods = resources.every((one) => one === 'pods' || one === 'pods/ephemeralcontainers');
  if (!isOfPods || !resources.includes('pods')) return [];
  const narrows =
    Object.keys(objectIn(match, 'objectSelector')).length > 0 ||
    listIn(match, 'excludeResourceRules').length > 0 ||
    textsIn(first, 'resourceNames').length > 0;
  if (narrows) return [];
  const controllers = valueIn(policy, 'spec', 'autogen', 'podControllers', 'controllers');
  const wanted = controllers === undefined ? Object.keys(groups) : textsIn(controllers);
  const resourceRules = wanted.flatMap((plural) => {
    const group = groups[plural];
    return group === undefined ? [] : [{ ...first, apiGroups: [group], apiVersions: ['v1'], resources: [plural] }];
  });
  return resourceRules.length === 0 ? [] : [{ ...match, resourceRules }];
}
