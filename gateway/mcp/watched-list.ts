/** The addresses of one watch, to be found by what changes. */
import { refusal } from '../errors.ts';
import type { ClusterSubject, NamespaceSubject } from './subject.ts';

/** Addresses of one watch. */
export const subjectsMax = 100;
export const tooManySubjects = refusal('INVALID_REQUEST', `At most ${subjectsMax} subscriptions at once.`);

interface Update {
  /** clock.monotonic() of the last one. */
  toldAt: number;
}
export interface WatchedNamespace extends Update {
  readonly subject: NamespaceSubject;
}
export interface WatchedCluster extends Update {
  readonly subject: ClusterSubject;
  /** Its answer when it was last looked at. */
  seen: string;
}
export type Watched = WatchedNamespace | WatchedCluster;

export interface WatchedList {
  /** What has changed and waits for its update. */
  readonly changed: Set<Watched>;
  /** False where there are as many as there may be. Nothing changes for one that is there already. */
  add(watched: Watched): boolean;
  remove(uri: string): void;
  has(uri: string): boolean;
  all(): Iterable<Watched>;
  ofNamespace(namespace: string): ReadonlySet<WatchedNamespace>;
  ofCluster(): ReadonlySet<WatchedCluster>;
}

const none: ReadonlySet<WatchedNamespace> = new Set();

/** Nothing, to begin with. */
export function createWatchedList(): WatchedList {
  const byUri = new Map<string, Watched>();
  const byNamespace = new Map<string, Set<WatchedNamespace>>();
  const ofCluster = new Set<WatchedCluster>();
  const changed = new Set<Watched>();
  return {
    changed,
    add(watched) {
      const { uri } = watched.subject;
      if (byUri.has(uri)) return true;
      if (byUri.size >= subjectsMax) return false;
      byUri.set(uri, watched);
      if ('seen' in watched) ofCluster.add(watched);
      else {
        const { namespace } = watched.subject;
        byNamespace.set(namespace, (byNamespace.get(namespace) ?? new Set()).add(watched));
      }
      return true;
    },
    remove(uri) {
      const watched = byUri.get(uri);
      if (watched === undefined) return;
      byUri.delete(uri);
      changed.delete(watched);
      if ('seen' in watched) {
        ofCluster.delete(watched);
        return;
      }
      const { namespace } = watched.subject;
      const others = byNamespace.get(namespace);
      others?.delete(watched);
      if (others?.size === 0) byNamespace.delete(namespace);
    },
    has: (uri) => byUri.has(uri),
    all: () => byUri.values(),
    ofNamespace: (namespace) => byNamespace.get(namespace) ?? none,
    ofCluster: () => ofCluster,
  };
}
