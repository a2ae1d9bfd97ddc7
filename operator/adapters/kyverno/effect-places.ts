/**
 * Where rules act that change or make other objects than that of the request: there people want to know of them.
 */
import type { AdmissionFilter, NamespaceFilter, NamespaceScope } from '../../../crds/scope.ts';
import { isJsonObject, type JsonObject } from '../../../kube/object.ts';
import { namespacesOf, onlyClusterScopedObjects } from '../admission-filters.ts';
import { selectsAll } from '../fields.ts';
import { bindingAll } from '../namespace-parts.ts';
import type { PolicyRule } from './policy-fields.ts';

/** The namespace of the request, where it is set off anyway, and the name of the Namespace that the request is about. */
const ofRequest = /^\{\{\s*request\.(namespace|object\.metadata\.namespace)\s*\}\}$/;
const ofNamespace = /^\{\{\s*request\.(object\.metadata\.name|name)\s*\}\}$/;

/**
 * The namespaces where the rule acts; undefined for a rule that is about the object of the request. All of them must hold.
 */
export function placesOfEffect(
  { does, body }: PolicyRule,
  matches: readonly (readonly AdmissionFilter[])[],
): readonly NamespaceScope[] | undefined {
  const items = itemsOf(does, body);
  if (items.length === 0) return undefined;
  // Where it is set off people want to know of it, too.
  const triggers = bindingAll(matches.map((filters) => namespacesOf(filters, [])));
  const scopes = [triggers, ...items.map((item) => placeOf(item, matches))];
  const filters = scopes.flatMap(({ anyOf, ...filter }) =>
    Object.keys(filter).length > 0 ? [filter] : (anyOf ?? [{}]),
  );
  const reaching = filters.filter(({ names, globs }) => names?.length !== 0 || globs !== undefined);
  if (reaching.length === 0) return [{ names: [] }];
  if (reaching.some((filter) => Object.keys(filter).length === 0)) return [{}];
  const byText = new Map(reaching.map((filter) => [JSON.stringify(filter), filter]));
  const [only = {}, ...more] = byText.values();
  return [more.length === 0 ? only : { anyOf: [only, ...more] }];
}

function itemsOf(does: PolicyRule['does'], body: unknown): JsonObject[] {
  if (!isJsonObject(body)) return [];
  const { targets, foreach } = body;
  if (does === 'mutate') return Array.isArray(targets) ? targets.filter(isJsonObject) : [];
  if (does !== 'generate') return [];
  return Array.isArray(foreach) && foreach.length > 0 ? foreach.filter(isJsonObject) : [body];
}

function placeOf(item: JsonObject, matches: readonly (readonly AdmissionFilter[])[]): NamespaceScope {
  const { namespace, kind } = item;
  const text = typeof namespace === 'string' ? namespace : '';
  const ofKind = { group: '*', version: '*', kind: typeof kind === 'string' ? kind : '*' };
  if (text === '' && onlyClusterScopedObjects([{ kinds: [ofKind] }])) return { names: [] };
  const [filters = [], ...more] = matches;
  if (ofRequest.test(text)) return { names: [] };
  const itself = ofNamespace.test(text) && more.length === 0 ? namespacesThemselves(filters) : undefined;
  if (itself !== undefined) return itself;
  if (text === '' || text.includes('{{')) return {};
  return /[*?]/.test(text) ? { globs: [text] } : { names: [text] };
}

/** The Namespaces that filters take, as namespaces: one that is deleted takes all in it along. Undefined where they take other kinds. */
export function namespacesThemselves(filters: readonly AdmissionFilter[]): NamespaceScope | undefined {
  if (filters.length === 0 || !filters.every(isAboutNamespaces)) return undefined;
  const places = filters.map(namespaceItself);
  const [only = {}, ...others] = places;
  if (places.some((place) => Object.keys(place).length === 0)) return {};
  return others.length === 0 ? only : { anyOf: places };
}

function isAboutNamespaces({ kinds }: AdmissionFilter): boolean {
  return kinds?.every(({ kind, subresource }) => kind === 'Namespace' && subresource === undefined) === true;
}

/** The Namespaces that a filter takes, as namespaces. */
function namespaceItself({ names, namespace, objectSelector = {}, labelPatterns }: AdmissionFilter): NamespaceFilter {
  const {
    anyOf: _anyOf,
    noneOf: _noneOf,
    ...filter
  } = namespacesOf([namespace === undefined ? {} : { namespace }], []);
  const listed = names?.filter((name) => !/[*?]/.test(name)) ?? [];
  const globs = names?.filter((name) => /[*?]/.test(name)) ?? [];
  return {
    ...(names === undefined ? filter : globs.length > 0 && listed.length === 0 ? {} : { names: listed }),
    ...(globs.length === 0 ? {} : { globs }),
    ...(labelPatterns === true || selectsAll(objectSelector) ? {} : { selector: objectSelector }),
  };
}
