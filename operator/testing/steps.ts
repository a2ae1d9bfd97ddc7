/**
 * What can happen to a simulated cluster, step by step. A step can be written down by itself, which is how a regression test
 * tells its story; `historyOf` draws them from a seed.
 */
import { type Resource, resourceName } from '../../kube/resource.ts';
import type { FakeRequest } from '../../kube/testing/fake-api.ts';
import { customResourceDefinitions, definedResources, definitionOf } from '../../kube/testing/fake-definitions.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';
import { namespaces, served } from './simulated-operator.ts';

export interface Step {
  readonly says: string;
  readonly run: (cluster: SimulatedCluster) => void;
  /** What passes afterwards. */
  readonly waitMs: number;
}

/** What happens, without the time that passes afterwards. */
export type Act = Omit<Step, 'waitMs'>;
type Labels = Readonly<Record<string, string>>;

/** A kind that the simulated API server serves without a definition. */
export function kindOf(plural: string): Resource {
  const found = served.find((resource) => resource.plural === plural);
  if (found === undefined) throw new Error(`the simulated API server does not serve ${plural}`);
  return found;
}

/** The same, and then this time passes. */
export function andWait(step: Act, waitMs: number): Step {
  return { ...step, waitMs };
}

/** Somebody creates or overwrites an object, if its namespace takes one and its kind is served. */
export function put(resource: Resource, namespace: string | undefined, name: string, content: object): Act {
  return {
    says: `put ${resource.plural} ${namespace ?? ''}/${name} ${JSON.stringify(content)}`,
    run(cluster) {
      const { metadata, ...rest } = { metadata: {}, ...content };
      if (namespace !== undefined && !cluster.takesObjects(namespace)) return;
      if (!cluster.serves(resource)) return;
      cluster.api.put(resource, {
        ...rest,
        metadata: { ...metadata, name, ...(namespace === undefined ? {} : { namespace }) },
      });
    },
  };
}

/** A kind is defined, or defined otherwise. Without versions it is not served any more. */
export function define(
  kind: Omit<Resource, 'version'>,
  versions: readonly string[],
  annotations: Readonly<Record<string, string>> = {},
): Act {
  const content = definitionOf(kind, versions, annotations);
  return {
    says: `define ${resourceName(kind)} ${versions.join()} ${JSON.stringify(annotations)}`,
    run: ({ api }) => void api.put(customResourceDefinitions, content),
  };
}

export function remove(resource: Resource, name: string, namespace?: string): Act {
  const at = namespace === undefined ? { name } : { namespace, name };
  return {
    says: `remove ${resource.plural} ${namespace ?? ''}/${name}`,
    run({ api }) {
      if (api.get(resource, at) !== undefined) api.remove(resource, at);
    },
  };
}

/** A namespace is made, or gets other labels; one that is going away stays as it is. */
export function label(name: string, labels: Labels): Act {
  return {
    says: `namespace ${name} ${JSON.stringify(labels)}`,
    run({ api }) {
      if (api.get(namespaces, { name })?.metadata.deletionTimestamp !== undefined) return;
      api.put(namespaces, { metadata: { name, labels }, status: { phase: 'Active' } });
    },
  };
}

/** Somebody deletes the namespace; the namespace controller has removed `plurals` of it by now. */
export function terminate(name: string, plurals: readonly string[]): Act {
  return {
    says: `terminate ${name}, without ${plurals.join()}`,
    run({ api }) {
      const found = api.get(namespaces, { name });
      if (found === undefined) return;
      const metadata = { ...found.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
      api.put(namespaces, { ...found, metadata, status: { phase: 'Terminating' } });
      for (const resource of served) if (plurals.includes(resource.plural)) removeAllIn(api, resource, name);
    },
  };
}

/** The namespace is gone with all that was in it. */
export function end(name: string): Act {
  return {
    says: `end of namespace ${name}`,
    run({ api }) {
      if (api.get(namespaces, { name }) === undefined) return;
      const defined = api.list(customResourceDefinitions).flatMap(definedResources);
      for (const resource of [...served, ...defined]) if (resource.namespaced) removeAllIn(api, resource, name);
      api.remove(namespaces, { name });
    },
  };
}

function removeAllIn(api: SimulatedCluster['api'], resource: Resource, namespace: string): void {
  for (const { metadata } of api.list(resource)) {
    if (metadata.namespace === namespace) api.remove(resource, { namespace, name: metadata.name });
  }
}

/** Any other thing that is done to a cluster. */
export function act(says: string, run: (cluster: SimulatedCluster) => void): Act {
  return { says, run };
}

/** Which requests something happens to; all of them unless told. */
export interface Which {
  readonly plural?: string;
  readonly verb?: FakeRequest['verb'];
  readonly namespace?: string;
}

export function isOneOf({ plural, verb, namespace }: Which, request: FakeRequest): boolean {
  return (
    (plural === undefined || request.plural === plural) &&
    (verb === undefined || request.verb === verb) &&
    (namespace === undefined || request.namespace === namespace)
  );
}

/** Requests of one kind and verb are answered with an error. */
export function fault(
  status: number,
  times: number,
  on: Which & { readonly afterwards?: boolean } = {},
  retryAfterMs?: number,
): Act {
  const afterwards = on.afterwards === true && status === 0;
  return act(`fail ${status} × ${times} ${JSON.stringify(on)} ${retryAfterMs ?? ''}`, (cluster) => {
    const matching = (request: FakeRequest) => {
      const is = isOneOf(on, request);
      // Who is told that an object is not there makes it again.
      if (is && status === 404) cluster.excuseConflict(request);
      return is;
    };
    cluster.faults.push(cluster.api.fail({ status, times, matching, afterwards, retryAfterMs }));
  });
}

/** The cluster itself refuses all changes of these until `heal`: a webhook, a quota or a policy that somebody has made. */
export function deny(status: number, message: string, on: Which = {}): Act {
  const matching = (request: FakeRequest) => writes.has(request.verb) && isOneOf(on, request);
  const reason = status === 403 ? 'Forbidden' : 'InternalError';
  return act(`deny ${status} ${message} ${JSON.stringify(on)}`, ({ api, faults }) => {
    faults.push(api.fail({ status, reason, message, times: Number.POSITIVE_INFINITY, matching }));
  });
}

const writes: ReadonlySet<string> = new Set(['create', 'update', 'delete']);

/** Whatever went wrong for the longest time ends. */
export const heal: Act = act('heal one', ({ faults }) => faults.shift()?.());

/** Tells watches of one kind, or all of them, from others. */
export const watchesOf = (plural: string | undefined) => (request: FakeRequest) =>
  plural === undefined || request.plural === plural;
