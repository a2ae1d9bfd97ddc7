/**
 * Answers from files, without any cluster: the same tools and resources over what an administrator or a pipeline has printed.
 * Whoever has a file may see all that is in it; what is not in it is said.
 */
import { clusterConstraintDetails, clusterConstraintReports, constraintDetails } from '../../crds/api.ts';
import type { Clock } from '../../kube/clock.ts';
import { keyOf } from '../../kube/resource.ts';
import type { Caller } from '../auth/identity.ts';
import type { Question } from '../auth/reviews.ts';
import { readClusterReport } from '../catalog/catalog.ts';
import { createFormReader, readClusterDetail, readDetail } from '../catalog/detail.ts';
import { createLineInterner } from '../catalog/intern.ts';
import { logProblems, type OnProblem, type Problem } from '../catalog/problem.ts';
import { readReport } from '../catalog/report.ts';
import { type Catalog, type CatalogStore, createCatalogStore } from '../catalog/store.ts';
import { GatewayError } from '../errors.ts';
import type { Log } from '../log.ts';
import { tools as allTools } from '../tools/all.ts';
import type { Tool } from '../tools/define.ts';
import { createLocal, type Local } from './local.ts';
import { type FiledObject, readReportFiles, unreadable } from './report-files.ts';

export interface OfflineOptions {
  /** A file, or a folder of files. */
  readonly reports: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** Those on constraints unless told. */
  readonly tools?: readonly Tool[] | undefined;
}

/** Reads the files once. Throws GatewayError for what cannot be read. */
export function createOffline(options: OfflineOptions): Local {
  const { reports, clock, log, version, tools = allTools } = options;
  const objects = readReportFiles(reports);
  const onProblem = logProblems(log);
  const store = createCatalogStore(createFormReader(onProblem));
  fill(store, objects, onProblem);
  const holds = contentOf(objects);
  const caller: Caller = {
    user: { username: 'files' },
    identity: 'files',
    anonymous: false,
    may: async (question) => Promise.resolve(isIn(question, holds)),
    known: (question) => isIn(question, holds),
  };
  const namespaces = [...store.reportedNamespaces()];
  return createLocal({
    caller,
    catalog: catalogOf(store, reports),
    tools,
    // Of one namespace alone there is no other that could be meant.
    namespace: namespaces.length === 1 ? namespaces[0] : undefined,
    clock,
    log,
    gateway: { version, port: 0 },
    close: async () => Promise.resolve(),
  });
}

function fill(store: CatalogStore, objects: readonly FiledObject[], onProblem: OnProblem): void {
  const intern = createLineInterner();
  const seen = new Map<string, string>();
  for (const { object, at } of objects) {
    const { kind, metadata } = object;
    const { name, namespace = '' } = metadata;
    const key = `${kind} ${keyOf(metadata)}`;
    const before = seen.get(key);
    // Of two moments, and which is the right one cannot be told.
    if (before !== undefined) throw unreadable(at, `${key} stands in ${before}, too; leave one of them out`);
    seen.set(key, at);
    const problems: Problem[] = [];
    const note = (problem: Problem) => void problems.push(problem);
    let isRead = true;
    if (kind === 'ConstraintReport') {
      const report = readReport(object, intern, note);
      if (report !== undefined) store.putReport(report);
      isRead = report !== undefined;
    } else if (kind === 'ConstraintDetail') {
      const part = readDetail(object, note);
      if (part !== undefined) store.putDetail(namespace, name, part);
      isRead = part !== undefined;
    } else if (kind === 'ClusterConstraintDetail') {
      const part = readClusterDetail(object, note);
      if (part !== undefined) store.putClusterDetail(name, part);
      isRead = part !== undefined;
    } else {
      store.putClusterReport(readClusterReport(object, note));
    }
    const [first] = problems;
    // A report without a status says that nothing was written yet, and that is no mistake of the file.
    if (!isRead && first !== undefined) throw unreadable(at, `${first.object}: ${first.path} ${first.message}`);
    for (const problem of problems) onProblem({ ...problem, object: `${at}: ${problem.object}` });
  }
}

/** What the files say something of. */
interface Content {
  /** Namespaces with details. */
  readonly detailed: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

function contentOf(objects: readonly FiledObject[]): Content {
  const detailed = objects.filter(({ object }) => object.kind === constraintDetails.kind);
  return {
    detailed: new Set(detailed.map(({ object }) => object.metadata.namespace ?? '')),
    kinds: new Set(objects.map(({ object }) => object.kind)),
  };
}

/** Everything may be read that is there; of the rest nothing is claimed, so levels are as low as what there is. */
function isIn({ resource, namespace }: Question, { detailed, kinds }: Content): boolean {
  switch (resource) {
    case constraintDetails.plural:
      return namespace === undefined ? detailed.size > 0 : detailed.has(namespace);
    case clusterConstraintDetails.plural:
      return kinds.has(clusterConstraintDetails.kind);
    case clusterConstraintReports.plural:
      return kinds.has(clusterConstraintReports.kind);
    default:
      return true;
  }
}

function catalogOf(store: CatalogStore, path: string): Catalog {
  return {
    synced: true,
    view(namespace) {
      const view = store.view(namespace);
      if (view !== undefined) return view;
      throw new GatewayError('REPORT_NOT_FOUND', `${path} holds no report of the namespace ${namespace}.`);
    },
    reports: () => store.reports(),
    clusterReport: () => store.clusterReport(),
    clusterFacts: () => store.clusterFacts(),
    freshness: () => ({
      operatorAlive: true,
      watching: true,
      lost: [],
      unread: [
        `All this is from ${path}: whether it is up to date is not known.`,
        ...(store.clusterReport() === undefined ? [`${path} holds no ClusterConstraintReport with a status.`] : []),
      ],
    }),
    sharedSecret: 'files',
  };
}
