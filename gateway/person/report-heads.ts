/**
 * Of the report of every namespace that the person may read what a list of namespaces says. The rest of each is dropped as it
 * comes, so a list of ten thousand takes no more memory than its lines.
 */
import { constraintReports, reportName } from '../../crds/api.ts';
import type { KubeObject, Resource } from '../../kube/resource.ts';
import type { LineInterner } from '../catalog/intern.ts';
import type { OnProblem } from '../catalog/problem.ts';
import { type Report, readReport } from '../catalog/report.ts';
import { compareText } from '../../crds/constraint.ts';
import { GatewayError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ClusterReader } from './cluster-reader.ts';

const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };

/** A report of 500 entries is 150 KB, so a page is at most some 15 MB. */
const reportsOfPage = 100;
const namespacesOfPage = 500;
/** Namespaces that are tried one by one, for a person who may not list all reports. */
const triedMax = 5_000;
const triedAtOnce = 16;

/** Sorted by namespace. @param options.context The namespace of the kubeconfig's context. */
export async function readHeads(options: {
  readonly reader: ClusterReader;
  readonly intern: LineInterner;
  readonly onProblem: OnProblem;
  readonly log: Log;
  readonly context: string | undefined;
}): Promise<readonly Report[]> {
  const { reader, intern, onProblem } = options;
  const heads: Report[] = [];
  const take = (object: KubeObject) => {
    const report = readReport(object, intern, onProblem);
    if (report !== undefined) heads.push(headOf(report));
  };
  const listed = await reader.each(constraintReports, { pageSize: reportsOfPage }, take);
  if (listed.is !== 'found') {
    const names = await namesToTry(options);
    for (let tried = 0; tried < names.length; tried += triedAtOnce) {
      const round = names.slice(tried, tried + triedAtOnce);
      const read = await Promise.all(
        round.map(async (namespace) => reader.one(constraintReports, { namespace, name: reportName })),
      );
      for (const each of read) if (each.is === 'found') take(each.value);
    }
    const [first] = names;
    // Says it where the reason is that Potoo is not installed.
    if (heads.length === 0 && first !== undefined) await reader.report(first);
  }
  return heads.toSorted((a, b) => compareText(a.namespace, b.namespace));
}

/** Both lists begin with their gravest, and a list of namespaces names no more. */
function headOf(report: Report): Report {
  return { ...report, own: report.own.slice(0, 1), inherited: report.inherited.slice(0, 1), more: [] };
}

/** Namespaces of which the person may have the right to the report. */
async function namesToTry(options: Pick<Parameters<typeof readHeads>[0], 'reader' | 'log' | 'context'>) {
  const { reader, log, context = 'default' } = options;
  const names: string[] = [];
  const listing = { pageSize: namespacesOfPage, pagesMax: triedMax / namespacesOfPage + 1, metadataOnly: true };
  const listed = await reader.each(namespaces, listing, ({ metadata }) => names.push(metadata.name));
  if (listed.is !== 'found') {
    log.warn(`You may list neither constraintreports nor namespaces, so only the namespace ${context} is looked at.`);
    return [context];
  }
  if (names.length <= triedMax) return names;
  throw new GatewayError(
    'FORBIDDEN',
    `You may not list constraintreports.potoo.io, and there are more than ${triedMax} namespaces to try one by one. Ask about one namespace.`,
  );
}
