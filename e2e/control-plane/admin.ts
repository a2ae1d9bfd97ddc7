/**
 * What a cluster administrator does in tests and demos: apply, read, remove, wait. It has a client of its own, so that
 * a fault of the product's transport cannot hide itself behind the same fault here.
 */
import * as z from 'zod';
import { systemClock } from '../../kube/clock.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { AdminError, type Client, connect, type Method, type Target } from './connection.ts';

export { AdminError, type Target } from './connection.ts';

/**
 * Creates the objects or takes them over (server-side apply, forced), in this order. Definitions are served before anything that
 * follows them is applied; of those that follow each other the API server makes its documents once.
 */
export async function apply(target: Target, objects: readonly unknown[]): Promise<KubeObject[]> {
  await using client = await connect(target);
  const kinds = new Map<string, z.infer<typeof ResourceList>>();
  const applied: KubeObject[] = [];
  const withAccount = new Set<string>();
  let definitions: unknown[] = [];
  const allServed = async () => {
    for (const definition of definitions) await served(target, client, definition);
    definitions = [];
  };
  for (const object of objects) {
    const manifest = Manifest.parse(object);
    const { name, namespace = 'default' } = manifest.metadata;
    const isDefinition = manifest.kind === 'CustomResourceDefinition';
    if (!isDefinition) await allServed();
    const { collection, namespaced } = await find(client, kinds, manifest);
    const prefix = namespaced ? `${rootOf(manifest.apiVersion)}/namespaces/${namespace}` : rootOf(manifest.apiVersion);
    if (manifest.kind === 'Pod' && !withAccount.has(namespace)) {
      await defaultServiceAccount(target, namespace);
      withAccount.add(namespace);
    }
    const path = `${prefix}/${collection}/${encodeURIComponent(name)}?fieldManager=potoo-admin&force=true`;
    applied.push(asObject(await client.json('PATCH', path, object)));
    if (isDefinition) definitions.push(object);
  }
  await allServed();
  return applied;
}

/** The object (or list) at an API path, or undefined when there is none. */
export async function get(target: Target, path: string): Promise<KubeObject | undefined> {
  await using client = await connect(target);
  const found = await client.find(path);
  return found === undefined ? undefined : asObject(found);
}

/** The objects of a collection, with query parameters if the path has them. */
export async function list(target: Target, path: string): Promise<KubeObject[]> {
  await using client = await connect(target);
  const { apiVersion, kind, items } = ObjectList.parse(await client.json('GET', path));
  // Items of built-in kinds come without their kind, those of custom resources with it.
  return items.map((item) => asObject({ apiVersion, kind: kind.slice(0, -'List'.length), ...item }));
}

/** Deletes the object at a path; its dependants go in the background. Nothing there is fine. */
export async function remove(target: Target, path: string): Promise<void> {
  await using client = await connect(target);
  try {
    await client.json('DELETE', `${path}?propagationPolicy=Background`);
  } catch (error) {
    if (!(error instanceof AdminError && error.status === 404)) throw error;
  }
}

/** Any other request: reviews, subresources, plain creates. A body of a PATCH is sent as server-side apply. */
export async function request(target: Target, method: Method, path: string, body?: unknown): Promise<unknown> {
  await using client = await connect(target);
  return await client.json(method, path, body);
}

/**
 * Resolves with the object or list at `path` once it satisfies the predicate, which gets undefined while there is
 * nothing. Wakes up by a watch. `what` completes the error "waited 5000 ms for …".
 */
export async function waitFor(
  target: Target,
  path: string,
  predicate: (value: KubeObject | undefined) => boolean,
  what: string,
  timeoutMs = 120_000,
): Promise<KubeObject | undefined> {
  await using client = await connect(target);
  const timeout = AbortSignal.timeout(timeoutMs);
  let last: unknown = 'nothing';
  const look = async () => {
    last = await client.find(path, timeout);
    const value = last === undefined ? undefined : asObject(last);
    return { value, satisfied: predicate(value) };
  };
  for (;;) {
    try {
      const watch = await client.open('GET', watchPath(path), undefined, timeout);
      // First the watch, then the look: a change in between is an event. Without a resourceVersion the watch begins
      // with what exists already, so one event at least comes soon where there is something.
      const first = await look();
      if (first.satisfied) return first.value;
      for await (const _events of watch.body) {
        const next = await look();
        if (next.satisfied) return next.value;
      }
    } catch (error) {
      if (timeout.aborted) {
        const seen = last === undefined ? 'nothing' : JSON.stringify(last).slice(0, 2_000);
        throw new Error(`waited ${timeoutMs} ms for ${what} at ${path}; last seen: ${seen}`, { cause: error });
      }
      // An API server that restarts, or a kind that is not served yet, is part of what tests wait for.
      last = error instanceof Error ? error.message : error;
    }
    await systemClock.sleep(50);
  }
}

/** `True`, `False` or `Unknown` of a condition in an object's status, or undefined while it has none of this type. */
export function conditionOf(value: unknown, type: string): unknown {
  const conditions = at(value, 'status', 'conditions');
  const condition = Array.isArray(conditions) ? conditions.find((each) => at(each, 'type') === type) : undefined;
  return at(condition, 'status');
}

/** The value at a place within unknown JSON, or undefined: `at(quota, 'status', 'used', 'pods')`. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = Reflect.get(here, step);
  }
  return here;
}

const Manifest = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
});
const ResourceList = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});
const ObjectList = z.object({
  apiVersion: z.string(),
  kind: z.string().endsWith('List'),
  items: z.array(z.record(z.string(), z.unknown())),
});
const Definition = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    group: z.string(),
    names: z.object({ plural: z.string() }),
    versions: z.array(z.object({ name: z.string(), served: z.boolean() })),
  }),
});
function asObject(value: unknown): KubeObject {
  if (!isObject(value)) throw new Error(`not an object: ${JSON.stringify(value).slice(0, 200)}`);
  return value;
}

/** The real API server answered; whether there is metadata at all tells an object from a Status or text. */
function isObject(value: unknown): value is KubeObject {
  return typeof at(value, 'metadata') === 'object' && typeof at(value, 'kind') === 'string';
}

/** The collection that holds what a path names, and only that one object if it names one. */
function watchPath(path: string): string {
  const [base = '', query] = path.split('?');
  const parts = base.split('/').slice(1); // api/v1/… or apis/<group>/<version>/…
  const root = parts.splice(0, parts[0] === 'api' ? 2 : 3);
  // The path of a Namespace itself looks like the beginning of a longer one.
  const within = parts[0] === 'namespaces' && parts.length > 2 ? parts.splice(0, 2) : [];
  const [plural = '', name] = parts;
  const collection = `/${[...root, ...within, plural].join('/')}?watch=true`;
  if (name !== undefined) return `${collection}&fieldSelector=metadata.name%3D${name}`;
  return query === undefined ? collection : `${collection}&${query}`;
}

function rootOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

async function find(
  client: Client,
  kinds: Map<string, z.infer<typeof ResourceList>>,
  { apiVersion, kind }: z.infer<typeof Manifest>,
): Promise<{ collection: string; namespaced: boolean }> {
  const named = (known: z.infer<typeof ResourceList> | undefined) =>
    known?.resources.find((resource) => resource.kind === kind && !resource.name.includes('/'));
  if (named(kinds.get(apiVersion)) === undefined) {
    kinds.set(apiVersion, ResourceList.parse(await client.json('GET', rootOf(apiVersion))));
  }
  const resource = named(kinds.get(apiVersion));
  if (resource === undefined) throw new Error(`the API server serves no kind ${kind} in ${apiVersion}`);
  return { collection: resource.name, namespaced: resource.namespaced };
}

/** Established comes first, then discovery and the handler learn of it one after the other. */
async function served(target: Target, client: Client, object: unknown): Promise<void> {
  const { metadata, spec } = Definition.parse(object);
  await waitFor(
    target,
    `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${metadata.name}`,
    (definition) => conditionOf(definition, 'Established') === 'True',
    `CustomResourceDefinition ${metadata.name} to be established`,
  );
  for (const { name: version } of spec.versions.filter((each) => each.served)) {
    const root = `/apis/${spec.group}/${version}`;
    // Discovery cannot be watched.
    for (let tries = 0; ; tries += 1) {
      const kinds = ResourceList.safeParse(await client.find(root));
      const known = kinds.success && kinds.data.resources.some(({ name }) => name === spec.names.plural);
      if (known && (await client.find(`${root}/${spec.names.plural}?limit=1`)) !== undefined) break;
      if (tries === 2_400)
        throw new Error(`${metadata.name} ${version} is established and still not served after 2 minutes`);
      await systemClock.sleep(50);
    }
  }
}

/** A Pod is refused until the controller manager has made its namespace's default ServiceAccount. */
async function defaultServiceAccount(target: Target, namespace: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  await waitFor(target, path, (account) => account !== undefined, `the default ServiceAccount of ${namespace}`);
}
