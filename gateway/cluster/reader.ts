/**
 * Reads of the cluster in a caller's stead: the gate first, then one request by the toolset's own transport, bounded in bytes
 * and by the deadline of the call. Nothing else of this toolset talks to the API server, discovery and the account apart.
 */
import type { Clock } from '../../kube/clock.ts';
import { KubeError } from '../../kube/errors.ts';
import { isJsonObject, type JsonObject } from '../../kube/object.ts';
import { resourceName, resourcePath } from '../../kube/resource.ts';
import type { KubeRequest, Transport } from '../../kube/transport.ts';
import type { Call } from '../call.ts';
import { createCounts } from '../counts.ts';
import { type Answer, GatewayError, type Refusal, refusal } from '../errors.ts';
import { shown } from '../words.ts';
import { answerBytesMax, type LogEnd, readBounded, readEnd } from './bytes.ts';
import { closed, holdsClosed } from './closed.ts';
import { refusedAt, type Target } from './gate.ts';
import { kindText } from './kinds.ts';
import { oncePerCall } from './once.ts';
import { scrubText } from './scrub.ts';
import { exactName } from './selectors.ts';
import { type Listed, readListed, tableAccept } from './table.ts';

/** Whose rights the requests have: those of the toolset's ServiceAccount, or those of the person who asks. */
export type Account = 'gateway' | 'person';

export interface ListQuery {
  /** As selectors.ts has checked them. */
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** One request whatever comes of it; else smaller pages are tried when the first is too large. */
  readonly once?: boolean | undefined;
}

export interface Reader {
  /** The first page of a list, without a place to go on from: whoever has more of them narrows the question. */
  list(call: Call, target: Target, query?: ListQuery): Promise<Answer<Listed>>;
  /** @param below What follows in the path: a constant, never input. */
  get(call: Call, target: Target, below?: '/stats/summary'): Promise<Answer<JsonObject>>;
  /** The end of a log. @param below As of `get`. */
  log(call: Call, target: Target, query: Readonly<Record<string, string>>, below?: '/logs/'): Promise<Answer<LogEnd>>;
}

/** Objects of one page; of large ones fewer are asked for. */
const pageSizes = ['250', '20'] as const;
/** Requests of one caller at a time: the transport has few connections, and each may hold an answer of megabytes. */
const underWayMax = 3;
/** What is left of the time of a call for making the answer. */
const afterwardsMs = 300;

/** @param options.account Says in refusals whose right is missing. */
export function createReader(options: {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly account: Account;
}): Reader {
  const { transport, clock, account } = options;
  const underWay = createCounts(underWayMax);

  /** One request within the time of the call. */
  async function request<T>(
    call: Call,
    target: Target,
    sent: Omit<KubeRequest, 'method'>,
    read: (transport: Transport, request: KubeRequest) => Promise<T>,
  ): Promise<Answer<T>> {
    const { identity } = call.caller;
    if (!underWay.add(identity)) {
      const refused = refusal('RATE_LIMITED', 'You have too many reads of the cluster under way; wait for one to end.');
      return { ...refused, retryAfterSeconds: 1 };
    }
    const timeout = new AbortController();
    const late = new GatewayError('DEADLINE_EXCEEDED', 'The API server took too long; ask for less.');
    const cancel = clock.after(call.deadline - afterwardsMs - clock.monotonic(), () => timeout.abort(late));
    try {
      return { ok: true, value: await read(transport, { ...sent, method: 'GET', signal: timeout.signal }) };
    } catch (error) {
      if (error instanceof KubeError) return refusalOfKube(error, target, account);
      throw error;
    } finally {
      cancel();
      underWay.remove(identity);
    }
  }

  async function readList(call: Call, target: Target, query: ListQuery): Promise<Answer<Listed>> {
    const { labelSelector, fieldSelector, once = false } = query;
    // A list of the one object of this name: RequestInfo of the API server has it so.
    const name = fieldSelector === undefined ? undefined : exactName(fieldSelector);
    const refused = await refusedAt(call.caller, 'list', { ...target, name });
    if (refused !== undefined) return refused;
    for (const limit of once ? pageSizes.slice(0, 1) : pageSizes) {
      const sent = {
        path: pathOf(target),
        accept: tableAccept,
        query: given({ limit, labelSelector, fieldSelector, includeObject: 'Object' }),
      };
      const read = await request(call, target, sent, readBounded);
      if (!read.ok) return read;
      if (read.value.cut) continue;
      const object = parsed(read.value.text);
      if (!object.ok) return object;
      const listed = readListed(object.value);
      if (listed === undefined) throw strange();
      return { ok: true, value: listed };
    }
    return tooLarge;
  }

  async function readObject(call: Call, target: Target, path: string): Promise<Answer<JsonObject>> {
    const refused = await refusedAt(call.caller, 'get', target);
    if (refused !== undefined) return refused;
    const read = await request(call, target, { path }, readBounded);
    if (!read.ok) return read;
    return read.value.cut ? tooLarge : parsed(read.value.text);
  }

  const [lists, objects, logs] = [
    oncePerCall<Answer<Listed>>(),
    oncePerCall<Answer<JsonObject>>(),
    oncePerCall<Answer<LogEnd>>(),
  ];
  return {
    list: async (call, target, query = {}) =>
      lists(call, JSON.stringify([pathOf(target), query]), async () => readList(call, target, query)),
    async get(call, target, below) {
      const path = `${pathOf(target)}${below ?? ''}`;
      return objects(call, path, async () => readObject(call, target, path));
    },
    async log(call, target, query, below) {
      const path = `${pathOf(target)}${below ?? ''}`;
      return logs(call, JSON.stringify([path, query]), async () => {
        const refused = await refusedAt(call.caller, 'get', target);
        return refused ?? request(call, target, { path, query, accept: '*/*' }, readEnd);
      });
    },
  };
}

function pathOf({ resource, namespace, name, subresource }: Target): string {
  return resourcePath(resource, {
    namespace,
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  });
}

function given(query: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}

const tooLarge = refusal(
  'INVALID_REQUEST',
  `This is more than ${answerBytesMax / 1024 / 1024} MiB. Ask for less: one namespace, a selector, or one object by name.`,
);

function strange(): GatewayError {
  return new GatewayError('CLUSTER_UNAVAILABLE', 'The API server answered something that is no object or list.');
}

/** What was answered, unless it is what nobody is told. */
function parsed(text: string): Answer<JsonObject> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new GatewayError('CLUSTER_UNAVAILABLE', 'The API server answered something that is not JSON.', { cause });
  }
  if (!isJsonObject(value)) throw strange();
  return holdsClosed(value) ? closed : { ok: true, value };
}

/** What the caller is told of a request that failed. Throws what is not the caller's to know. */
function refusalOfKube(error: KubeError, target: Target, account: Account): Refusal {
  const { code, retryAfterMs } = error;
  // Admission and aggregated servers put into it what they like.
  const said = shown(scrubText(error.said), 500);
  const { resource, name } = target;
  switch (code) {
    case 'KUBE_UNAUTHORIZED':
      if (account !== 'person') break;
      return refusal(
        'UNAUTHENTICATED',
        'The API server does not take the credentials of your kubeconfig: log in again.',
      );
    case 'KUBE_FORBIDDEN':
      return refusal('FORBIDDEN', account === 'person' ? said : notGranted(target));
    case 'KUBE_NOT_FOUND':
      return name === undefined
        ? refusal('KIND_NOT_SERVED', `The API server does not serve ${kindText(resource)} any more.`)
        : refusal('OBJECT_NOT_FOUND', said === '' ? `There is no ${kindText(resource)} of this name.` : said);
    case 'KUBE_BAD_REQUEST':
    case 'KUBE_INVALID':
      return refusal('INVALID_REQUEST', `The API server says: ${said}`);
    case 'KUBE_THROTTLED':
      return {
        ...refusal('RATE_LIMITED', 'The API server has too much to do; try again.'),
        retryAfterSeconds: Math.ceil((retryAfterMs ?? 1_000) / 1_000),
      };
    case 'KUBE_SERVER_ERROR':
    case 'KUBE_TIMEOUT':
      if (error.status === 0) break;
      return refusal('CLUSTER_UNAVAILABLE', `The API server answers ${error.status}: ${said}`);
    default:
  }
  throw new GatewayError('CLUSTER_UNAVAILABLE', 'The API server could not be asked.', { cause: error });
}

/** The label that brings further kinds into the ClusterRole of the toolset. */
export const aggregationLabel = 'potoo.io/aggregate-to-cluster-tools';

function notGranted({ resource, subresource }: Target): string {
  const kind = `${resourceName(resource)}${subresource === undefined ? '' : `/${subresource}`}`;
  return (
    `You may read ${kind}, but Potoo's own account for these tools may not. An administrator can change that ` +
    `with a ClusterRole that allows it and has the label ${aggregationLabel}: "true".`
  );
}
