/**
 * A catalog of what one person may read, read when an answer needs it: of a namespace its report, its details and those of
 * cluster-wide policies; of other namespaces what binds this one. What RBAC refuses is left out, and then the levels of
 * answers are as low as the gateway has them for this person.
 */
import type { Purpose } from '../auth/access.ts';
import {
  clusterConstraintDetails,
  clusterConstraintReports,
  clusterReportName,
  constraintDetails,
  constraintReports,
  systemNamespace,
} from '../../crds/api.ts';
import type { ClusterReportStatus } from '../../crds/cluster-report.ts';
import { detailName, detailSubjects } from '../../crds/detail.ts';
import type { Clock } from '../../kube/clock.ts';
import type { KubeObject } from '../../kube/resource.ts';
import type { Question } from '../auth/reviews.ts';
import { readClusterReport } from '../catalog/catalog.ts';
import { createFormReader, readClusterDetail, readDetail } from '../catalog/detail.ts';
import { createLineInterner } from '../catalog/intern.ts';
import { NotReadYet } from '../catalog/not-read-yet.ts';
import { logProblems } from '../catalog/problem.ts';
import { type Report, readReport } from '../catalog/report.ts';
import { type Catalog, createCatalogStore, type Freshness } from '../catalog/store.ts';
import type { Log } from '../log.ts';
import type { ClusterReader, Reading } from './cluster-reader.ts';
import { createForeignHomes } from './foreign-homes.ts';
import { createKept } from './kept.ts';
import { isRenewed } from './lease.ts';
import { readHeads } from './report-heads.ts';

/** Namespaces whose details are kept in memory. */
const namespacesMax = 64;
/** Objects of at most 512 KiB: a page of them is 10 MiB. */
const detailsOfPage = 20;

export interface OnDemandCatalog {
  readonly catalog: Catalog;
  /** What a read says of a right that it needs; undefined for other rights. */
  allowed(question: Question, purpose: Purpose): Promise<boolean> | undefined;
  /** The same of what was read already. */
  knownAllowed(question: Question): boolean | undefined;
}

/** @param options.may Whether the person has a right of which no read tells. */
export function createOnDemandCatalog(options: {
  readonly reader: ClusterReader;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the kubeconfig's context. */
  readonly namespace: string | undefined;
  readonly may: (question: Question) => Promise<boolean>;
}): OnDemandCatalog {
  const { reader, clock, log, namespace: ownNamespace, may } = options;
  const onProblem = logProblems(log);
  const store = createCatalogStore(createFormReader(onProblem));
  const intern = createLineInterner();
  const only = 'cluster';

  const reports = createKept<Reading<Report>>({
    clock,
    max: namespacesMax,
    async read(namespace) {
      const read = await reader.report(namespace);
      const report = read.is === 'found' ? readReport(read.value, intern, onProblem) : undefined;
      if (report === undefined) store.removeReport(namespace);
      else store.putReport(report);
      if (read.is !== 'found') return read;
      return report === undefined ? { is: 'absent' } : { is: 'found', value: report };
    },
    onGone: (namespace) => store.removeReport(namespace),
  });

  /** Names of the parts that the store has of a namespace; those of cluster-wide policies under ''. */
  const stored = new Map<string, readonly string[]>();
  function putDetails(home: string, objects: readonly KubeObject[]): void {
    const names = new Set(objects.map(({ metadata }) => metadata.name));
    for (const name of stored.get(home) ?? []) {
      if (names.has(name)) continue;
      if (home === '') store.removeClusterDetail(name);
      else store.removeDetail(home, name);
    }
    for (const object of objects) {
      const { name } = object.metadata;
      if (home === '') {
        const part = readClusterDetail(object, onProblem);
        if (part !== undefined) store.putClusterDetail(name, part);
      } else {
        const part = readDetail(object, onProblem);
        if (part !== undefined) store.putDetail(home, name, part);
      }
    }
    if (names.size === 0) stored.delete(home);
    else stored.set(home, [...names]);
  }

  /** The parts of a namespace one by one, for who may `get` them and not list. */
  async function partsByName(namespace: string): Promise<KubeObject[]> {
    const ofSubjects = await Promise.all(
      detailSubjects.map(async (subject) => {
        const parts: KubeObject[] = [];
        for (;;) {
          const read = await reader.one(constraintDetails, { namespace, name: detailName(subject, parts.length) });
          if (read.is !== 'found') return parts;
          parts.push(read.value);
        }
      }),
    );
    return ofSubjects.flat();
  }

  const details = createKept<Reading<true>>({
    clock,
    max: namespacesMax,
    async read(namespace) {
      const allowed = await may({ verb: 'get', resource: constraintDetails.plural, namespace });
      let objects: KubeObject[] = [];
      if (allowed) {
        const listing = { namespace, pageSize: detailsOfPage };
        const listed = await reader.each(constraintDetails, listing, (object) => objects.push(object));
        if (listed.is === 'forbidden') objects = await partsByName(namespace);
      }
      putDetails(namespace, objects);
      return allowed ? { is: 'found', value: true } : { is: 'forbidden' };
    },
    onGone: (namespace) => putDetails(namespace, []),
  });

  const clusterDetails = createKept<Reading<true>>({
    clock,
    max: 1,
    async read() {
      const objects: KubeObject[] = [];
      const allowed = await may({ verb: 'get', resource: clusterConstraintDetails.plural });
      const read = allowed
        ? await reader.each(clusterConstraintDetails, { pageSize: detailsOfPage }, (object) => objects.push(object))
        : ({ is: 'forbidden' } as const);
      // Their names are not to be guessed from reports, so who may not list them cannot read them at all.
      putDetails('', read.is === 'found' ? objects : []);
      return read;
    },
  });

  const homes = createForeignHomes({
    reader,
    clock,
    log,
    may,
    context: ownNamespace,
    hasForm: (id) => !Iterator.from(store.formsOf(id)).next().done,
  });
  /** What binds a namespace, with all that the person may read of it. */
  const views = createKept<Reading<true>>({
    clock,
    max: namespacesMax,
    async read(namespace) {
      const [report] = await Promise.all([reports.get(namespace), details.get(namespace), clusterDetails.get(only)]);
      if (report.is !== 'found') return report;
      const elsewhere = await homes.of(report.value);
      await Promise.all(elsewhere.filter((home) => home !== namespace).map(async (home) => details.get(home)));
      return { is: 'found', value: true };
    },
  });

  const clusterReports = createKept<Reading<{ readonly status: ClusterReportStatus | undefined }>>({
    clock,
    max: 1,
    async read() {
      const read = await reader.one(clusterConstraintReports, { name: clusterReportName });
      return read.is === 'found' ? { is: 'found', value: { status: readClusterReport(read.value, onProblem) } } : read;
    },
  });
  const freshness = createKept<Freshness>({
    clock,
    max: 1,
    async read() {
      const [lease, report] = await Promise.all([reader.lease(), clusterReports.get(only)]);
      const unread = [
        ...(lease.is === 'forbidden'
          ? [`You may not get the operator's Lease in ${systemNamespace}: whether it runs is not known.`]
          : []),
        ...(report.is === 'forbidden'
          ? ['You may not get clusterconstraintreports: whether all is read is not known.']
          : []),
      ];
      const operatorAlive = lease.is === 'forbidden' || (lease.is === 'found' && isRenewed(lease.value, clock.now()));
      return { operatorAlive, watching: true, lost: [], ...(unread.length === 0 ? {} : { unread }) };
    },
  });
  const heads = createKept<{ readonly reports: readonly Report[] }>({
    clock,
    max: 1,
    read: async () => ({ reports: await readHeads({ reader, intern, onProblem, log, context: ownNamespace }) }),
  });

  return {
    catalog: {
      synced: true,
      view(namespace) {
        if (views.known(namespace) === undefined) throw new NotReadYet(namespace, async () => views.get(namespace));
        return store.view(namespace);
      },
      reports() {
        const known = heads.known(only);
        if (known === undefined) throw new NotReadYet('the list of reports', async () => heads.get(only));
        return known.reports;
      },
      clusterReport() {
        const known = clusterReports.known(only);
        if (known === undefined) throw new NotReadYet('the cluster report', async () => clusterReports.get(only));
        return known.is === 'found' ? known.value.status : undefined;
      },
      clusterFacts() {
        const known = clusterDetails.known(only);
        if (known === undefined) throw new NotReadYet('what the cluster serves', async () => clusterDetails.get(only));
        return store.clusterFacts();
      },
      freshness() {
        const known = freshness.known(only);
        if (known === undefined) throw new NotReadYet('the Lease of the operator', async () => freshness.get(only));
        return known;
      },
      // Cursors are sealed against readers of what is not theirs; whoever reads here reads with rights of their own.
      sharedSecret: 'person',
    },
    allowed(question, purpose) {
      const { verb, resource, namespace } = question;
      if (verb !== 'get' || !isOfReads(question)) return undefined;
      if (resource === constraintReports.plural && namespace !== undefined) {
        // Who asks for this right is about to look at the namespace, so all of it is read side by side.
        return purpose !== 'listing'
          ? views.get(namespace).then(isAllowed)
          : heads.get(only).then((read) => read.reports.some((report) => report.namespace === namespace));
      }
      if (namespace !== undefined) return undefined;
      if (resource === clusterConstraintDetails.plural) return clusterDetails.get(only).then(isAllowed);
      if (resource === clusterConstraintReports.plural) return clusterReports.get(only).then(isAllowed);
      return undefined;
    },
    knownAllowed(question) {
      const { verb, resource, namespace } = question;
      const known =
        verb !== 'get' || !isOfReads(question)
          ? undefined
          : namespace !== undefined
            ? resource === constraintReports.plural && views.known(namespace)
            : resource === clusterConstraintDetails.plural
              ? clusterDetails.known(only)
              : resource === clusterConstraintReports.plural && clusterReports.known(only);
      return known === undefined || known === false ? undefined : isAllowed(known);
    },
  };
}

/** Whether it names nothing more than a kind of Potoo's own and a place. */
function isOfReads(question: Question): boolean {
  const fields: readonly string[] = ['verb', 'resource', 'namespace'];
  return Object.entries(question).every(([field, value]) => value === undefined || fields.includes(field));
}

function isAllowed({ is }: Reading<unknown>): boolean {
  return is !== 'forbidden';
}
