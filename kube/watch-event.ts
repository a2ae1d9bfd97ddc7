import { KubeError } from './errors.ts';
import { isJsonObject, readObject } from './object.ts';
import type { KubeObject, Resource } from './resource.ts';
import { errorOfEvent } from './status.ts';

/** One line of a watch. */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly initialEventsEnd: boolean };

/** Reads one line. Throws KubeError: what an ERROR event says, or KUBE_UNREADABLE for a line that is no event. */
export function readWatchEvent(line: string, resource: Resource, request: string): WatchEvent {
  const event = parse(line, request);
  if (!isJsonObject(event)) throw unreadable(request, 'a watch line is no JSON object');
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type: event.type, object: readObject(event.object, resource, request) };
    case 'BOOKMARK':
      return readBookmark(event.object, request);
    case 'ERROR':
      throw errorOfEvent(event.object, request);
    default:
      throw unreadable(request, 'a watch line has a type that is not known');
  }
}

/** A bookmark carries nothing but a resourceVersion and, at the end of a WatchList, an annotation that says so. */
function readBookmark(object: unknown, request: string): WatchEvent {
  const metadata = isJsonObject(object) ? object.metadata : undefined;
  if (!isJsonObject(metadata) || typeof metadata.resourceVersion !== 'string' || metadata.resourceVersion === '') {
    throw unreadable(request, 'a bookmark has no metadata.resourceVersion');
  }
  const { annotations, resourceVersion } = metadata;
  const initialEventsEnd = isJsonObject(annotations) && annotations['k8s.io/initial-events-end'] === 'true';
  return { type: 'BOOKMARK', resourceVersion, initialEventsEnd };
}

function parse(line: string, request: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw unreadable(request, 'a watch line is not JSON', cause);
  }
}

/** What is said of a watch that sends what no watch may send. */
export function unreadable(request: string, said: string, cause?: unknown): KubeError {
  return new KubeError('KUBE_UNREADABLE', { status: 200, request, said, cause });
}
