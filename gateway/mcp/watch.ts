/**
 * Subscriptions to resources: whoever may read one is told that it changed, by this replica's own watch of the cluster. What
 * counts as a change is what this caller would see changed; that a hidden part did stays hidden.
 *
 * A watch is a stream among the streams: counted with them, its token and rights looked at again as theirs are, and ended
 * with them.
 */
import { hash } from 'node:crypto';
import type { Clock } from '../../kube/clock.ts';
import { isMeant } from '../answer/find-constraint.ts';
import { levelsOf, refusedReport } from '../answer/levels.ts';
import type { Caller } from '../auth/identity.ts';
import type { Binding } from '../catalog/binding.ts';
import type { NamespaceChange } from '../catalog/changes.ts';
import type { BindingChange } from '../catalog/difference.ts';
import type { Catalog } from '../catalog/store.ts';
import { type Answer, GatewayError, notSynced, type Refusal } from '../errors.ts';
import { eventOf } from '../events/event.ts';
import {
  type Ending,
  type Following,
  type FollowingOptions,
  type Reader,
  startFollowing,
  type Told,
} from '../events/following.ts';
import type { Streams } from '../events/streams.ts';
import type { Calls } from '../http/calls.ts';
import type { ClusterSubject, NamespaceSubject, Subject, Subscriptions } from './subject.ts';
import { createWatchedList, tooManySubjects, type Watched, type WatchedList } from './watched-list.ts';

/** Between two updates of one address: whoever was told of the first has hardly read it yet. */
const updateMsMin = 1_000;

/** Who is told, in the words of its protocol. */
export interface UpdateReader extends Pick<Reader, 'written' | 'unsent' | 'keepAlive' | 'end'> {
  /** Why this caller may not have the connection at all, where it is one of its own. */
  refused?(caller: Caller): Promise<Refusal | undefined>;
  /** What is read at this address is another than before. */
  updated(uri: string): void;
}

/** What one caller subscribes to over one connection. */
export interface ResourceWatch extends Subscriptions {
  /** To be called when the reader has taken what was written. */
  drained(): void;
  end(ending: Ending): void;
}

export interface WatchRequest {
  /** Whose streams it is counted among, as of any stream. */
  readonly owner: string;
  /** The header of the request: its token is looked at again and again. */
  readonly authorization: string | undefined;
  /** Called at once, and only if the watch begins. */
  readonly openReader: () => UpdateReader;
  /** Once, for the record. */
  readonly onEnd: (ending: Ending, bytes: number) => void;
}

/** What is to be watched, as of the moment at which the right to it was asked for. */
export interface PreparedWatch {
  readonly list: WatchedList;
  /** Of the cluster. */
  readonly moment: number;
}

export interface ResourceWatches {
  /** Whether anybody is told of changes here. */
  readonly isTold: boolean;
  /** Why the caller may not subscribe to this: why it may not read it, in the same words whether it exists or not. */
  refused(subject: Subject, caller: Caller): Promise<Refusal | undefined>;
  /** Asks for the rights to all of these, be they none yet. */
  prepare(subjects: readonly Subject[], caller: Caller): Promise<Answer<PreparedWatch>>;
  /** Begins a watch, or says why there may not be one more. */
  open(request: WatchRequest, prepared: PreparedWatch): Answer<ResourceWatch>;
}

/**
 * No watches, to begin with.
 * @param options.unwatched Why there is no news of resources, where nobody watches them: subscriptions end in that, and
 *   connections that want none may begin all the same.
 */
export function createResourceWatches({
  streams,
  catalog,
  clock,
  calls,
  unwatched,
}: {
  readonly streams: Streams;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly calls: Pick<Calls, 'look'>;
  readonly unwatched?: Refusal | undefined;
}): ResourceWatches {
  const isTold = unwatched === undefined;
  const momentNow = isTold ? createClusterMoments(catalog) : () => 0;

  /** Throws while there is no answer for other reasons than a right. */
  async function seenNow({ resource }: ClusterSubject, caller: Caller): Promise<Answer<string>> {
    const answer = await calls.look(caller, async (call) => resource.answer({}, call));
    if (answer.ok) return { ok: true, value: hash('sha256', JSON.stringify(answer.value)) };
    if (answer.code === 'FORBIDDEN' || answer.code === 'UNAUTHENTICATED') return answer;
    throw new GatewayError(answer.code, answer.error);
  }

  async function refused(subject: Subject, caller: Caller): Promise<Refusal | undefined> {
    if ('namespace' in subject) return refusedReport(caller, subject.namespace);
    const seen = await seenNow(subject, caller);
    return seen.ok ? undefined : seen;
  }

  async function watchedFrom(subject: Subject, caller: Caller): Promise<Answer<Watched>> {
    const toldAt = Number.NEGATIVE_INFINITY;
    if ('namespace' in subject) {
      return (await refusedReport(caller, subject.namespace)) ?? { ok: true, value: { subject, toldAt } };
    }
    const seen = await seenNow(subject, caller);
    return seen.ok ? { ok: true, value: { subject, seen: seen.value, toldAt } } : seen;
  }

  function start(
    options: FollowingOptions & { readonly authorization: string | undefined },
    to: UpdateReader,
    { list, moment }: PreparedWatch,
  ): Following {
    const { changed } = list;
    let lookedAt = moment;
    let ended = false;
    const isDue = ({ toldAt }: Watched) => clock.monotonic() - toldAt >= updateMsMin;

    function tellOf(watched: Watched): void {
      changed.delete(watched);
      // Meanwhile it may have been given up.
      if (ended || !list.has(watched.subject.uri)) return;
      watched.toldAt = clock.monotonic();
      to.updated(watched.subject.uri);
      options.onSent?.(1);
    }

    async function lookAtCluster(caller: Caller): Promise<Told> {
      const now = momentNow();
      if (now === lookedAt) return 'told';
      for (const watched of list.ofCluster()) {
        const seen = await seenNow(watched.subject, caller);
        if (!seen.ok) return 'withdrawn';
        if (seen.value !== watched.seen) changed.add(watched);
        watched.seen = seen.value;
      }
      lookedAt = now;
      return 'told';
    }

    const reader: Reader = {
      get written() {
        return to.written;
      },
      get unsent() {
        return to.unsent;
      },
      get isDue() {
        return changed.values().some(isDue) || (list.ofCluster().size > 0 && momentNow() !== lookedAt);
      },
      concerns: (namespace) => list.ofNamespace(namespace).size > 0,
      async refused(caller) {
        const not = await to.refused?.(caller);
        if (not !== undefined) return not;
        for (const { subject } of list.all()) {
          const no = await refused(subject, caller);
          if (no !== undefined) return no;
        }
        return undefined;
      },
      async tell(change, caller) {
        const concerned = list.ofNamespace(change.namespace);
        if (concerned.size === 0) return 'told';
        if ((await refusedReport(caller, change.namespace)) !== undefined) return 'withdrawn';
        const isChanged = await seenChange(change, caller);
        for (const watched of concerned) {
          if (!isChanged(watched.subject)) continue;
          if (isDue(watched)) tellOf(watched);
          else changed.add(watched);
        }
        return 'told';
      },
      async tellDue(caller) {
        if ((await lookAtCluster(caller)) === 'withdrawn') return 'withdrawn';
        for (const watched of [...changed].filter(isDue)) {
          if ((await refused(watched.subject, caller)) !== undefined) return 'withdrawn';
          tellOf(watched);
        }
        return 'told';
      },
      keepAlive: () => to.keepAlive(),
      end(ending, closed) {
        ended = true;
        to.end(ending, closed);
      },
    };
    return startFollowing({ ...options, reader });
  }

  async function add(list: WatchedList, subject: Subject, caller: Caller): Promise<Refusal | undefined> {
    if (list.has(subject.uri)) return undefined;
    const watched = await watchedFrom(subject, caller);
    if (!watched.ok) return watched;
    return list.add(watched.value) ? undefined : tooManySubjects;
  }

  return {
    isTold,
    refused,
    async prepare(subjects, caller) {
      if (unwatched !== undefined && subjects.length > 0) return unwatched;
      if (!catalog.synced) return notSynced;
      const moment = momentNow();
      const list = createWatchedList();
      for (const subject of subjects) {
        const no = await add(list, subject, caller);
        if (no !== undefined) return no;
      }
      return { ok: true, value: { list, moment } };
    },
    open({ owner, authorization, openReader, onEnd }, { list, moment }) {
      let following: Following | undefined;
      const no = streams.open({
        owner,
        start(ofStreams) {
          following = start({ ...ofStreams, authorization }, openReader(), { list, moment });
          return following;
        },
        onEnd,
      });
      if (no !== undefined) return no;
      return {
        ok: true,
        value: {
          isTold,
          add: async (subject, caller) => (isTold ? add(list, subject, caller) : refused(subject, caller)),
          remove: (uri) => list.remove(uri),
          drained: () => following?.drained(),
          end: (ending) => following?.end(ending),
        },
      };
    },
  };
}

/** Which subjects of the namespace are others than before to this caller. */
async function seenChange(
  { namespace, changes }: NamespaceChange,
  caller: Caller,
): Promise<(subject: NamespaceSubject) => boolean> {
  const bindings = changes.flatMap(bindingsOf);
  const level = await levelsOf(bindings, namespace, caller);
  const seen = changes.filter((change) => eventOf(change, namespace, level) !== undefined).flatMap(bindingsOf);
  return ({ name }) => seen.some((each) => name === undefined || isMeant(each, level(each), namespace, name));
}

function bindingsOf({ before, after }: BindingChange): Binding[] {
  return [before, after].filter((each) => each !== undefined);
}

/** A number that is another one whenever what is said of the cluster may have changed. */
function createClusterMoments(catalog: Catalog): () => number {
  let moment = 0;
  let report = catalog.clusterReport();
  let freshness = JSON.stringify(catalog.freshness());
  return () => {
    const [reportNow, freshnessNow] = [catalog.clusterReport(), JSON.stringify(catalog.freshness())];
    if (reportNow !== report || freshnessNow !== freshness) moment += 1;
    [report, freshness] = [reportNow, freshnessNow];
    return moment;
  };
}
