import type { Clock } from '../clock.ts';
import type { KubeObject, Resource } from '../resource.ts';
import { type FakeRequest, selects } from './fake-request.ts';
import type { FakeStore, StoredChange } from './fake-store.ts';
import type { FakeStream } from './fake-stream.ts';

/** An open watch of the fake API server. */
export interface FakeWatch {
  readonly request: FakeRequest;
  readonly resource: Resource;
  readonly stream: FakeStream;
  see(change: StoredChange): void;
  bookmark(): void;
  /** The last `count` changes of its kind once more. */
  replay(count: number): void;
  /** ERROR event, then the end: how a server ends a watch that it cannot continue. */
  refuse(code: number, reason: string): void;
}

const bookmarkMs = 60_000;

export function startFakeWatch(options: {
  readonly clock: Clock;
  readonly store: FakeStore;
  readonly resource: Resource;
  readonly request: FakeRequest;
  readonly stream: FakeStream;
  readonly lagMs: () => number;
}): FakeWatch {
  const { clock, store, resource, request, stream } = options;
  let lastDue = 0;
  const { query } = request;
  const present = presenter(request);

  const watch: FakeWatch = {
    request,
    resource,
    stream,
    see({ object, before, deleted }) {
      const was = before !== undefined && selects(request, before);
      const is = !deleted && selects(request, object);
      if (!was && !is) return;
      const type = is ? (was ? 'MODIFIED' : 'ADDED') : 'DELETED';
      send({ type, object: present(object) });
    },
    bookmark: () => sendBookmark({}),
    replay(count) {
      for (const change of store.latestChanges(resource, count)) watch.see(change);
    },
    refuse(code, reason) {
      push({
        type: 'ERROR',
        object: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: reason },
      });
      stream.end();
    },
  };

  function push(event: unknown): void {
    stream.push(`${JSON.stringify(event)}\n`);
  }

  /** After what was sent before, however long that takes. */
  function send(event: unknown): void {
    const now = clock.monotonic();
    lastDue = Math.max(lastDue, now + options.lagMs());
    if (lastDue <= now) push(event);
    else clock.after(lastDue - now, () => push(event));
  }

  function sendBookmark(metadata: object): void {
    if (query.allowWatchBookmarks !== 'true') return;
    send({
      type: 'BOOKMARK',
      object: { kind: resource.kind, metadata: { ...metadata, resourceVersion: String(store.revision) } },
    });
  }

  function bookmarkLater(): void {
    clock.after(bookmarkMs, () => {
      if (!stream.open) return;
      watch.bookmark();
      bookmarkLater();
    });
  }

  if (query.sendInitialEvents === 'true') {
    for (const object of store.list(resource)) {
      if (selects(request, object)) send({ type: 'ADDED', object: present(object) });
    }
    sendBookmark({ annotations: { 'k8s.io/initial-events-end': 'true' } });
  } else {
    const missed = store.changesSince(resource, Number(query.resourceVersion));
    if (missed === undefined) watch.refuse(410, 'Expired');
    else for (const change of missed) watch.see(change);
  }
  bookmarkLater();
  if (query.timeoutSeconds !== undefined) clock.after(Number(query.timeoutSeconds) * 1_000, () => stream.end());
  return watch;
}

/** The object as the request wants to have it: whole, or its metadata alone. */
export function presenter(request: FakeRequest): (object: KubeObject) => unknown {
  if (request.accept?.includes('as=PartialObjectMetadata') !== true) return (object) => object;
  return ({ metadata }) => ({ apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata', metadata });
}
