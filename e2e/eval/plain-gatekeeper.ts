/**
 * Whether a constraint or mutator of Gatekeeper matches a request, told from the object as it is written and from the
 * documentation alone. Settings of the installation are left out.
 *
 * @see https://open-policy-agent.github.io/gatekeeper/website/docs/howto#the-match-field
 */
import type { JsonObject } from './corpus.ts';
import { fitsSelector, type Labels, listIn, objectIn, textIn, textsIn } from './plain-match.ts';
import type { AdmissionRequest, Meant } from './scope-match.ts';

/**
 * Undefined for requests that its webhooks see only where somebody has asked for it, for objects that nobody sends, and for
 * what Gatekeeper does not take. Nobody asks it about a status.
 */
export function gatekeeperMatches(object: JsonObject, request: AdmissionRequest): Meant {
  if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return undefined;
  const match = objectIn(object, 'spec', 'match');
  if (textIn(match, 'source') === 'Generated') return undefined;
  if (isRefused(match)) return undefined;
  if (request.subresource === 'status') return false;
  if (isMutator(object) && request.subresource !== undefined) return undefined;
  if (isMutator(object) && !isAppliedTo(object, request)) return false;
  return request.labels.some((labels) => matchesObject(match, request, labels));
}

function isRefused(match: JsonObject): boolean {
  const lists = [match['kinds'], match['namespaces'], match['excludedNamespaces']];
  if (lists.some((list) => list !== undefined && !Array.isArray(list))) return true;
  const operators = ['labelSelector', 'namespaceSelector'].flatMap((field) =>
    listIn(match, field, 'matchExpressions').map((expression) => textIn(expression, 'operator')),
  );
  return operators.some((operator) => !['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator));
}

function isMutator({ apiVersion }: JsonObject): boolean {
  return String(apiVersion).startsWith('mutations.gatekeeper.sh/');
}

/** Metadata is changed of all kinds. */
function isAppliedTo(object: JsonObject, { group, version, kind }: AdmissionRequest): boolean {
  if (object['kind'] === 'AssignMetadata') return true;
  return listIn(object, 'spec', 'applyTo').some((entry) => {
    const has = (field: string, value: string) => textsIn(entry, field).some((one) => one === '*' || one === value);
    return has('groups', group) && has('versions', version) && has('kinds', kind);
  });
}

function matchesObject(match: JsonObject, request: AdmissionRequest, labels: Labels): boolean {
  const isNamespace = request.group === '' && request.kind === 'Namespace';
  const isElsewhere = request.namespace === undefined && !isNamespace;
  const place = isNamespace ? request.name : (request.namespace ?? '');

  const kinds = listIn(match, 'kinds');
  if (kinds.length > 0) {
    const fits = kinds.some((entry) => {
      const has = (field: string, value: string) => {
        const values = textsIn(entry, field);
        return values.length === 0 || values.includes('*') || values.includes(value);
      };
      return has('apiGroups', request.group) && has('kinds', request.kind);
    });
    if (!fits) return false;
  }

  const scope = textIn(match, 'scope');
  if (scope === 'Cluster' && request.namespace !== undefined) return false;
  if (scope === 'Namespaced' && request.namespace === undefined) return false;

  const namespaces = textsIn(match, 'namespaces');
  if (namespaces.length > 0 && !isElsewhere && !namespaces.some((one) => fitsEnds(one, place))) return false;
  if (!isElsewhere && textsIn(match, 'excludedNamespaces').some((one) => fitsEnds(one, place))) return false;

  if (match['labelSelector'] !== undefined && !fitsSelector(match['labelSelector'], labels)) return false;
  if (match['namespaceSelector'] !== undefined && !isElsewhere) {
    const around = isNamespace ? labels : (request.namespaceLabels ?? {});
    if (!fitsSelector(match['namespaceSelector'], around)) return false;
  }

  const name = textIn(match, 'name');
  if (name === '') return true;
  return fitsEnds(name, request.name) || (name.endsWith('*') && fitsEnds(name, request.generateName ?? ''));
}

/** A star stands for something at the beginning or at the end, or at both. */
function fitsEnds(pattern: string, text: string): boolean {
  if (pattern.length > 1 && pattern.startsWith('*') && pattern.endsWith('*'))
    return text.includes(pattern.slice(1, -1));
  if (pattern.startsWith('*')) return text.endsWith(pattern.slice(1));
  if (pattern.endsWith('*')) return text.startsWith(pattern.slice(0, -1));
  return pattern === text;
}
