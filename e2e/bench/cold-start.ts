/** From the start of the operator's process in a cluster without reports until every report is right. */
import { clusterConstraintReports, clusterReportName } from '../../crds/api.ts';
import { resourcePath } from '../../kube/resource.ts';
import { at, list, waitFor } from '../control-plane/admin.ts';
import type { Program } from '../programs.ts';
import { countWrites } from './audit-trail.ts';
import { quotient, rounded } from './figures.ts';
import { isExpected } from './population.ts';
import type { ReportWatch } from './report-watch.ts';
import { operatorWritesSince, type Surroundings } from './surroundings.ts';
import { meter, peakRssMiB } from './usage.ts';

const msMax = 600_000;

/** @param idleCpu Of the API server without an operator: CPU milliseconds a millisecond. */
export async function measureColdStart(
  { sizes, clock, controlPlane, audit, changes, print, say }: Surroundings,
  operator: Program,
  reports: ReportWatch,
  idleCpu: number,
): Promise<void> {
  say('cold start of the operator …');
  const expected = [...changes.expected()];
  const constraints = expected.reduce((sum, [, entries]) => sum + entries.size, sizes.clusterPolicies);
  const namespaces = (await list(controlPlane, '/api/v1/namespaces')).length;
  const reportsAreRight = () =>
    expected.every(([namespace, entries]) => {
      const report = reports.reports.get(namespace);
      return report?.total === entries.size + sizes.clusterPolicies && isExpected(report.entries, entries);
    });

  const mark = await audit.mark();
  const apiserver = meter(controlPlane.apiserver, clock);
  const startedAt = clock.monotonic();
  const [, firstAt, reportsAt, totalsAt] = await Promise.all([
    operator.process.start(),
    reports.when(() => reports.reports.size > 0, 'a first report', msMax),
    reports.when(reportsAreRight, 'every report to be right', msMax),
    waitFor(
      controlPlane,
      resourcePath(clusterConstraintReports, { name: clusterReportName }),
      (totals) =>
        at(totals, 'status', 'constraints') === constraints && at(totals, 'status', 'namespaces') === namespaces,
      `${constraints} constraints in ${namespaces} namespaces`,
      msMax,
    ).then(() => clock.monotonic()),
  ]);
  const seconds = (until: number) => rounded((until - startedAt) / 1_000);
  const { ms, cpuMs } = apiserver();
  const written = await operatorWritesSince(audit, mark);
  const apiserverCpuMs = cpuMs - idleCpu * ms;

  print({
    figure: 'cold-start',
    unit: 's',
    value: seconds(Math.max(reportsAt, totalsAt)),
    firstReport: seconds(firstAt),
    allReports: seconds(reportsAt),
    clusterReport: seconds(totalsAt),
    reports: expected.length,
    constraints,
  });
  print({ figure: 'cold-start-writes', unit: 'writes', value: written.length, written: countWrites(written) });
  print({
    figure: 'cold-start-apiserver-cpu-per-write',
    unit: 'ms',
    value: quotient(apiserverCpuMs, written.length),
    perReport: quotient(apiserverCpuMs, expected.length),
    cpuSeconds: rounded(apiserverCpuMs / 1_000),
  });
  print({ figure: 'cold-start-operator-cpu', unit: 's', value: operator.process.cpuSeconds() });
  print({ figure: 'cold-start-operator-peak-rss', unit: 'MiB', value: rounded(peakRssMiB(operator.process)) });
}
