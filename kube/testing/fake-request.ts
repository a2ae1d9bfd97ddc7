import type { KubeObject, Resource } from '../resource.ts';
import type { KubeRequest, Lane } from '../transport.ts';
import { overWire } from './over-wire.ts';

/** A request as the fake API server understood and recorded it. */
export interface FakeRequest {
  /** Whoever connected: `connect(client)`. */
  readonly client: string;
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  readonly group: string;
  readonly version: string;
  /** Plural; '' for paths that name no resource. */
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly accept: string | undefined;
  readonly lane: Lane;
  /** clock.monotonic(). */
  readonly at: number;
}

export function readRequest(request: KubeRequest, streams: boolean, client: string, at: number): FakeRequest {
  const target = targetOf(request.path);
  return {
    client,
    verb: verbOf(request, target.name, streams),
    ...target,
    path: request.path,
    query: request.query ?? {},
    // Over a wire: what the caller does to its object afterwards changes nothing here.
    body: overWire(request.body),
    accept: request.accept,
    lane: request.lane ?? (streams ? 'watch' : 'request'),
    at,
  };
}

type Target = Pick<FakeRequest, 'group' | 'version' | 'plural' | 'namespace' | 'name' | 'subresource'>;

/** A simulation asks for the same few hundred paths tens of thousands of times. */
const targets = new Map<string, Target>();
const targetsMax = 10_000;

function targetOf(path: string): Target {
  const known = targets.get(path);
  if (known !== undefined) return known;
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const grouped = parts[0] === 'apis';
  const rest = parts.slice(grouped ? 3 : 2);
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status';
  const [plural = '', name, subresource] = inNamespace ? rest.slice(2) : rest;
  const target = {
    group: grouped ? (parts[1] ?? '') : '',
    version: parts[grouped ? 2 : 1] ?? '',
    plural,
    namespace: inNamespace ? rest[1] : undefined,
    name,
    subresource,
  };
  if (targets.size === targetsMax) targets.clear();
  targets.set(path, target);
  return target;
}

function verbOf(request: KubeRequest, name: string | undefined, streams: boolean): FakeRequest['verb'] {
  switch (request.method) {
    case 'GET':
      if (streams) return 'watch';
      return name === undefined ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return 'delete';
    default:
      return request.method satisfies never;
  }
}

export function asksFor(request: FakeRequest, resource: Resource): boolean {
  return request.group === resource.group && request.version === resource.version && request.plural === resource.plural;
}

/** Whether the request's namespace and selectors let this object through. */
export function selects(request: FakeRequest, object: KubeObject): boolean {
  const { labelSelector = '', fieldSelector = '' } = request.query;
  const { metadata } = object;
  if (request.namespace !== undefined && metadata.namespace !== request.namespace) return false;
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': metadata.name,
    'metadata.namespace': metadata.namespace,
  };
  return holds(labelSelector, metadata.labels ?? {}) && holds(fieldSelector, fields);
}

/** `key=value`, `key` and `!key`, joined by commas: what this project asks for. */
function holds(selector: string, values: Readonly<Record<string, string | undefined>>): boolean {
  return selector
    .split(',')
    .filter((term) => term !== '')
    .every((term) => {
      if (/[ ()]|!=|==/.test(term)) throw new Error(`the fake API server does not know the selector ${term}`);
      if (term.startsWith('!')) return values[term.slice(1)] === undefined;
      const equals = term.indexOf('=');
      return equals === -1 ? values[term] !== undefined : values[term.slice(0, equals)] === term.slice(equals + 1);
    });
}
